import { isAgeKey } from "./bech32.ts";
import { clear, encrypted, type Format } from "./detection.ts";
import { publicOfSsh } from "./public-key.ts";
import { around, base64 } from "./text-parts.ts";

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
