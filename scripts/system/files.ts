import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, join, posix } from "node:path";
import { DIR } from "../model/paths.ts";
import { UserError } from "../model/problem.ts";
import { operation } from "./fault.ts";
import { findProgram, runProgram } from "./programs.ts";

export interface FileToWrite {
  /** From the top of the repository, with `/`. */
  readonly path: string;
  readonly data: string | Uint8Array;
  /** Permission bits from the first byte on; by default 0600 under pki/private and what umask leaves of 0666 elsewhere. */
  readonly mode?: number;
}

/** From how many files on one flush of the whole file system costs less than one fsync each (0.3 ms). */
const FLUSH_ALL = 64;

const TEMPORARY = /^\..+\.\d+\.tmp$/;

/** Whether a file name is one that writeFiles uses before a file is whole. */
export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

/**
 * Writes files so that after a kill or power loss each is either whole or as it was before; the batch is not
 * atomic as a whole, and nothing has its final name before all of it is on disk. Missing directories are made.
 * Never writes through a symlink: in a stranger's branch it may lead out of the repository. Throws UserError
 * with the path when the disk is full, read-only and the like; then no temporary file stays behind.
 */
export async function writeFiles(root: string, files: Iterable<FileToWrite>): Promise<void> {
  const directories = new Directories(root);
  const drafts: { draft: string; path: string }[] = [];
  try {
    for (const file of files) drafts.push({ draft: writeDraft(directories, file), path: file.path });
    if (drafts.length === 0) return;
    await flush(
      root,
      drafts.map(({ draft }) => draft),
    );
    for (const { draft, path } of drafts) act("rename", path, () => renameSync(draft, join(root, path)));
    directories.flush(drafts.map(({ path }) => posix.dirname(path)));
  } catch (error) {
    for (const { draft } of drafts) rmSync(draft, { force: true });
    throw error;
  }
}

/** Removes files (not directories), durably; absent ones are fine. Never removes through a symlinked directory. */
export async function removeFiles(root: string, paths: Iterable<string>): Promise<void> {
  const directories = new Directories(root);
  const changed: string[] = [];
  for (const path of paths) {
    if (!directories.exists(posix.dirname(checked(path)))) continue;
    act("remove", path, () => rmSync(join(root, path), { force: true }));
    changed.push(posix.dirname(path));
  }
  directories.flush(changed);
}

/**
 * Removes what killed runs left: temporary files directly in the given directories (paths from the top).
 * Only while holding the lock, or another run loses its own. Returns the paths removed.
 */
export async function tidyTemporaries(root: string, directories: Iterable<string>): Promise<string[]> {
  const known = new Directories(root);
  const found: string[] = [];
  for (const directory of directories) {
    if (!known.exists(directory)) continue;
    const names = readdirSync(join(root, directory)).filter(isTemporary);
    found.push(...names.map((name) => posix.join(directory, name)));
  }
  await removeFiles(root, found);
  return found;
}

/** Opens with O_EXCL and the final mode, writes, closes; returns the temporary name. */
function writeDraft(directories: Directories, file: FileToWrite): string {
  const directory = posix.dirname(checked(file.path));
  directories.make(directory);
  const draft = join(directories.root, directory, `.${basename(file.path)}.${process.pid}.tmp`);
  const mode = file.mode ?? (isPrivate(directory) ? 0o600 : 0o666);
  act("write", file.path, () => {
    const descriptor = openNew(draft, mode);
    try {
      writeAll(descriptor, typeof file.data === "string" ? Buffer.from(file.data) : file.data);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
  });
  return draft;
}

/** A killed run may have had our process id and left this very name; O_EXCL sees to it that the file is ours. */
function openNew(draft: string, mode: number): number {
  try {
    return openSync(draft, "wx", mode);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    rmSync(draft, { force: true });
    return openSync(draft, "wx", mode);
  }
}

function writeAll(descriptor: number, data: Uint8Array): void {
  for (let at = 0; at < data.length; ) at += writeSync(descriptor, data, at);
}

/** Makes written files durable: `sync -f` is syncfs(2), `sync` flushes everything (macOS, FreeBSD). */
async function flush(root: string, drafts: readonly string[]): Promise<void> {
  operation("flush", root);
  if (drafts.length >= FLUSH_ALL && findProgram("sync") !== null) {
    const { exitCode } = await runProgram("sync", process.platform === "linux" ? ["-f", root] : []);
    if (exitCode === 0) return;
  }
  for (const draft of drafts) act("flush", draft, () => fsync(draft));
}

function fsync(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The directories of one batch: checked for symlinks, and made, once each. */
class Directories {
  readonly root: string;
  readonly #known = new Set<string>(["."]);

  constructor(root: string) {
    this.root = root;
  }

  /** Whether it is there. Throws UserError when a symlink or a file stands in the way. */
  exists(directory: string): boolean {
    if (this.#known.has(directory)) return true;
    if (!this.exists(posix.dirname(directory))) return false;
    const found = lstatSync(join(this.root, directory), { throwIfNoEntry: false });
    if (!found) return false;
    if (!found.isDirectory()) {
      const kind = found.isSymbolicLink() ? "a symlink" : "a file";
      throw new UserError(
        `${directory} is ${kind} where a directory belongs`,
        `look where it came from, then: rm ${directory}`,
      );
    }
    this.#known.add(directory);
    return true;
  }

  make(directory: string): void {
    if (this.exists(directory)) return;
    const parent = posix.dirname(directory);
    this.make(parent);
    const mode = isPrivate(directory) ? 0o700 : 0o777;
    act("mkdir", directory, () => mkdirSync(join(this.root, directory), { mode }));
    this.flush([parent]);
    this.#known.add(directory);
  }

  flush(directories: Iterable<string>): void {
    for (const directory of new Set(directories)) act("flush", directory, () => fsync(join(this.root, directory)));
  }
}

function isPrivate(directory: string): boolean {
  return directory === DIR.private || directory.startsWith(`${DIR.private}/`);
}

/** Paths come from our own rules; anything else here is a bug, and must not reach outside the repository. */
function checked(path: string): string {
  if (path === "" || posix.isAbsolute(path) || posix.normalize(path) !== path || path.startsWith("..")) {
    throw new Error(`not a path inside the repository: ${JSON.stringify(path)}`);
  }
  return path;
}

/** One file operation: counted for fault injection, and its failure told with the path. */
function act(kind: string, path: string, work: () => void): void {
  operation(kind, path);
  try {
    work();
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
