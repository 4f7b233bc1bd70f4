import { accessSync, constants, statfsSync } from "node:fs";

const MEMORY = "/dev/shm";
/** Bytes: what three workers never need. */
const ENOUGH = 4 * 1024 ** 3;
/** statfs(2): a file system in memory. */
const TMPFS = 0x01021994;

/**
 * Where tests write: in memory, where Linux has room for it, or wherever temporary files go. Every change of state is
 * flushed to its disk (fsync), which costs a test of reconcile a quarter of its time. TMPDIR decides where it is set.
 */
export function scratchSpace(usual: string): string {
  if ((process.env["TMPDIR"] ?? "") !== "") return usual;
  try {
    accessSync(MEMORY, constants.W_OK);
    const { type, bavail, bsize } = statfsSync(MEMORY);
    return type === TMPFS && bavail * bsize > ENOUGH ? MEMORY : usual;
  } catch {
    return usual;
  }
}
