import { BROTLI, type Budget, INFLATE, salvage, type Unpacked, unpack, ZSTD } from "./unpack.ts";
import type { Work } from "./work.ts";

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
  return salvage(bytes, start, INFLATE, budget, work);
}

const LONGEST_NAME = 4096;

/** Frames of Zstandard (RFC 8878, 3.1.1). */
export function unzstd(bytes: Buffer, at: number, budget: Budget, work: Work): Unpacked | null {
  // The reserved bit of the frame header's descriptor is zero.
  if (((bytes[at + 4] ?? 0xff) & 8) !== 0) return null;
  return unpack(bytes, at, ZSTD, budget, work);
}

/** Brotli (RFC 7932) has no magic number: only a file's name tells of it. */
export function unbrotli(bytes: Buffer, budget: Budget, work: Work): Unpacked | null {
  return unpack(bytes, 0, BROTLI, budget, work);
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
  if (method === 8) return salvage(bytes, start, INFLATE, budget, work);
  // Without a size a stored file is read with the archive around it; then its first word sticks to its name.
  if (method === 0 && packed > 0) return { bytes: bytes.subarray(start, start + packed), end: start + packed };
  // xz and Zstandard are met by their own magic.
  return [9, 12, 14, 98].includes(method) ? { problem: "Undecided", end: start } : null;
}
