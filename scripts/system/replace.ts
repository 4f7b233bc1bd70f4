import {
  closeSync,
  fchmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fsync, told } from "./operation.ts";

/*
 * Whole or not at all: what is new is made under another name beside its place, made durable, and renamed. Everything
 * that replaces a file goes through here; files of the repository go in batches (files.ts).
 */

/** The name that stands for a file until it is whole. */
export function draftOf(file: string): string {
  return join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
}

/** Whether a file name is that of a draft. */
export function isTemporary(name: string): boolean {
  return /^\..+\.\d+\.tmp$/.test(name);
}

/**
 * Replaces one file (an absolute path, in a directory of ours where no stranger puts links), durably; makes missing
 * directories. `mode`: whatever the umask; without, what that leaves of 0666. Throws UserError with the path.
 */
export function replaceFile(file: string, data: string | Uint8Array, mode?: number): void {
  replaceWith(file, (draft) => {
    writeNew(draft, data, mode);
    fsync(draft);
  });
}

/** The same for a link or a directory, which `make` makes at the path that it is given. */
export function replaceWith(file: string, make: (draft: string) => void): void {
  const draft = draftOf(file);
  told("write", file, () => {
    mkdirSync(dirname(file), { recursive: true });
    rmSync(draft, { recursive: true, force: true });
    for (const left of draftsLeft(file)) discard(left);
    try {
      make(draft);
      putInPlace(draft, file);
      fsync(dirname(file));
    } catch (error) {
      discard(draft);
      throw error;
    }
  });
}

/** Drafts of this file whose process is gone: there may be keys in them. */
function draftsLeft(file: string): string[] {
  const [before, after] = [`.${basename(file)}.`, ".tmp"];
  return readdirSync(dirname(file)).flatMap((name) => {
    const pid = name.startsWith(before) && name.endsWith(after) ? name.slice(before.length, -after.length) : "";
    return /^\d+$/.test(pid) && !isRunning(Number(pid)) ? [join(dirname(file), name)] : [];
  });
}

/** Whether a process of that number is there, be it whose it may. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** Writes a draft: with its mode from the first byte, and not into what a killed run of our process id left. */
export function writeDraft(draft: string, data: string | Uint8Array, mode?: number): void {
  rmSync(draft, { force: true });
  writeNew(draft, data, mode);
}

/** Writes a file that is not there yet, or leaves none; the error where there is one has the code EEXIST. */
export function writeNew(file: string, data: string | Uint8Array, mode?: number): void {
  const descriptor = openSync(file, "wx", mode);
  try {
    if (mode !== undefined) fchmodSync(descriptor, mode);
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  } catch (error) {
    discard(file);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** git keeps no empty directories, and knows nothing of one that has a file's place. */
export function putInPlace(draft: string, place: string): void {
  try {
    renameSync(draft, place);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EISDIR")) throw error;
    rmdirSync(place);
    renameSync(draft, place);
  }
}

/** Where it fails too, what went wrong first is what a person must read; the next run tidies up. */
export function discard(draft: string): void {
  try {
    rmSync(draft, { recursive: true, force: true });
  } catch {
    // see above
  }
}
