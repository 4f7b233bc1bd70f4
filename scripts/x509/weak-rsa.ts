import { createPrivateKey, createPublicKey } from "node:crypto";
import { TAG } from "./der.ts";

/** All primes below this are tried: 6,542 of them, 1 ms for a key. */
const SMALL = 65_536;

function primesBelow(limit: number): number[] {
  const composite = new Uint8Array(limit);
  const primes: number[] = [];
  for (let n = 2; n < limit; n++) {
    if (composite[n] === 1) continue;
    primes.push(n);
    for (let multiple = n * n; multiple < limit; multiple += n) composite[multiple] = 1;
  }
  return primes;
}

/** Primes in groups whose product a Number holds exactly: one long division does for all of a group. */
interface Group {
  readonly product: bigint;
  readonly primes: readonly number[];
}

function groupsOf(primes: readonly number[]): Group[] {
  const groups: Group[] = [];
  let group: number[] = [];
  let product = 1;
  for (const prime of primes) {
    if (product * prime > Number.MAX_SAFE_INTEGER) {
      groups.push({ product: BigInt(product), primes: group });
      group = [];
      product = 1;
    }
    group.push(prime);
    product *= prime;
  }
  return [...groups, { product: BigInt(product), primes: group }];
}

let known: readonly Group[] | null = null;

/** The smallest prime below 65,536 that divides the modulus, or null. */
export function smallFactor(modulus: bigint): number | null {
  known ??= groupsOf(primesBelow(SMALL));
  for (const { primes, product } of known) {
    const rest = Number(modulus % product);
    for (const prime of primes) if (rest % prime === 0) return prime;
  }
  return null;
}

/** Odd primes up to 167: what the primes of a faulty library's shortest keys are made with, and so all others' too. */
const ROCA_PRIMES = primesBelow(168).slice(1);
let residues: readonly (readonly [prime: bigint, powers: ReadonlySet<number>])[] | null = null;

/** Powers of 65537 modulo a prime. */
function powersModulo(prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * 65537) % prime) powers.add(power);
  return powers;
}

/**
 * The fingerprint of CVE-2017-15361 ("The Return of Coppersmith's Attack", Nemec and others, 2017, 2.3): its primes are
 * k·M + 65537^a mod M, with M the product of small primes, so the modulus is a power of 65537 modulo each of them. Of
 * other keys that is true for one in some hundred million.
 */
export function isRoca(modulus: bigint): boolean {
  residues ??= ROCA_PRIMES.map((prime) => [BigInt(prime), powersModulo(prime)] as const);
  return residues.every(([prime, powers]) => powers.has(Number(modulus % prime)));
}

const FERMAT_ROUNDS = 100;

/** Whether Fermat's method finds the two factors in 100 rounds, as it does where they are close together, or equal. */
export function hasCloseFactors(modulus: bigint): boolean {
  let a = squareRoot(modulus);
  if (a * a < modulus) a += 1n;
  for (let round = 0; round < FERMAT_ROUNDS; round++, a += 1n) if (isSquare(a * a - modulus)) return true;
  return false;
}

/** Rounded down, by Newton's method from above. */
function squareRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let root = 1n << BigInt((n.toString(16).length * 4 + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** 63, 65, 11 and 17 after another: of what is no square one in a hundred gets past them. */
const FILTERS = [63, 65, 11, 17].map((modulus) => {
  const squares = new Set(Array.from({ length: modulus }, (_, root) => (root * root) % modulus));
  return { modulus, squares };
});
const FILTER = BigInt(63 * 65 * 11 * 17);

function isSquare(n: bigint): boolean {
  const rest = Number(n % FILTER);
  if (!FILTERS.every(({ modulus, squares }) => squares.has(rest % modulus))) return false;
  const root = squareRoot(n);
  return root * root === n;
}

/**
 * Whether 2^(n-1) is 1 modulo n, as it is for every prime, and for composites that nobody comes across (Fermat). One
 * exponentiation: OpenSSL makes it as the public half of a Diffie-Hellman key, four times as fast as BigInt. Node's
 * checkPrime takes 64 to 128 of them where a number is prime.
 */
export function looksPrime(modulus: bigint): boolean {
  const parameters = sequence(integer(modulus), integer(2n));
  // PrivateKeyInfo (RFC 5208, 5) of dhKeyAgreement (PKCS#3).
  const algorithm = sequence(Buffer.from("06092a864886f70d010301", "hex"), parameters);
  const key = sequence(integer(0n), algorithm, element(TAG.octetString, integer(modulus - 1n)));
  const half = createPublicKey(createPrivateKey({ key, format: "der", type: "pkcs8" }));
  const spki = half.export({ format: "der", type: "spki" });
  return spki.subarray(-ONE.length).equals(ONE);
}

/** The end of a public key that is 1: a BIT STRING of whole bytes with that INTEGER. */
const ONE = Buffer.from("030400020101", "hex");

function element(tag: number, content: Uint8Array): Buffer {
  const size = content.length;
  const length = size < 0x80 ? [size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(TAG.sequence, Buffer.concat(parts));
}

function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return element(TAG.integer, bytes.readUInt8() < 0x80 ? bytes : Buffer.concat([Buffer.alloc(1), bytes]));
}
