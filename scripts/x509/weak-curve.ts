import { createECDH } from "node:crypto";
import { OID } from "./oids.ts";

/** Private scalars up to this are looked for, and those as near to the order of the curve: they have the same x. */
const SMALL_SCALARS = 1024;

interface Curve {
  /** As node:crypto calls it. */
  readonly name: string;
  /** The field's prime: FIPS 186-5, SP 800-186, 3.2.1. In all three a is -3. */
  readonly prime: bigint;
}

const CURVES = new Map<string, Curve>([
  [OID.p256, { name: "prime256v1", prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n }],
  [OID.p384, { name: "secp384r1", prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n }],
  [OID.p521, { name: "secp521r1", prime: 2n ** 521n - 1n }],
]);

type Point = readonly [x: bigint, y: bigint];

const known = new Map<string, ReadonlySet<bigint>>();

/** Whether the private scalar of this point (SEC 1, 2.3.3, uncompressed) is among the first or last 1,024 of its curve. */
export function hasSmallScalar(curve: string, point: Buffer): boolean {
  const parameters = CURVES.get(curve);
  if (parameters === undefined) return false;
  const table = known.get(curve) ?? new Set(firstMultiples(parameters).map(([x]) => x));
  known.set(curve, table);
  return table.has(coordinate(point, 0));
}

/** x or y of an uncompressed point. */
function coordinate(point: Buffer, index: 0 | 1): bigint {
  const size = (point.length - 1) / 2;
  return BigInt(`0x${point.toString("hex", 1 + index * size, 1 + (index + 1) * size)}`);
}

/** G, 2G, 3G, … 1024G: 6 to 12 ms a curve, once; ECDH of node:crypto takes seconds for P-384. */
function firstMultiples({ name, prime }: Curve): Point[] {
  const ecdh = createECDH(name);
  ecdh.setPrivateKey(Buffer.of(1));
  const generator = ecdh.getPublicKey();
  let points: Point[] = [[coordinate(generator, 0), coordinate(generator, 1)]];
  while (points.length < SMALL_SCALARS) points = [...points, ...addLast(points, prime)];
  return points;
}

/** The last of these points added to each, with one inversion for all. */
function addLast(points: readonly Point[], prime: bigint): Point[] {
  const last = points.at(-1) ?? [0n, 0n];
  const [lastX, lastY] = last;
  const bottoms = points.map(([x, y]) => modulo(x === lastX ? 2n * y : lastX - x, prime));
  const inverses = inverseOfAll(bottoms, prime);
  return points.map(([x, y], index) => {
    const top = x === lastX ? 3n * x * x - 3n : lastY - y;
    const slope = modulo(top * (inverses[index] ?? 0n), prime);
    const sum = modulo(slope * slope - x - lastX, prime);
    return [sum, modulo(slope * (x - sum) - y, prime)];
  });
}

function modulo(value: bigint, prime: bigint): bigint {
  const rest = value % prime;
  return rest < 0n ? rest + prime : rest;
}

/** Montgomery's trick: the inverse of the product, taken apart from its end. */
function inverseOfAll(values: readonly bigint[], prime: bigint): bigint[] {
  const products = [1n];
  for (const value of values) products.push(((products.at(-1) ?? 1n) * value) % prime);
  let inverse = inverseOf(products.at(-1) ?? 1n, prime);
  const inverses: bigint[] = [];
  for (let index = values.length - 1; index >= 0; index--) {
    inverses[index] = ((products[index] ?? 1n) * inverse) % prime;
    inverse = (inverse * (values[index] ?? 1n)) % prime;
  }
  return inverses;
}

/** Euclid's algorithm. */
function inverseOf(value: bigint, prime: bigint): bigint {
  let [a, b, x, y] = [value, prime, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b, x, y] = [b, a - quotient * b, y, x - quotient * y];
  }
  return modulo(x, prime);
}

const ED25519_PRIME = 2n ** 255n - 19n;

/** y of the eight points whose order divides 8, some of which share it: under such a key every message has a signature. */
const SMALL_ORDER: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  ED25519_PRIME - 1n,
  littleEndian(Buffer.from("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "hex")),
  littleEndian(Buffer.from("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "hex")),
]);

/** y of a point of Ed25519 (RFC 8032, 5.1.2), without the sign of x. */
function littleEndian(point: Buffer): bigint {
  return BigInt(`0x${Buffer.from(point).reverse().toString("hex")}`) & (2n ** 255n - 1n);
}

/** What is wrong with a public key of Ed25519: `order`, a point of small order; `form`, one that has another form too. */
export function ed25519Problem(point: Buffer): "order" | "form" | null {
  const y = littleEndian(point);
  if (SMALL_ORDER.has(y % ED25519_PRIME)) return "order";
  return y >= ED25519_PRIME ? "form" : null;
}
