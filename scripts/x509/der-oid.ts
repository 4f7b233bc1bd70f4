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

/** X.690, 8.19: base 128, no padding; arcs beyond 2^53 are nothing that we could name. */
function decodeOid(content: Buffer): string | null {
  const last = content.at(-1);
  if (last === undefined || last >= 0x80 || content.length > 64) return null;
  const arcs: number[] = [];
  let arc = 0;
  let fresh = true;
  for (const byte of content) {
    if (fresh && byte === 0x80) return null;
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) return null;
    fresh = byte < 0x80;
    if (!fresh) continue;
    const root = Math.min(Math.floor(arc / 40), 2);
    if (arcs.length === 0) arcs.push(root, arc - 40 * root);
    else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}
