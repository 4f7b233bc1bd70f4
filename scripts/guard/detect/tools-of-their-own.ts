import { around, base64, isPlaceholder } from "./bytes.ts";
import { clear, encrypted, type Format } from "./detection.ts";
import { publicOfSsh } from "./public-key.ts";

/** From the first line to the secret, an RSA key of 16,384 bits; to the public lines; of the secret. */
const PUTTY = { whole: 4500, header: 700, secret: 400 };

/** PuTTY's own format (its appendix C). Version 2 derives with one round of SHA-1, version 3 with Argon2. */
export const putty: Format = (text, at, work) => {
  const version = /^PuTTY-User-Key-File-([123]):/.exec(text.slice(at, at + 40))?.[1];
  if (version === undefined) return null;
  const key = around(text, at, 0, PUTTY.whole, work);
  const [publicAt, privateAt] = [key.indexOf("Public-Lines:"), key.indexOf("Private-Lines:")];
  if (publicAt < 0 || publicAt > PUTTY.header || privateAt < publicAt) return null;
  const secret = /^Private-Lines:\s{0,20}\d{1,4}([\s\S]*)/.exec(key.slice(privateAt, privateAt + PUTTY.secret))?.[1];
  if (base64(secret ?? "").length < 24) return null;
  const lines = /^Public-Lines:\s{0,20}\d{1,4}([\s\S]*)/.exec(key.slice(publicAt, privateAt))?.[1] ?? "";
  const [body = ""] = lines.split("Key-Derivation");
  const fingerprint = publicOfSsh(Buffer.from(base64(body), "base64"), work);
  const cipher = /Encryption:\s{0,20}([\w-]{1,40})/.exec(key.slice(0, publicAt))?.[1];
  const kind = "PuTTY private key";
  return cipher === "none" ? clear(kind, fingerprint) : encrypted(kind, version === "3", fingerprint);
};

/** A key has 58 characters after its prefix, one against quantum computers as many; then comes other text. */
const AGE = /^AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{40,160}/i;
/** A checksum over so many characters. */
const CHECKSUM = 5000;

export const age: Format = (text, at, work) => {
  const match = AGE.exec(text.slice(at, at + 200));
  if (match === null) return null;
  work.charge(CHECKSUM);
  return isAgeKey(match[0]) ? clear("age identity") : null;
};

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Whether a Bech32 string (BIP 173) has a right checksum: a placeholder in documentation has none. */
function isAgeKey(text: string): boolean {
  const lower = text.toLowerCase();
  const split = lower.lastIndexOf("1");
  const prefix = [...lower.slice(0, split)].map((character) => character.charCodeAt(0));
  let sum = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31)].reduce(step, 1);
  // What follows without a gap is cut off: each length that a key may have is tried.
  for (const [index, character] of [...lower.slice(split + 1)].entries()) {
    sum = step(sum, ALPHABET.indexOf(character));
    if (sum === 1 && index + 1 >= SHORTEST) return true;
  }
  return false;
}

const SHORTEST = 58;

/** The checksum after one more value of five bits. */
function step(sum: number, value: number): number {
  let next = ((sum & 0x1ffffff) << 5) ^ value;
  for (let bit = 0; bit < GENERATOR.length; bit += 1) if ((sum >>> (25 + bit)) & 1) next ^= GENERATOR[bit] ?? 0;
  return next;
}

const LEGACY = /^DEK-Info:\s{0,20}[A-Za-z0-9-]{3,20},\s{0,20}[0-9A-Fa-f]{8,64}([\s\S]{0,600})/i;

/** Looking for words behind a header takes some 20 microseconds. */
const HEADER = 6000;

/** RFC 1421 encryption as OpenSSL once wrote it: MD5, once. Nothing in it has a structure but its header. */
export const legacyPem: Format = (text, at, work) => {
  const match = LEGACY.exec(around(text, at, 0, 800, work));
  if (match === null) return null;
  work.charge(HEADER);
  const behind = (match[1] ?? "").replace(/\.{3}[\s\S]*|\xe2\x80\xa6[\s\S]*|-{3}[\s\S]*/, "");
  // Of code that writes such a header, and of prose, hardly a word is so long.
  const body = (behind.match(/[A-Za-z0-9+/]{16,}/g) ?? []).join("");
  return body.length >= 48 && !isPlaceholder(body) ? encrypted("private key (PEM with DEK-Info)", false) : null;
};

/** A static key has 512 digits in 16 lines; a key of tls-crypt-v2 some 170 characters of base64 and more. */
const OPENVPN = /^BEGIN OpenVPN (Static key V1|tls-crypt-v2 (?:client|server) key)-----([^-]{0,4000})/;

/** OpenVPN's shared secrets: nothing but random bytes behind a label. */
export const openVpn: Format = (text, at, work) => {
  const match = OPENVPN.exec(around(text, at, 0, 4000, work));
  if (match === null) return null;
  const [, label = "", body = ""] = match;
  const characters = body.match(label.startsWith("Static") ? /[0-9a-f]/gi : /[A-Za-z0-9+/]/g) ?? [];
  return characters.length >= 128 && new Set(characters).size > 10 ? clear(`OpenVPN ${label}`) : null;
};

/** What is inside of `ENCRYPTED SIGSTORE PRIVATE KEY` (cosign): JSON that names scrypt and NaCl's secretbox. */
export const cosign: Format = (text, at, work) => {
  const near = around(text, at, 400, 1600, work);
  const sealed = /ciphertext["'\\]{1,4}\s{0,8}:\s{0,8}["'\\]{1,4}[A-Za-z0-9+/]{40}/.test(near);
  return sealed && near.includes("scrypt") ? encrypted("cosign private key", true) : null;
};

/** A client's key for an onion service: without the address before it, it is the public half. */
export const torClientKey: Format = (text, at, work) => {
  const near = around(text, at, 57, 80, work);
  return /\b[a-z2-7]{56}:descriptor:x25519:[A-Z2-7]{52}\b/.test(near) ? clear("Tor client key") : null;
};
