import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import { now } from "../system/clock.ts";
import { isAlive } from "../system/holder.ts";
import { ifThere } from "../system/if-there.ts";
import { parseHolder, withLock } from "../system/lock.ts";
import { replaceFile } from "../system/replace.ts";
import { placesIn } from "./places.ts";

/*
 * Who wants a run leaves a file in queue/, then sees to it that somebody works. A worker that holds the lock runs as
 * long as there are any, answers those that were there when its run began, and looks again once it has let go of the
 * lock. So no request is lost: a file outlives a killed worker, and whoever finds the lock held has left theirs before
 * the holder looks again.
 */

/** Asks for a run that begins after this call; gives back the name under which it is answered. */
export function ask(bare: string): string {
  const { queue } = placesIn(bare);
  mkdirSync(queue, { recursive: true });
  const id = `${process.pid}-${randomBytes(8).toString("hex")}`;
  writeFileSync(join(queue, id), "", { flag: "wx" });
  return id;
}

/** Requests that nobody has answered. */
export function pending(bare: string): string[] {
  return list(placesIn(bare).queue);
}

/** Answers requests: `code` is the exit code of the run that they share. The answer is there before the request goes. */
export function answer(bare: string, ids: readonly string[], code: number): void {
  const { queue, answers } = placesIn(bare);
  for (const id of ids) {
    const file = join(answers, id);
    replaceFile(file, String(code));
    rmSync(join(queue, id), { force: true });
  }
  forgetOld(answers);
}

/** The exit code that a request was answered with, once; null while there is none. */
export function answerTo(bare: string, id: string): number | null {
  const file = join(placesIn(bare).answers, id);
  const text = ifThere(file, () => readFileSync(file, "utf8"));
  if (text === null) return null;
  rmSync(file, { force: true });
  return Number(text);
}

const DAY = 86_400;

/** Answers that nobody waited for. */
function forgetOld(answers: string): void {
  for (const name of list(answers)) {
    const file = join(answers, name);
    const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (written !== undefined && now() - written / 1000 > DAY) rmSync(file, { force: true });
  }
}

function list(directory: string): string[] {
  return (ifThere(directory, () => readdirSync(directory)) ?? []).sort();
}

/** Whether a worker is at work. */
export function isHeld(bare: string): boolean {
  try {
    const holder = parseHolder(readFileSync(join(placesIn(bare).home, "lock"), "utf8"));
    return holder !== null && isAlive(holder);
  } catch {
    return false;
  }
}

/** Runs `fn` under the repository's lock; false, at once, where another worker holds it. */
export async function tryWork(bare: string, fn: () => Promise<void>): Promise<boolean> {
  let begun = false;
  try {
    await withLock(bare, "carrying main out", async () => {
      begun = true;
      await fn();
    });
    return true;
  } catch (error) {
    if (begun || !(error instanceof UserError)) throw error;
    return false;
  }
}
