import { checkPrimeSync, createPrivateKey, createPublicKey, generatePrimeSync, hash, randomBytes } from "node:crypto";
import { bitString, element, fromBytes, integer, sequence, toBytes } from "../../../scripts/x509/der-write.ts";
import { encodePem } from "../../../scripts/x509/pem.ts";
import { type Pair, spkiOf } from "./made.ts";
import { made } from "./requests.ts";

const E = 65537n;

export const bigOf = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);

function bytesOf(value: bigint, size = 0): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(Math.max(size * 2, hex.length + (hex.length % 2)), "0"), "hex");
}

export const randomPrime = (bits: number) => generatePrimeSync(bits, { bigint: true });

export function nextPrime(after: bigint): bigint {
  let candidate = after | 1n;
  do candidate += 2n;
  while (!checkPrimeSync(candidate, { checks: 1 }));
  return candidate;
}

/** A prime of 1024 bits as the faulty chips made them: k·M + 65537^a mod M, M the product of the first 126 primes. */
export function rocaPrime(): bigint {
  let m = 2n;
  for (let prime = 3n, count = 1; count < 126; prime += 2n) {
    if (!checkPrimeSync(prime)) continue;
    m *= prime;
    count++;
  }
  const residue = powerModulo(E, bigOf(randomBytes(32)), m);
  const first = (3n * 2n ** 1022n) / m + bigOf(randomBytes(6));
  for (let k = first; ; k++) if (checkPrimeSync(k * m + residue, { checks: 1 })) return k * m + residue;
}

function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === "1") result = (result * base) % modulus;
  }
  return result;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  if (a !== 1n) throw new Error("there is no inverse: try other primes");
  return ((x % modulus) + modulus) % modulus;
}

const ALGORITHM = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const SHA256_WITH_RSA = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";

/**
 * A request whose key has this modulus, with a signature that verifies: `totient` is what its factors make of it, a
 * multiple of the order of every number modulo it (RFC 8017, 8.2.1 and 9.2).
 */
export function rsaRequest(modulus: bigint, totient: bigint): string {
  const number = (value: bigint) => element(2, toBytes(Buffer.from(`00${bytesOf(value).toString("hex")}`, "hex")));
  const minimal = (value: bigint) =>
    (bytesOf(value)[0] ?? 0) < 0x80 ? element(2, toBytes(bytesOf(value))) : number(value);
  const spki = sequence(ALGORITHM, bitString(sequence(minimal(modulus), minimal(E))));
  const body = sequence(integer(0), sequence(), spki, element(0xa0, ""));
  const digest = Buffer.from(hash("sha256", fromBytes(body), "hex"), "hex");
  const info = Buffer.concat([Buffer.from("3031300d060960864801650304020105000420", "hex"), digest]);
  const size = bytesOf(modulus).length;
  const padded = Buffer.concat([Buffer.of(0, 1), Buffer.alloc(size - 3 - info.length, 0xff), Buffer.of(0), info]);
  const signature = bytesOf(powerModulo(bigOf(padded), inverse(E, totient), modulus), size);
  return encodePem("CERTIFICATE REQUEST", fromBytes(sequence(body, SHA256_WITH_RSA, bitString(toBytes(signature)))));
}

/** The same for the product of these primes, each there once. */
export function requestOf(...primes: readonly bigint[]): string {
  const product = (values: readonly bigint[]) => values.reduce((all, one) => all * one, 1n);
  return rsaRequest(product(primes), product(primes.map((prime) => prime - 1n)));
}

/** A key pair with this private scalar; `key` as createPrivateKey takes it, from ECDH. */
export function pairOf(crv: string, scalar: Buffer, point: Buffer): Pair {
  const half = (point.length - 1) / 2;
  const [x, y] = [point.subarray(1, 1 + half), point.subarray(1 + half)].map((part) => part.toString("base64url"));
  const padded = Buffer.concat([Buffer.alloc(half), scalar]).subarray(-half);
  const jwk = { kty: "EC", crv, d: padded.toString("base64url"), x: x ?? "", y: y ?? "" };
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

export const requestBy = (pair: Pair) => encodePem("CERTIFICATE REQUEST", made(pair, { spki: spkiOf(pair.publicKey) }));

/** A request under this public key of Ed25519, with that signature. */
export function ed25519Request(point: Buffer, signature: Buffer): string {
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), point]);
  const body = sequence(integer(0), sequence(), toBytes(spki), element(0xa0, ""));
  const parts = sequence(body, "\x30\x05\x06\x03\x2b\x65\x70", bitString(toBytes(signature)));
  return encodePem("CERTIFICATE REQUEST", fromBytes(parts));
}
