import { closeSync, openSync, readdirSync, renameSync, rmdirSync, rmSync, writeSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { isPrivate } from "../model/layout.ts";
import { Directories } from "./directories.ts";
import { operation } from "./fault.ts";
import { act, fsync } from "./operation.ts";
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
    for (const { draft, path } of drafts) act("rename", path, () => putInPlace(draft, join(root, path)));
    directories.flush(drafts.map(({ path }) => posix.dirname(path)));
  } catch (error) {
    for (const { draft } of drafts) discard(draft);
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

/** Removes directories that are empty, in the order given (paths from the top). Throws UserError where one is not. */
export async function removeDirectories(root: string, paths: Iterable<string>): Promise<void> {
  const directories = new Directories(root);
  const changed: string[] = [];
  for (const path of paths) {
    act("remove", path, () => rmdirSync(join(root, checked(path))));
    changed.push(posix.dirname(path));
  }
  directories.flush(changed.filter((path) => directories.exists(path)));
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
      discard(draft);
      throw error;
    } finally {
      closeSync(descriptor);
    }
  });
  return draft;
}

/** git keeps no empty directories, and knows nothing of one that has a file's place. */
function putInPlace(draft: string, place: string): void {
  try {
    renameSync(draft, place);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EISDIR")) throw error;
    rmdirSync(place);
    renameSync(draft, place);
  }
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

/** Where it fails too, what went wrong first is what a person must read; the next run tidies up. */
function discard(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // see above
  }
}

/** Makes written files durable: `sync -f` is syncfs(2), `sync` flushes everything (macOS, FreeBSD). */
async function flush(root: string, drafts: readonly string[]): Promise<void> {
  if (drafts.length >= FLUSH_ALL && findProgram("sync") !== null) {
    operation("flush", root);
    const { exitCode } = await runProgram("sync", process.platform === "linux" ? ["-f", root] : []);
    if (exitCode === 0) return;
  }
  for (const draft of drafts) act("flush", draft, () => fsync(draft));
}

/** Paths come from our own rules; anything else here is a bug, and must not reach outside the repository. */
function checked(path: string): string {
  if (path === "" || posix.isAbsolute(path) || posix.normalize(path) !== path || path.startsWith("..")) {
    throw new Error(`not a path inside the repository: ${JSON.stringify(path)}`);
  }
  return path;
}
