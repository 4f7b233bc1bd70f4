import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";

/** A symlink is not followed; a FIFO is not waited for. */
const AS_IT_IS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The bytes of a regular file in the repository (path from its top), or null when there is none. Nothing is read
 * through a symlink, which in a stranger's branch may lead anywhere, nor from a FIFO or device. Throws UserError with
 * the path for these, and for what may not be read.
 */
export function readRegularFile(root: string, path: string): Buffer | null {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(join(root, path), AS_IT_IS);
    const bytes = readAll(descriptor);
    // Of all that is no regular file only a FIFO can be read so far, and it comes out empty: look where it costs nothing.
    if (bytes.length === 0 && !fstatSync(descriptor).isFile()) throw irregular(path);
    return bytes;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : null;
    if (code === null) throw error;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (IRREGULAR.includes(code)) throw irregular(path);
    throw new UserError(
      `cannot read ${path}: ${code}`,
      "become the owner of the clone, then run the same command again",
    );
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The same as UTF-8 text: in one call for Node's own fast path, which costs two thirds, and with care where that fails. */
export function readRegularText(root: string, path: string): string | null {
  try {
    const text = readFileSync(join(root, path), { encoding: "utf8", flag: AS_IT_IS });
    if (text !== "") return text;
  } catch {
    // what is wrong is told below
  }
  return readRegularFile(root, path)?.toString("utf8") ?? null;
}

/** Most files here are smaller, and one read into memory that is there already costs half of what readFileSync does. */
const SCRATCH = Buffer.allocUnsafeSlow(16_384);

function readAll(descriptor: number): Buffer {
  const size = readSync(descriptor, SCRATCH, 0, SCRATCH.length, null);
  const start = Buffer.from(SCRATCH.subarray(0, size));
  return size < SCRATCH.length ? start : Buffer.concat([start, readFileSync(descriptor)]);
}

/** What open and read say of symlinks (EMLINK: FreeBSD), directories, FIFOs with a writer, sockets and devices. */
const IRREGULAR: readonly string[] = ["ELOOP", "EMLINK", "EISDIR", "EAGAIN", "ENXIO", "EOPNOTSUPP", "ENODEV"];

function irregular(path: string): UserError {
  return new UserError(
    `${path} is no regular file`,
    `look where it came from, then put the file itself there: git checkout HEAD -- ${shellWord(path)}`,
  );
}
