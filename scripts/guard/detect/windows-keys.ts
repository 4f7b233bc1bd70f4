import { clear, encrypted, type Found } from "./detection.ts";
import { publicOfJwk } from "./public-key.ts";
import type { Work } from "./work.ts";

/** A PVK file: magic, reserved, use, encrypted or not, lengths of salt and key; then a blob. RC4, its key by SHA-1, once. */
export function pvk(bytes: Buffer, at: number, work: Work): Found | null {
  if (at + 24 > bytes.length || bytes.readUInt32LE(at + 4) !== 0) return null;
  const [use, isEncrypted] = [bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12)];
  const [salt, length] = [bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 20)];
  if (use > 2 || isEncrypted > 1 || salt > 64 || length < 64 || length > 16_384) return null;
  if (isEncrypted === 1) return encrypted("private key (PVK)", false);
  const found = privateKeyBlob(bytes, at + 24 + salt, work);
  return found === null ? null : { ...found, kind: "private key (PVK)" };
}

/** CryptoAPI's PRIVATEKEYBLOB: type 7, version 2, reserved, algorithm, magic, bits; all little-endian. */
export function privateKeyBlob(bytes: Buffer, at: number, work: Work): Found | null {
  if (at + 20 > bytes.length || bytes.readUInt32LE(at) !== 0x207) return null;
  const magic = bytes.toString("latin1", at + 8, at + 12);
  const bits = bytes.readUInt32LE(at + 12);
  if (bits < 384 || bits > 16_384 || bits % 8 !== 0) return null;
  const kind = "private key (Windows key blob)";
  if (magic === "DSS2") return clear(`DSA ${kind}`);
  if (magic !== "RSA2") return null;
  const modulus = bytes.subarray(at + 20, at + 20 + bits / 8);
  // Modulus, two primes, two exponents, coefficient, exponent: without the primes there is no secret.
  if (bytes.length < at + 20 + bits / 4) return null;
  return clear(`RSA ${kind}`, rsaPublic(reversed(bytes.subarray(at + 16, at + 20)), reversed(modulus), work));
}

/** CNG's BCRYPT_RSAPRIVATE_BLOB and BCRYPT_RSAFULLPRIVATE_BLOB: bits, and lengths of exponent, modulus, primes. */
export function cngRsa(bytes: Buffer, at: number, work: Work): Found | null {
  if (at + 24 > bytes.length) return null;
  const [bits = 0, exponent = 0, modulus = 0, p = 0, q = 0] = [4, 8, 12, 16, 20].map((offset) =>
    bytes.readUInt32LE(at + offset),
  );
  if (bits < 384 || bits > 16_384 || exponent < 1 || exponent > 16) return null;
  if (modulus !== Math.ceil(bits / 8) || p + q < modulus || p + q > modulus + 8 || p > modulus) return null;
  const start = at + 24 + exponent;
  if (bytes.length < start + modulus + p) return null;
  const fingerprint = rsaPublic(bytes.subarray(at + 24, start), bytes.subarray(start, start + modulus), work);
  return clear("RSA private key (Windows key blob)", fingerprint);
}

const CURVES: Readonly<Record<string, readonly [name: string, size: number]>> = {
  2: ["P-256", 32],
  4: ["P-384", 48],
  6: ["P-521", 66],
};

/** CNG's BCRYPT_ECCPRIVATE_BLOB: length of a number, then x, y, d. A point that is not on the curve is none. */
export function cngEc(bytes: Buffer, at: number, work: Work): Found | null {
  const [crv, size] = CURVES[String.fromCharCode(bytes[at + 3] ?? 0)] ?? ["", 0];
  if (size === 0 || at + 8 + 3 * size > bytes.length || bytes.readUInt32LE(at + 4) !== size) return null;
  const number = (index: number) => bytes.toString("base64url", at + 8 + index * size, at + 8 + (index + 1) * size);
  const fingerprint = publicOfJwk({ kty: "EC", crv, x: number(0), y: number(1) }, work);
  return fingerprint === null ? null : clear("EC private key (Windows key blob)", fingerprint);
}

function rsaPublic(exponent: Buffer, modulus: Buffer, work: Work): string | null {
  const url = (number: Buffer) => number.toString("base64url");
  return publicOfJwk({ kty: "RSA", n: url(modulus), e: url(exponent.subarray(leadingZeros(exponent))) }, work);
}

function leadingZeros(number: Buffer): number {
  let at = 0;
  while (at < number.length - 1 && number[at] === 0) at += 1;
  return at;
}

function reversed(number: Buffer): Buffer {
  return Buffer.from(number).reverse();
}
