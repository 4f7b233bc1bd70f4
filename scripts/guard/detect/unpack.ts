import { brotliDecompressSync, constants, inflateRawSync, zstdDecompressSync } from "node:zlib";
import { OutOfWork, type Work } from "./work.ts";

/** What a blob may unpack to altogether, so that a small file cannot fill the memory. */
export interface Budget {
  bytes: number;
}

export type Unpacked =
  | { readonly bytes: Buffer; readonly end: number }
  /** `most`: bytes that it may unpack to. */
  | { readonly problem: "TooLarge"; readonly most: number; readonly end: number }
  | { readonly problem: "Undecided"; readonly end: number };

interface Options {
  readonly finishFlush: number;
  readonly maxOutputLength: number;
  readonly info: true;
}

/** A decompressor of node:zlib, and the flush with which what is cut short still gives what it has. */
interface Decompressor {
  /** With `info`, what it gives back; the types of Node do not tell. */
  readonly run: (bytes: Buffer, options: Options) => unknown;
  readonly finishFlush: number;
  /** Beginning with it: some 30 microseconds; a quarter of a millisecond for what sets out with large tables. */
  readonly beginning: number;
  /** For each byte that goes in: frames of nothing are as long as their headers. */
  readonly input: number;
}

export const INFLATE: Decompressor = {
  run: inflateRawSync,
  finishFlush: constants.Z_SYNC_FLUSH,
  beginning: 10_000,
  input: 3,
};
export const ZSTD: Decompressor = {
  run: zstdDecompressSync,
  finishFlush: constants.ZSTD_e_flush,
  beginning: 80_000,
  input: 25,
};
export const BROTLI: Decompressor = {
  run: brotliDecompressSync,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
  beginning: 80_000,
  input: 10,
};

/** Being told that it is none takes 100 microseconds. */
const FAILING = 30_000;
/** What each byte that comes out will cost at least. */
const LOOKING = 5;
const ENOUGH = 3;
/** What is so long is a stream, though nothing comes out. */
const PASSED = 64;
/**
 * A decompressor that fails does not tell how much it did before. So it is given little first, in bytes that go in and
 * that come out, and each time so many times more.
 */
const FIRST = 16 * 1024;
const MORE = 8;

/** What a stream unpacks to, as far as it goes; null for what is none. */
export function unpack(bytes: Buffer, start: number, by: Decompressor, budget: Budget, work: Work): Unpacked | null {
  const answer = steps(bytes, start, by, budget, work);
  return "damagedWithin" in answer ? null : answer.unpacked;
}

/** The same for what its header shows to be a stream: what comes before damage is all there is. */
export function salvage(bytes: Buffer, start: number, by: Decompressor, budget: Budget, work: Work): Unpacked | null {
  const answer = steps(bytes, start, by, budget, work);
  if (!("damagedWithin" in answer)) return answer.unpacked;
  // How much comes out before the damage, so that looking for its place costs no more than it must.
  let most = Math.min(FIRST, answer.damagedWithin);
  while (attempt(bytes.subarray(start, start + answer.damagedWithin), most, by, work) === "large") most *= 2;
  let [good, bad, best] = [0, Math.min(answer.damagedWithin, bytes.length - start), null as Attempt | null];
  while (bad - good > PRECISION) {
    const length = (good + bad) >> 1;
    const tried = attempt(bytes.subarray(start, start + length), most, by, work);
    if (typeof tried === "string") bad = length;
    else [good, best] = [length, tried];
  }
  return best && given(best, start, budget);
}

/** Bytes before the damage that may be lost. */
const PRECISION = 16;

type Steps = { readonly unpacked: Unpacked | null } | { readonly damagedWithin: number };

function steps(bytes: Buffer, start: number, by: Decompressor, budget: Budget, work: Work): Steps {
  const limit = Math.max(1, Math.min(budget.bytes, Math.floor(work.left / LOOKING)));
  for (let size = FIRST; start < bytes.length; size *= MORE) {
    const most = Math.min(size, limit);
    const input = bytes.subarray(start, start + size);
    const tried = attempt(input, most, by, work);
    if (tried === "damaged") return { damagedWithin: size };
    if (tried === "large" && most === limit) return { unpacked: tooLarge(limit, start, budget) };
    if (tried === "large" || (tried.used === input.length && start + size < bytes.length)) continue;
    return { unpacked: given(tried, start, budget) };
  }
  return { unpacked: null };
}

interface Attempt {
  readonly buffer: Buffer;
  readonly used: number;
}

function attempt(input: Buffer, most: number, by: Decompressor, work: Work): Attempt | "large" | "damaged" {
  work.charge(by.beginning);
  try {
    const answer = by.run(input, { finishFlush: by.finishFlush, maxOutputLength: most, info: true });
    const { buffer, engine } = answer as { buffer: Buffer; engine: { bytesWritten: number } };
    work.charge(buffer.length + by.input * engine.bytesWritten);
    return { buffer, used: engine.bytesWritten };
  } catch (error) {
    if (error instanceof OutOfWork) throw error;
    work.charge(FAILING + most + by.input * input.length);
    return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? "large" : "damaged";
  }
}

function tooLarge(most: number, start: number, budget: Budget): Unpacked {
  budget.bytes = 0;
  return { problem: "TooLarge", most, end: start };
}

function given({ buffer, used }: Attempt, start: number, budget: Budget): Unpacked | null {
  budget.bytes -= buffer.length;
  return buffer.length < ENOUGH && used < PASSED ? null : { bytes: buffer, end: start + used };
}
