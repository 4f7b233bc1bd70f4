import { clear, encrypted, type Format } from "./detection.ts";
import { around, isPlaceholder } from "./text-parts.ts";

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
