import { createPrivateKey, createPublicKey, hash, type KeyObject } from "node:crypto";
import type { Work } from "./work.ts";

/** No key that is in use is larger; what pretends to be would only cost time. */
const LARGEST = 32 * 1024;

/** Reading a private key takes half a millisecond, and some four where a point on a large curve must be computed. */
const PRIVATE = 1_000_000;
const NUMBERS = 250_000;
/** A public one, a tenth, with the look whether its point is on the curve. */
const PUBLIC = 50_000;

/** `sha256:` + hex of the public half's DER SubjectPublicKeyInfo; null for what node:crypto does not know. */
export function publicOfDer(der: Buffer, type: "pkcs8" | "pkcs1" | "sec1", work: Work): string | null {
  if (der.length > LARGEST) return null;
  work.charge(type === "pkcs1" ? NUMBERS : PRIVATE);
  return attempt(() => createPublicKey(createPrivateKey({ key: der, format: "der", type })));
}

/** Of a key behind a passphrase; null where it is another one. */
export function publicOfLocked(der: Buffer, passphrase: string, work: Work): string | null {
  if (der.length > LARGEST) return null;
  work.charge(PRIVATE);
  return attempt(() => createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8", passphrase })));
}

/** The same for formats that only OpenSSL's PEM reader knows, such as DSA's own. */
export function publicOfPem(label: string, der: Buffer, work: Work): string | null {
  if (der.length > LARGEST) return null;
  work.charge(PRIVATE);
  const pem = `-----BEGIN ${label}-----\n${der.toString("base64")}\n-----END ${label}-----\n`;
  return attempt(() => createPublicKey(createPrivateKey(pem)));
}

/** From the public fields of a JSON Web Key; numbers as base64url. */
export function publicOfJwk(jwk: Readonly<Record<string, string>>, work: Work): string | null {
  work.charge(PUBLIC);
  return attempt(() => createPublicKey({ key: jwk, format: "jwk" }));
}

const PKCS8_PREFIX = {
  ed25519: "302e020100300506032b657004220420",
  x25519: "302e020100300506032b656e04220420",
} as const;

/** From the 32 bytes of a private key (RFC 8410, 7). */
export function publicOfRaw(type: "ed25519" | "x25519", raw: Buffer, work: Work): string | null {
  if (raw.length !== 32) return null;
  return publicOfDer(Buffer.concat([Buffer.from(PKCS8_PREFIX[type], "hex"), raw]), "pkcs8", work);
}

/** From a public key as SSH writes it (RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709, 4). */
export function publicOfSsh(blob: Buffer, work: Work): string | null {
  const [type = EMPTY, first = EMPTY, second = EMPTY] = sshStrings(blob, 3);
  const name = type.toString("latin1");
  const url = (bytes: Buffer) => bytes.toString("base64url");
  if (name === "ssh-rsa") return publicOfJwk({ kty: "RSA", e: url(positive(first)), n: url(positive(second)) }, work);
  if (name === "ssh-ed25519") return publicOfJwk({ kty: "OKP", crv: "Ed25519", x: url(first) }, work);
  const curve = { nistp256: "P-256", nistp384: "P-384", nistp521: "P-521" }[first.toString("latin1")];
  if (curve === undefined || second[0] !== 4) return null;
  const half = (second.length - 1) / 2;
  const [x, y] = [url(second.subarray(1, 1 + half)), url(second.subarray(1 + half))];
  return publicOfJwk({ kty: "EC", crv: curve, x, y }, work);
}

const EMPTY = Buffer.alloc(0);

/** Up to `most` strings, each a big-endian u32 length and bytes (RFC 4251, 5); fewer where they end early. */
export function sshStrings(bytes: Buffer, most: number): Buffer[] {
  const strings: Buffer[] = [];
  let at = 0;
  while (strings.length < most && at + 4 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (length > bytes.length - at - 4) break;
    strings.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return strings;
}

function positive(number: Buffer): Buffer {
  return number[0] === 0 ? number.subarray(1) : number;
}

function attempt(make: () => KeyObject): string | null {
  try {
    return `sha256:${hash("sha256", make().export({ type: "spki", format: "der" }), "hex")}`;
  } catch {
    return null;
  }
}
