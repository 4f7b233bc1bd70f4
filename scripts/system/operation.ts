import { closeSync, fsyncSync, openSync } from "node:fs";
import { UserError } from "../model/problem.ts";

/** One file operation: counted for fault injection, and its failure told with the path. */
export function act(kind: string, path: string, work: () => void): void {
  told(kind, path, () => {
    operation(kind, path);
    work();
  });
}

/** The same without counting. */
export function told<T>(kind: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Error && "code" in error ? explained(kind, path, error.code) : error;
  }
}

const CAUSES: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ["the disk is full", "make room, then run the same command again: it goes on where it stopped"],
  EDQUOT: ["the disk quota is used up", "make room, then run the same command again: it goes on where it stopped"],
  EROFS: ["the file system is read-only", "mount it for writing, then run the same command again"],
  EACCES: ["permission denied", "become the owner of the clone, then run the same command again"],
  EPERM: ["permission denied", "become the owner of the clone, then run the same command again"],
  EIO: ["the disk failed", "check the disk; the commits of this repository are the copy to go on from"],
};

function explained(kind: string, path: string, code: unknown): UserError {
  const [cause, hint] = CAUSES[String(code)] ?? [String(code), "run the same command again"];
  return new UserError(`cannot ${kind} ${path}: ${cause}`, hint);
}

/** Makes one file, or a directory's list of names, durable. */
export function fsync(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Fault injection for tests: every file operation that changes something passes through here, in an order that
 * is the same on every run. GATEHOUSE_FAULT=N kills the process (SIGKILL) before the Nth, so that tests can
 * stop a run at every instant in turn instead of by sleeping. It does nothing else, and nothing when unset.
 */
export type Observer = (operation: string, path: string) => void;

let observer: Observer | null = null;
let count = 0;
const fatal = Number(process.env["GATEHOUSE_FAULT"] ?? Number.NaN);

/** A test's own observer; it may throw, as the disk would. Null takes it away. */
export function observeOperations(next: Observer | null): void {
  observer = next;
}

/** Called before a file operation. */
export function operation(name: string, path: string): void {
  count += 1;
  if (count === fatal) process.kill(process.pid, "SIGKILL");
  observer?.(name, path);
}
