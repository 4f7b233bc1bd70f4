import { type Budget, INFLATE, salvage, type Unpacked, unpack } from "./unpack.ts";
import type { Work } from "./work.ts";

/** Whether two bytes are a zlib header (RFC 1950, 2.2): deflate, a window, a level, no dictionary, a sum that is right. */
export function isZlib(pair: number): boolean {
  return (pair & 0x0f00) === 0x0800 && pair < 0x7900 && (pair & 0x20) === 0 && pair % 31 === 0;
}

/** All there are. The window of 32 KiB is the last, and by far the most frequent. */
export const ZLIB_HEADERS = Array.from({ length: 0x1_0000 }, (_, pair) => pair).filter(isZlib);

const CARET = 0x5e;

/** A zlib stream, as PDF, PNG and git have them; null for what is none. */
export function inflateZlib(bytes: Buffer, at: number, budget: Budget, work: Work): Unpacked | null {
  const isExpected = isInPdf(bytes, at) || isInPng(bytes, at);
  // Other windows are rare, and their headers are common words of compiled programs.
  if (!mayBeDeflate(bytes, at + 2) || (bytes[at] !== 0x78 && !isExpected)) return null;
  if (isExpected) return salvage(bytes, at + 2, INFLATE, budget, work);
  // In a text, x and a caret are a power of x.
  if (bytes[at + 1] === CARET && bytes.subarray(at + 2, at + 18).every(isPrintable)) return null;
  return unpack(bytes, at + 2, INFLATE, budget, work);
}

/** What no deflate stream (RFC 1951, 3.2.3) begins with: a block of the reserved kind, lengths that do not agree. */
function mayBeDeflate(bytes: Buffer, at: number): boolean {
  if (at + 8 > bytes.length) return false;
  const kind = ((bytes[at] ?? 0) >> 1) & 3;
  if (kind === 3) return false;
  if (kind === 0) return (bytes.readUInt16LE(at + 1) ^ bytes.readUInt16LE(at + 3)) === 0xffff;
  if (kind === 2 && ((bytes[at] ?? 0) >> 3 > 29 || ((bytes[at + 1] ?? 0) & 0x1f) > 29)) return false;
  return true;
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13;
}

const [NEWLINE, RETURN] = [10, 13];

/** A stream of PDF (ISO 32000-1, 7.3.8): behind the word and the end of its line. */
function isInPdf(bytes: Buffer, at: number): boolean {
  if (bytes[at - 1] !== NEWLINE) return false;
  const end = bytes[at - 2] === RETURN ? at - 2 : at - 1;
  return end >= 6 && bytes.toString("latin1", end - 6, end) === "stream";
}

/** A chunk's type, a keyword of up to 79 characters, in iTXt flags, a language and a translated keyword. */
const FARTHEST = 240;

/** A compressed text of PNG (its specification, 11.3.3). */
function isInPng(bytes: Buffer, at: number): boolean {
  if (bytes[at - 1] !== 0) return false;
  const before = bytes.toString("latin1", Math.max(0, at - FARTHEST), at);
  return /(?:zTXt[^\0]{1,79}\0\0|iCCP[^\0]{1,79}\0\0|iTXt[^\0]{1,79}\0\x01\0[^\0]{0,80}\0[^\0]{0,80}\0)$/.test(before);
}
