import {
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  openSync,
  readdirSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join, posix } from "node:path";
import { isPrivate } from "../model/layout.ts";
import { Directories } from "./directories.ts";
import { act, fsync, operation } from "./operation.ts";
import { findProgram, runProgram } from "./programs.ts";
import { discard, draftOf, isTemporary, putInPlace, writeDraft } from "./replace.ts";

export interface FileToWrite {
  /** From the top of the repository, with `/`. */
  readonly path: string;
  readonly data: string | Uint8Array;
  /** Permission bits from the first byte on; by default 0600 under pki/private and what umask leaves of 0666 elsewhere. */
  readonly mode?: number;
}

/** From how many files on one flush of the whole file system costs less than one fsync each (0.3 ms). */
const FLUSH_ALL = 64;

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
    for (const file of files) drafts.push({ draft: writeFileDraft(directories, file), path: file.path });
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

/** Under its temporary name, which it returns. */
function writeFileDraft(directories: Directories, file: FileToWrite): string {
  const directory = posix.dirname(checked(file.path));
  directories.make(directory);
  const draft = draftOf(join(directories.root, file.path));
  const mode = file.mode ?? (isPrivate(directory) ? 0o600 : undefined);
  act("write", file.path, () => writeDraft(draft, file.data, mode));
  return draft;
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

export interface Overwrite {
  /** From the top of the repository. */
  readonly path: string;
  readonly data: Uint8Array;
  /** Permission bits, set before the first byte is written. */
  readonly mode: number;
}

/**
 * Writes new contents into files that are there, in place: twenty times as fast as writing others and renaming them,
 * but after a kill one file may have the beginning of the new and the rest of the old. Only for contents that can be
 * made again. Never through a symlink. Throws UserError with the path when the disk is full and the like.
 */
export function overwriteFiles(root: string, files: Iterable<Overwrite>): void {
  const directories = new Directories(root);
  for (const { path, data, mode } of files) {
    directories.exists(posix.dirname(path));
    act("write", path, () => overwrite(join(root, path), data, mode));
  }
}

function overwrite(file: string, data: Uint8Array, mode: number): void {
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    fchmodSync(descriptor, mode);
    for (let at = 0; at < data.length; ) at += writeSync(descriptor, data, at, data.length - at, at);
    ftruncateSync(descriptor, data.length);
  } finally {
    closeSync(descriptor);
  }
}
