import { brotliDecompressSync, constants, inflateRawSync, zstdDecompressSync } from "node:zlib";
import type { Work } from "./work.ts";

/** What a blob may unpack to altogether, so that a small file cannot fill the memory. */
export interface Budget {
  bytes: number;
}

export type Unpacked =
  | { readonly bytes: Buffer; readonly end: number }
  | { readonly problem: "TooLarge" | "Undecided"; readonly end: number };

const ENOUGH = 3;
/** Beginning with a decompressor of zlib takes some 30 microseconds; being told that it is none, another 100. */
const BEGINNING = 10_000;
const FAILING = 30_000;

/**
 * A gzip member (RFC 1952) that begins here, as far as it goes; null for what is none. Its checksum is not asked:
 * gunzip shows what it unpacked before it complains.
 */
export function gunzip(bytes: Buffer, at: number, budget: Budget, work: Work): Unpacked | null {
  const flags = bytes[at + 3] ?? 0xff;
  // Reserved flags must be zero; the compression method is deflate.
  if (bytes[at + 2] !== 8 || (flags & 0xe0) !== 0) return null;
  let start = at + 10;
  if ((flags & 4) !== 0 && start + 2 <= bytes.length) start += 2 + bytes.readUInt16LE(start);
  for (const name of [8, 16]) {
    if ((flags & name) === 0) continue;
    const end = bytes.subarray(start, start + LONGEST_NAME).indexOf(0);
    if (end < 0) return null;
    start += end + 1;
  }
  if ((flags & 2) !== 0) start += 2;
  return unpack(bytes, start, inflateRawSync, budget, work) ?? damaged(bytes, start, budget, work);
}

const LONGEST_NAME = 4096;

/** What comes before the damage in a stream: its first half, quarter, and so on, whichever is whole. */
function damaged(bytes: Buffer, start: number, budget: Budget, work: Work): Unpacked | null {
  for (let length = (bytes.length - start) >> 1; length >= 64; length >>= 1) {
    const unpacked = unpack(bytes.subarray(0, start + length), start, inflateRawSync, budget, work);
    if (unpacked !== null) return unpacked;
  }
  return null;
}

/** Levels of compression that zlib's header (RFC 1950) tells of, with a window of 32 KiB. */
const LEVELS = new Set([0x01, 0x5e, 0x9c, 0xda]);
const CARET = 0x5e;

/** A zlib stream, as PDF, PNG and git have them. */
export function inflateZlib(bytes: Buffer, at: number, budget: Budget, work: Work): Unpacked | null {
  if (!LEVELS.has(bytes[at + 1] ?? 0) || !mayBeDeflate(bytes, at + 2)) return null;
  // In a text, x and a caret are a power of x.
  if (bytes[at + 1] === CARET && bytes.subarray(at + 2, at + 18).every(isPrintable)) return null;
  return unpack(bytes, at + 2, inflateRawSync, budget, work);
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

/** Frames of Zstandard (RFC 8878, 3.1.1). */
export function unzstd(bytes: Buffer, at: number, budget: Budget, work: Work): Unpacked | null {
  // The reserved bit of the frame header's descriptor is zero.
  if (((bytes[at + 4] ?? 0xff) & 8) !== 0) return null;
  return unpack(bytes, at, zstdDecompressSync, budget, work);
}

/** Brotli (RFC 7932) has no magic number: only a file's name tells of it. */
export function unbrotli(bytes: Buffer, budget: Budget, work: Work): Unpacked | null {
  return unpack(bytes, 0, brotliDecompressSync, budget, work);
}

/** One file of a zip archive, from its local header (APPNOTE 4.3.7): the central directory may be missing or lie. */
export function unzip(bytes: Buffer, at: number, budget: Budget, work: Work): Unpacked | null {
  if (at + 30 > bytes.length) return null;
  const flags = bytes.readUInt16LE(at + 6);
  const method = bytes.readUInt16LE(at + 8);
  const packed = bytes.readUInt32LE(at + 18);
  const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  if (start >= bytes.length || bytes.readUInt16LE(at + 4) > 70) return null;
  if ((flags & 1) === 1 && (method <= 19 || (method >= 93 && method <= 99))) {
    return packed > 12 || (flags & 8) === 8 ? { problem: "Undecided", end: start } : null;
  }
  if (method === 8) return unpack(bytes, start, inflateRawSync, budget, work);
  // Stored files lie in the archive as they are, and are read with it; xz and Zstandard are met by their own magic.
  return [9, 12, 14, 98].includes(method) ? { problem: "Undecided", end: start } : null;
}

interface Options {
  readonly finishFlush: number;
  readonly maxOutputLength: number;
  readonly info: true;
}
/** With `info`, what node:zlib gives back; its types do not tell. */
type Decompress = (bytes: Buffer, options: Options) => unknown;

/** As far as it goes: what is cut short still gives what it has. */
function unpack(bytes: Buffer, start: number, by: Decompress, budget: Budget, work: Work): Unpacked | null {
  if (start >= bytes.length) return null;
  work.charge(BEGINNING);
  // Whatever comes out will be looked at, and must be paid for.
  const maxOutputLength = Math.max(1, Math.min(budget.bytes, work.left));
  const finishFlush =
    by === inflateRawSync
      ? constants.Z_SYNC_FLUSH
      : by === zstdDecompressSync
        ? constants.ZSTD_e_flush
        : constants.BROTLI_OPERATION_FLUSH;
  try {
    const answer = by(bytes.subarray(start), { finishFlush, maxOutputLength, info: true });
    const { buffer, engine } = answer as { buffer: Buffer; engine: { bytesWritten: number } };
    budget.bytes -= buffer.length;
    work.charge(buffer.length + engine.bytesWritten);
    return buffer.length < ENOUGH ? null : { bytes: buffer, end: start + engine.bytesWritten };
  } catch (error) {
    work.charge(FAILING);
    const tooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return tooLarge ? { problem: "TooLarge", end: start } : null;
  }
}
