import { constants, gunzipSync, inflateRawSync } from "node:zlib";

/** What a blob may unpack to altogether, so that a small file cannot fill the memory. */
export interface Budget {
  bytes: number;
}

export type Unpacked =
  | { readonly bytes: Buffer; readonly end: number }
  | { readonly problem: "TooLarge" | "Undecided"; readonly end: number };

const ENOUGH = 3;

/** A gzip member (RFC 1952) that begins here, as far as it goes; null for what is none. */
export function gunzip(bytes: Buffer, at: number, budget: Budget): Unpacked | null {
  // Reserved flags must be zero; the compression method is deflate.
  if (bytes[at + 2] !== 8 || ((bytes[at + 3] ?? 0xff) & 0xe0) !== 0) return null;
  return unpack(bytes.subarray(at), budget, at + 18, gunzipSync);
}

/** One file of a zip archive, from its local header (APPNOTE 4.3.7): the central directory may be missing or lie. */
export function unzip(bytes: Buffer, at: number, budget: Budget): Unpacked | null {
  if (at + 30 > bytes.length) return null;
  const flags = bytes.readUInt16LE(at + 6);
  const method = bytes.readUInt16LE(at + 8);
  const packed = bytes.readUInt32LE(at + 18);
  const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  if (start >= bytes.length || bytes.readUInt16LE(at + 4) > 70) return null;
  if ((flags & 1) === 1 && (method <= 19 || (method >= 93 && method <= 99))) {
    return packed > 12 || (flags & 8) === 8 ? { problem: "Undecided", end: start } : null;
  }
  // Stored files lie in the archive as they are, and are read with it.
  if (method === 0) return null;
  if (method === 8) return unpack(bytes.subarray(start), budget, start, inflateRawSync);
  return [9, 12, 14, 93, 95, 98].includes(method) ? { problem: "Undecided", end: start } : null;
}

type Inflate = (bytes: Buffer, options: { finishFlush: number; maxOutputLength: number }) => Buffer;

function unpack(bytes: Buffer, budget: Budget, end: number, inflate: Inflate): Unpacked | null {
  try {
    const maxOutputLength = Math.max(1, budget.bytes);
    // What is cut short still gives what it has.
    const unpacked = inflate(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength });
    budget.bytes -= unpacked.length;
    return unpacked.length < ENOUGH ? null : { bytes: unpacked, end };
  } catch (error) {
    const tooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    return tooLarge ? { problem: "TooLarge", end } : null;
  }
}
