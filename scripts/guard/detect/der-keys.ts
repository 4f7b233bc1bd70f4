import * as der from "./der.ts";
import { clear, encrypted, type Found } from "./detection.ts";
import { encryptionStrength, iterationsOf, knownPassphrase } from "./pbe.ts";
import { pkcs12 } from "./pkcs12.ts";
import { publicOfDer, publicOfJwk, publicOfLocked, publicOfPem } from "./public-key.ts";
import type { Work } from "./work.ts";

/** What was found, and where it ends, so that nothing inside is found again. */
export interface FoundDer {
  readonly found: Found;
  readonly end: number;
}

/** Names of the algorithms in PKCS#8; a key of any other is as private. OIDs in hex. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  "2a864886f70d010101": "RSA",
  "2a864886f70d01010a": "RSA-PSS",
  "2a8648ce3d0201": "EC",
  "2a8648ce380401": "DSA",
  "2a864886f70d010301": "DH",
  "2a8648ce3e0201": "DH",
  "2b656e": "X25519",
  "2b656f": "X448",
  "2b6570": "Ed25519",
  "2b6571": "Ed448",
};

/** Keys that are so many random bytes and nothing else. */
const RAW = new Set(["Ed25519", "Ed448", "X25519", "X448"]);
/** The public half of DH and DSA takes an exponentiation, some 20 ms for 4096 bits; with longer ones a file could stall us. */
const LARGEST_SLOW = 2500;
/** It grows with the third power of the key's bytes, which are two numbers or more. */
const EXPONENTIATION = 1 / 130;
/** Among 32 random bytes some 30 are different, and hardly ever fewer than 24. */
const DIFFERENT = 3 / 4;
/** Of longer ones so many are looked at. */
const LOOKED_AT = 32;

/** Not what stands in a compiled program behind the constant with which it makes a key: a text, zeros, other constants. */
function looksRandom(bytes: Buffer, element: der.Element | null | undefined): boolean {
  if (element === null || element === undefined) return true;
  const sample = der.contents(bytes, element).subarray(0, LOOKED_AT);
  return new Set(sample).size >= DIFFERENT * sample.length;
}

function mayExponentiate({ start, end }: der.Element, work: Work): boolean {
  if (end - start > LARGEST_SLOW) return false;
  work.charge(EXPONENTIATION * (end - start) ** 3);
  return true;
}

/** The number in an ECPrivateKey. */
function scalarOf(bytes: Buffer, key: der.Element): der.Element | undefined {
  const inner = der.header(bytes, key.from, key.end);
  const version = inner && der.header(bytes, inner.from, inner.end);
  return (version && der.header(bytes, version.end, key.end)) ?? undefined;
}

/** Reading the headers of up to sixteen elements. */
const LOOK = 300;

/** A private key that begins at this SEQUENCE, told by its structure alone; it may be cut short at the end of the bytes. */
export function keyAt(bytes: Buffer, at: number, work: Work): FoundDer | null {
  work.charge(LOOK);
  const outer = der.header(bytes, at, bytes.length);
  if (outer?.tag !== der.SEQUENCE || outer.end - outer.from < 16) return null;
  const parts = der.children(bytes, outer);
  const [first, second] = parts ?? [];
  if (parts === null || first === undefined || second === undefined) return null;
  const found =
    first.tag === der.SEQUENCE ? encryptedPkcs8(bytes, outer, parts, work) : keyOfVersion(bytes, outer, parts, work);
  return found && { found, end: Math.min(outer.end, bytes.length) };
}

function keyOfVersion(bytes: Buffer, outer: der.Element, parts: der.Element[], work: Work): Found | null {
  const version = der.smallInteger(bytes, parts[0]);
  const second = parts[1]?.tag;
  if (version === 3 && second === der.SEQUENCE) return pkcs12(bytes, outer, parts, work);
  if (version === 1 && second === der.OCTET_STRING) return sec1(bytes, outer, parts, work);
  if (version !== 0 && version !== 1) return null;
  if (second === der.SEQUENCE) return pkcs8(bytes, outer, parts, work);
  return second === der.INTEGER ? numbers(bytes, outer, parts, work) : null;
}

/** OneAsymmetricKey (RFC 5958, 2), of whatever algorithm. */
function pkcs8(bytes: Buffer, outer: der.Element, parts: der.Element[], work: Work): Found | null {
  const [, algorithm, key, ...rest] = parts;
  if (algorithm === undefined || key?.tag !== der.OCTET_STRING) return null;
  if (rest.length > 2 || rest.some(({ tag }) => ![0xa0, 0xa1, 0x81].includes(tag))) return null;
  const oid = der.children(bytes, algorithm)?.[0];
  if (oid?.tag !== der.OID || oid.end === oid.from || oid.end > bytes.length) return null;
  if (key.end - key.from < 16) return null;
  const name = ALGORITHMS[der.contents(bytes, oid).toString("hex")];
  if (!holdsSecret(bytes, key, name)) return null;
  if (name !== undefined && RAW.has(name) && !looksRandom(bytes, der.header(bytes, key.from, key.end))) return null;
  if (name === "EC" && !looksRandom(bytes, scalarOf(bytes, key))) return null;
  const slow = name === "DH" || name === "DSA";
  const isWhole = outer.end <= bytes.length && (!slow || mayExponentiate(outer, work));
  const fingerprint = isWhole ? publicOfDer(bytes.subarray(outer.start, outer.end), "pkcs8", work) : null;
  return clear(`${name ?? "unknown algorithm's"} private key (PKCS#8)`, fingerprint);
}

