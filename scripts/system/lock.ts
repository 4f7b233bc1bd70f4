import { createHash, randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Fields } from "../model/json-fields.ts";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { formatInstant } from "../model/time.ts";
import { now } from "./clock.ts";
import { type Holder, isAlive, self } from "./holder.ts";
import { told } from "./operation.ts";

/**
 * Runs `fn` while no other process does the same for this repository. The lock is a file under git's common
 * directory, so that linked worktrees share it. Throws UserError that names the holder when there is one; the
 * lock of a dead holder is taken over. `what` tells a person what is going on (`reconcile`).
 */
export async function withLock<T>(commonDirectory: string, what: string, fn: () => Promise<T>): Promise<T> {
  const directory = join(commonDirectory, "gatehouse");
  told("make", directory, () => mkdirSync(directory, { recursive: true }));
  const lock = join(directory, "lock");
  const release = acquire(lock, self(what, now()));
  try {
    return await fn();
  } finally {
    release();
  }
}

/** Takes the lock or throws; gives back what releases it. */
function acquire(lock: string, me: Holder): () => void {
  const text = `${JSON.stringify(me)}\n`;
  const draft = `${lock}.${process.pid}.${randomBytes(6).toString("hex")}.tmp`;
  told("write", lock, () => writeDraft(draft, text));
  try {
    while (!tryLink(draft, lock)) clearDead(lock, me);
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (read(lock) === text) rmSync(lock, { force: true });
  };
}

function writeDraft(draft: string, text: string): void {
  try {
    writeFileSync(draft, text, { flag: "wx" });
  } catch (error) {
    // On a full disk it is there, and empty.
    rmSync(draft, { force: true });
    throw error;
  }
}

/** A hard link appears whole and only when there is nothing yet, whatever the file system. */
function tryLink(draft: string, lock: string): boolean {
  try {
    linkSync(draft, lock);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "EEXIST") return false;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
    throw new UserError(`${lock} cannot be made: this file system has no hard links`, "move the clone to another disk");
  }
}

/**
 * Removes the lock of a dead holder, or throws because it lives. Two runs may find the same dead lock, and the
 * slower must not remove what the faster put there: so the right to remove this very content is a lock of its
 * own, named after it, and the content is read again once it is held.
 */
function clearDead(lock: string, me: Holder): void {
  const text = read(lock);
  if (text === null) return;
  const holder = parseHolder(text);
  if (holder !== null && isAlive(holder)) throw held(holder, lock);
  const release = acquire(`${lock}.${createHash("sha256").update(text).digest("hex").slice(0, 16)}`, me);
  try {
    if (read(lock) === text) rmSync(lock, { force: true });
  } finally {
    release();
  }
}

function read(lock: string): string | null {
  try {
    return readFileSync(lock, "utf8");
  } catch {
    return null;
  }
}

/** A lock that we did not write (it is linked whole, so it is never half written) counts as dead: null. */
export function parseHolder(text: string): Holder | null {
  try {
    const fields = Fields.parse(text, "the lock");
    const [what, host, boot] = [fields.text("what"), fields.text("host"), fields.text("boot")];
    const [space, started] = [fields.text("space"), fields.text("started")];
    return { what, host, boot, space, started, pid: fields.count("pid"), since: fields.count("since") };
  } catch {
    return null;
  }
}

function held(holder: Holder, lock: string): UserError {
  const since = formatInstant(holder.since);
  return new UserError(
    `another run holds this repository: ${holder.what}, process ${holder.pid} on ${holder.host}, since ${since}`,
    "wait until it has ended, then run the same command again",
    `if that machine or container is gone for good: rm ${shellWord(lock)}`,
  );
}
