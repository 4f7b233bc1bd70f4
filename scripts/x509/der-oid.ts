/** Contents to dotted form: certificates repeat a dozen of them. Bounded, or a hostile file could fill it. */
const KNOWN = new Map<string, string>();
const MOST_KNOWN = 1000;

/** Contents of an OBJECT IDENTIFIER, bytes[from..end), in dotted form; null where they are not one. */
export function dottedOid(bytes: Buffer, from: number, end: number): string | null {
  const key = bytes.toString("latin1", from, end);
  const known = KNOWN.get(key);
  if (known !== undefined) return known;
  const dotted = decodeOid(bytes.subarray(from, end));
  if (dotted !== null && KNOWN.size < MOST_KNOWN) KNOWN.set(key, dotted);
  return dotted;
}

/** X.690, 8.19: base 128, no padding. An arc may have 128 bits and more: those under 2.25 are UUIDs (X.667). */
function decodeOid(content: Buffer): string | null {
  const last = content.at(-1);
  if (last === undefined || last >= 0x80 || content.length > 64) return null;
  const arcs: (number | bigint)[] = [];
  let start = 0;
  for (const [at, byte] of content.entries()) {
    if (at === start && byte === 0x80) return null;
    if (byte >= 0x80) continue;
    arcs.push(arcOf(content.subarray(start, at + 1)));
    start = at + 1;
  }
  const [first = 0, ...others] = arcs;
  const root = first < 40 ? 0 : first < 80 ? 1 : 2;
  const second = typeof first === "bigint" ? first - 80n : first - 40 * root;
  return [root, second, ...others].join(".");
}

/** Seven bits a byte; a bigint only where a number would not hold it. */
function arcOf(bytes: Buffer): number | bigint {
  if (bytes.length <= 7) return bytes.reduce((arc, byte) => arc * 128 + (byte & 0x7f), 0);
  return bytes.reduce((arc, byte) => (arc << 7n) | BigInt(byte & 0x7f), 0n);
}
