import { clear, encrypted, type Found } from "./detection.ts";

/** Numbers (MPIs) of the public part by algorithm (RFC 9580, 9.1); -1: an OID first; -2: 32 or 57 bytes as they are. */
const PUBLIC_NUMBERS: Readonly<Record<number, number>> = { 1: 2, 2: 2, 3: 2, 16: 3, 17: 4, 18: -1, 19: -1, 22: -1 };
const RAW_BYTES: Readonly<Record<number, number>> = { 25: 32, 26: 56, 27: 32, 28: 57 };
const EARLIEST = 700_000_000;
const LATEST = 4_000_000_000;

/** A secret key or subkey packet (tags 5 and 7) that begins here (RFC 9580, 4.2, 5.5.3), by its whole structure. */
export function pgpSecret(bytes: Buffer, at: number): Found | null {
  const from = bodyStart(bytes, at);
  const version = bytes[from];
  if (from < 0 || (version !== 3 && version !== 4 && version !== 5 && version !== 6)) return null;
  if (from + 40 > bytes.length) return null;
  const created = bytes.readUInt32BE(from + 1);
  if (created < EARLIEST || created > LATEST) return null;
  const algorithmAt = from + 5 + (version === 3 ? 2 : 0);
  const algorithm = bytes[algorithmAt] ?? 0;
  const secret = afterPublic(bytes, algorithmAt + 1 + (version >= 5 ? 4 : 0), algorithm);
  return secret < 0 || secret + 12 > bytes.length ? null : protection(bytes, secret, version);
}

/** Where the packet's body begins, old and new form of header; -1 for a length that cannot be. */
function bodyStart(bytes: Buffer, at: number): number {
  const tag = bytes[at] ?? 0;
  const first = bytes[at + 1] ?? 0;
  if ((tag & 0x40) === 0) {
    const kind = tag & 3;
    return kind === 3 ? -1 : at + 1 + 2 ** kind;
  }
  if (first < 192) return at + 2;
  if (first < 224) return at + 3;
  return first === 255 ? at + 6 : at + 2;
}

/** Past the public numbers; -1 where they are none. */
function afterPublic(bytes: Buffer, at: number, algorithm: number): number {
  const raw = RAW_BYTES[algorithm];
  if (raw !== undefined) return at + raw;
  const count = PUBLIC_NUMBERS[algorithm];
  if (count === undefined) return -1;
  if (count > 0) return afterNumbers(bytes, at, count, 500);
  const length = bytes[at] ?? 0;
  // The OIDs of curves begin with 2a, 2b or 2b06.
  if (length < 3 || length > 12 || ![0x2a, 0x2b].includes(bytes[at + 1] ?? 0)) return -1;
  const point = afterNumbers(bytes, at + 1 + length, 1, 200);
  if (point < 0 || algorithm !== 18) return point;
  return bytes[point] === 3 && bytes[point + 1] === 1 ? point + 4 : -1;
}

/** An MPI: its length in bits, two bytes, must be that of the number that follows. */
function afterNumbers(bytes: Buffer, start: number, count: number, leastFirst: number): number {
  let at = start;
  for (let index = 0; index < count; index += 1) {
    if (at + 3 > bytes.length) return -1;
    const bits = bytes.readUInt16BE(at);
    const top = bytes[at + 2] ?? 0;
    if (bits === 0 || bits > 20_000 || (index === 0 && bits < leastFirst)) return -1;
    if (32 - Math.clz32(top) !== ((bits - 1) % 8) + 1) return -1;
    at += 2 + Math.ceil(bits / 8);
  }
  return at;
}

/** The S2K octet: 0 in the clear; 253 to 255 a string-to-key follows; else the cipher, key straight from MD5. */
function protection(bytes: Buffer, at: number, version: number): Found | null {
  const usage = bytes[at] ?? 0;
  if (usage === 0) return clear("PGP secret key");
  if (usage < 253) return usage <= 13 ? encrypted("PGP secret key", false) : null;
  const cipher = bytes[at + 1 + (version >= 5 ? 1 : 0)] ?? 0;
  const rest = bytes.subarray(at + 1, at + 10);
  if (cipher > 13) return null;
  // A stub in place of a key that is on a card, or kept offline: gpg's mode 101.
  if (rest.includes("GNU")) return null;
  const mode = bytes[at + 2 + (usage === 253 ? 1 : 0) + (version >= 5 ? 2 : 0)] ?? 0;
  if (mode > 4) return null;
  return encrypted("PGP secret key", mode >= 3);
}