/** A sample in documentation is cut off before the secret begins. */
function holdsSecret(bytes: Buffer, key: der.Element, name: string | undefined): boolean {
  if (key.end <= bytes.length) return true;
  const inner = der.header(bytes, key.from, key.end);
  const parts = inner?.tag === der.SEQUENCE ? (der.children(bytes, inner) ?? []) : [];
  if (name === "RSA" || name === "RSA-PSS") return rsaSecret(bytes, parts);
  if (name === "EC") return parts[1] !== undefined && most(bytes, parts[1]);
  return most(bytes, key);
}

/** Three quarters of it are there. */
function most(bytes: Buffer, element: der.Element): boolean {
  return der.present(bytes, element) >= ((element.end - element.from) * 3) / 4;
}

/** Half of the private exponent is enough to get the rest. A modulus and a public exponent are odd. */
function rsaSecret(bytes: Buffer, [, n, e, d]: der.Element[]): boolean {
  if (n === undefined || e === undefined || d?.tag !== der.INTEGER) return false;
  const isOdd = [n, e].every(({ end }) => end <= bytes.length && ((bytes[end - 1] ?? 0) & 1) === 1);
  const [size, length] = [n.end - n.from, d.end - d.from];
  const areSizes = e.end - e.from <= 33 && length <= size && length >= size / 4;
  return isOdd && areSizes && der.present(bytes, d) >= length / 2;
}

/** RSAPrivateKey (RFC 8017, A.1.2), or DSA's as OpenSSL writes it: version, p, q, g, y, x. */
function numbers(bytes: Buffer, outer: der.Element, parts: der.Element[], work: Work): Found | null {
  const whole = outer.end <= bytes.length;
  const integers = parts.filter(({ tag }) => tag === der.INTEGER).length;
  const [, first] = parts;
  if (first === undefined || first.end - first.from < 32) return null;
  if (integers !== parts.length && !(integers === 9 && parts[9]?.tag === der.SEQUENCE)) return null;
  const piece = bytes.subarray(outer.start, outer.end);
  if (whole && parts.length === 6) {
    return clear("DSA private key", mayExponentiate(outer, work) ? publicOfPem("DSA PRIVATE KEY", piece, work) : null);
  }
  if (whole ? parts.length < 9 : !rsaSecret(bytes, parts)) return null;
  const fingerprint = whole ? publicOfDer(piece, "pkcs1", work) : publicOfModulus(bytes, parts, work);
  return clear("RSA private key (PKCS#1)", fingerprint);
}

function publicOfModulus(bytes: Buffer, [, n, e]: der.Element[], work: Work): string | null {
  if (n === undefined || e === undefined || e.end > bytes.length) return null;
  const url = (element: der.Element) => {
    const number = der.contents(bytes, element);
    return number.subarray(number[0] === 0 ? 1 : 0).toString("base64url");
  };
  return publicOfJwk({ kty: "RSA", n: url(n), e: url(e) }, work);
}

/** ECPrivateKey (RFC 5915, 3). SNMP messages look alike until the third element. */
function sec1(bytes: Buffer, outer: der.Element, parts: der.Element[], work: Work): Found | null {
  const [, scalar, ...rest] = parts;
  if (scalar === undefined || rest.length > 2) return null;
  const size = scalar.end - scalar.from;
  if (size < 14 || size > 80 || !most(bytes, scalar) || !looksRandom(bytes, scalar)) return null;
  for (const { tag, from } of rest) {
    const inner = bytes[from];
    const right = tag === 0xa0 ? inner === der.OID || inner === der.SEQUENCE : tag === 0xa1 && inner === der.BIT_STRING;
    if (!right && inner !== undefined) return null;
  }
  return clear(
    "EC private key (SEC 1)",
    outer.end > bytes.length ? null : publicOfDer(bytes.subarray(outer.start, outer.end), "sec1", work),
  );
}

/** EncryptedPrivateKeyInfo (RFC 5958, 3). */
function encryptedPkcs8(bytes: Buffer, outer: der.Element, parts: der.Element[], work: Work): Found | null {
  const [algorithm, data] = parts;
  if (parts.length !== 2 || algorithm === undefined || data?.tag !== der.OCTET_STRING) return null;
  if (data.end - data.from < 16 || !most(bytes, data)) return null;
  const strength = encryptionStrength(bytes, algorithm);
  if (strength === null) return null;
  const piece = bytes.subarray(outer.start, outer.end);
  let publicKey: string | null = null;
  const opens = (passphrase: string) => {
    publicKey = publicOfLocked(piece, passphrase, work);
    return publicKey !== null;
  };
  const known = outer.end > bytes.length ? null : knownPassphrase(iterationsOf(bytes, algorithm), work, opens);
  if (known !== null) return clear(`private key (PKCS#8) behind ${known}`, publicKey);
  return encrypted("private key (PKCS#8)", strength === "strong");
}
