import { clear, encrypted, type Found } from "./detection.ts";
import type { Work } from "./work.ts";

/** Numbers (MPIs) of the public part by algorithm (RFC 9580, 9.1); -1: an OID first; -2: 32 or 57 bytes as they are. */
const PUBLIC_NUMBERS: Readonly<Record<number, number>> = { 1: 2, 2: 2, 3: 2, 16: 3, 17: 4, 18: -1, 19: -1, 22: -1 };
const RAW_BYTES: Readonly<Record<number, number>> = { 25: 32, 26: 56, 27: 32, 28: 57 };
const EARLIEST = 700_000_000;
const LATEST = 4_000_000_000;

/** A packet: where its body begins and ends (it may be cut short), and its version. */
interface Packet {
  readonly from: number;
  readonly end: number;
  readonly version: number;
}

/** A secret key or subkey packet (tags 5 and 7) that begins here (RFC 9580, 4.2, 5.5.3), by its whole structure. */
export function pgpSecret(bytes: Buffer, at: number, work: Work): Found | null {
  const body = bodyOf(bytes, at);
  const version = bytes[body?.from ?? bytes.length] ?? 0;
  if (body === null || version < 3 || version > 6 || body.from + 40 > bytes.length) return null;
  const { from, end } = body;
  const created = bytes.readUInt32BE(from + 1);
  if (created < EARLIEST || created > LATEST) return null;
  const algorithmAt = from + 5 + (version === 3 ? 2 : 0);
  const algorithm = bytes[algorithmAt] ?? 0;
  const numbers = algorithmAt + 1 + (version >= 5 ? 4 : 0);
  const secret = afterPublic(bytes, numbers, algorithm);
  if (secret < 0 || secret + 12 > Math.min(end, bytes.length) || end - secret > 8000) return null;
  // Version 3 knows RSA alone; after the packet comes another one, or nothing.
  if (version === 3 && algorithm > 3) return null;
  if (end < bytes.length && (bytes[end] ?? 0) < 0x80) return null;
  if (version >= 5 && bytes.readUInt32BE(numbers - 4) !== secret - numbers) return null;
  work.charge(end - secret);
  return protection(bytes, secret, { from, end, version });
}

/** The packet's body, old and new form of header; null for a length that no key has. */
function bodyOf(bytes: Buffer, at: number): { from: number; end: number } | null {
  const tag = bytes[at] ?? 0;
  const [first = 0, second = 0] = [bytes[at + 1], bytes[at + 2]];
  if (at + 6 > bytes.length) return null;
  const of = (from: number, length: number) => ({ from, end: from + length });
  if ((tag & 0x40) === 0) {
    const size = 2 ** (tag & 3);
    return size === 8 ? null : of(at + 1 + size, bytes.readUIntBE(at + 1, size));
  }
  if (first < 192) return of(at + 2, first);
  if (first < 224) return of(at + 3, (first - 192) * 256 + second + 192);
  return first === 255 ? of(at + 6, bytes.readUInt32BE(at + 2)) : null;
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

const HASHES = [1, 2, 3, 8, 9, 10, 11, 12, 14];

/** The S2K octet: 0 in the clear; 253 to 255 a string-to-key follows; else, in old keys, the cipher, its key by MD5. */
function protection(bytes: Buffer, at: number, packet: Packet): Found | null {
  const usage = bytes[at] ?? 0;
  if (usage === 0) return hasChecksum(bytes, at + 1, packet) ? clear("PGP secret key") : null;
  if (usage < 253) return usage <= 13 && packet.version === 3 ? encrypted("PGP secret key", false) : null;
  const skip = packet.version >= 5 ? 1 : 0;
  const cipherAt = at + 1 + skip;
  const modeAt = cipherAt + 1 + (usage === 253 ? 1 : 0) + (packet.version === 6 ? 1 : 0);
  const [cipher = 0, mode = 5, hash = 0] = [bytes[cipherAt], bytes[modeAt], bytes[modeAt + 1]];
  // gpg's mode 101 is a stub in place of a key that is on a card, or kept elsewhere.
  if (cipher < 1 || cipher > 13 || ![0, 1, 3, 4].includes(mode)) return null;
  if (mode !== 4 && !HASHES.includes(hash)) return null;
  return encrypted("PGP secret key", mode >= 3);
}

/** The sum of the secret numbers, in two bytes; version 6 has none, and its length was checked. */
function hasChecksum(bytes: Buffer, secret: number, { end, version }: Packet): boolean {
  if (version >= 5) return true;
  if (end > bytes.length) return false;
  let sum = 0;
  for (let at = secret; at < end - 2; at += 1) sum += bytes[at] ?? 0;
  return (sum & 0xffff) === bytes.readUInt16BE(end - 2);
}
