import { createRequire } from "node:module";
import { crc32 } from "node:zlib";
import type { Budget } from "./unpack.ts";
import type { Work } from "./work.ts";

const MAGIC = Buffer.from("fd377a585a00", "hex");
/** An instance of the decompressor takes some milliseconds to make. */
const BEGINNING = 2_000_000;
/** Each byte that comes out, and what will be done with it at least. */
const UNPACKING = 8;

/** Whether an .xz stream's header (its format, 2.1.1) stands here, its checksum included. */
export function isXz(bytes: Buffer, at: number): boolean {
  if (at + 12 > bytes.length || bytes.compare(MAGIC, 0, MAGIC.length, at, at + MAGIC.length) !== 0) return false;
  return crc32(bytes.subarray(at + 6, at + 8)) === bytes.readUInt32LE(at + 8);
}

const FOOTER = Buffer.from("YZ");

/** Past the stream that begins here: behind its footer (2.1.2), whose checksum and flags are right; null without one. */
export function endOfXz(bytes: Buffer, at: number): number | null {
  for (let found = bytes.indexOf(FOOTER, at + 12); found >= 0; found = bytes.indexOf(FOOTER, found + 1)) {
    const isRight = bytes.readUInt16BE(found - 2) === bytes.readUInt16BE(at + 6);
    if (isRight && crc32(bytes.subarray(found - 6, found)) === bytes.readUInt32LE(found - 10)) return found + 2;
  }
  return null;
}

/** What a stream unpacks to, as far as it goes; `complete` is false where it was too large, or damaged. */
export async function unxz(
  bytes: Buffer,
  budget: Budget,
  work: Work,
): Promise<{ readonly bytes: Buffer; readonly problem: "TooLarge" | "damaged" | null }> {
  work.charge(BEGINNING);
  // A CommonJS module whose exports Node does not see from outside.
  const { XzReadableStream } = createRequire(import.meta.url)("xz-decompress") as typeof import("xz-decompress");
  const most = Math.min(budget.bytes, Math.floor(work.left / UNPACKING));
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = new XzReadableStream(new Blob([new Uint8Array(bytes)]).stream()).getReader();
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      chunks.push(chunk.value);
      size += chunk.value.length;
      if (size > most) return { bytes: Buffer.concat(chunks), problem: "TooLarge" };
    }
    return { bytes: Buffer.concat(chunks), problem: null };
  } catch {
    return { bytes: Buffer.concat(chunks), problem: "damaged" };
  } finally {
    // It goes first: one decompressor works at a time, and the next would wait for this one.
    await reader.cancel().catch(() => undefined);
    budget.bytes -= size;
    work.charge(UNPACKING * size);
  }
}
