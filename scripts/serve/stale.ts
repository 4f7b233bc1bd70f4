import { lstatSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { now } from "../system/clock.ts";
import { isAlive } from "../system/holder.ts";
import { parseHolder } from "../system/lock.ts";
import { runProgram } from "../system/programs.ts";
import { HOLDER, PREFIX } from "./directory.ts";

/** A directory without a holder is just being made, unless it is older than this. Seconds. */
const YOUNG = 60;

/** Removes what killed serves of this user left in these directories, and their nginx. Returns the paths removed. */
export async function tidyStale(bases: readonly string[]): Promise<string[]> {
  const stale = bases.flatMap((base) => names(base).map((name) => join(base, name))).filter(isStale);
  for (const directory of stale) {
    await endOrphan(directory);
    rmSync(directory, { recursive: true, force: true });
  }
  return stale;
}

function names(base: string): string[] {
  try {
    return readdirSync(base).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}

/** Only a directory of our own counts: in a place for everybody anybody may make one with this name. */
function isStale(directory: string): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (!found?.isDirectory() || found.uid !== process.getuid?.()) return false;
  const text = readIfThere(join(directory, HOLDER));
  const holder = text === null ? null : parseHolder(text);
  return holder === null ? now() - found.mtimeMs / 1000 > YOUNG : !isAlive(holder);
}

/** Ends the nginx of that directory. A process id is given out again, so its command line must name the directory. */
async function endOrphan(directory: string): Promise<void> {
  const pid = Number(readIfThere(join(directory, "run", "nginx.pid")) ?? Number.NaN);
  if (!Number.isSafeInteger(pid) || pid < 2) return;
  if (!(await commandLine(pid)).includes(`${directory}/`)) return;
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It ended meanwhile.
  }
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === "linux") return readIfThere(`/proc/${pid}/cmdline`) ?? "";
  return (await runProgram("ps", ["-ww", "-o", "args=", "-p", String(pid)])).stdout;
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
