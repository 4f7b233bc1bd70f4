import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { now } from "../system/clock.ts";
import { isAlive, self } from "../system/holder.ts";
import { parseHolder } from "../system/lock.ts";
import { runProgram } from "../system/programs.ts";

/** What temporary directories of serve begin with, and the file in them that says whose they are. */
export const PREFIX = "gatehouse-serve-";
export const HOLDER = "holder.json";

/** The place of one serve: gone when it ends, however it ends. */
export interface Directory {
  readonly path: string;
  /** nginx's prefix (-p): logs, pid, sample content. */
  readonly prefix: string;
  /** Writes a file below the directory, with everything above it. 0600, or readable by everybody. */
  write(path: string, data: string | Uint8Array, readable?: boolean): void;
  /** Lets a path below the directory lead to a file elsewhere. */
  link(path: string, target: string): void;
  remove(path: string): void;
  /** The whole of it. */
  dispose(): void;
}

/** Memory that no disk sees, for what must not be in the clear on one. Linux only. */
const MEMORY = "/dev/shm";
const TMPFS_MAGIC = 0x01021994;

/** Whether there is a file system in memory here (tmpfs, statfs(2)). */
export function hasMemory(): boolean {
  try {
    return statfsSync(MEMORY).type === TMPFS_MAGIC;
  } catch {
    return false;
  }
}

/** The directories in which serve makes its own. */
export function bases(): string[] {
  return [...new Set([publicPlace(), ...(hasMemory() ? [MEMORY] : [])])];
}

/**
 * Makes the place: 0700. Started by root, nginx gives up root and reads sample content as somebody else; then others
 * may pass through, but see nothing: they cannot list, and everything but nginx's prefix is closed to them.
 */
export function makeDirectory(inMemory: boolean): Directory {
  const path = mkdtempSync(join(inMemory ? MEMORY : publicPlace(), PREFIX));
  const dispose = () => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  // For an end that nobody foresaw. A killed process leaves the directory to the guard and to the next serve.
  process.once("exit", dispose);
  writeFileSync(join(path, HOLDER), JSON.stringify(self("serve", now())), { mode: 0o600 });
  const prefix = join(path, "run");
  mkdirSync(join(path, "pki"), { mode: 0o700 });
  mkdirSync(prefix, { mode: 0o700 });
  for (const passed of isRoot() ? [path, prefix] : []) chmodSync(passed, 0o711);
  return {
    path,
    prefix,
    write: (file, data, readable = false) => write(join(path, file), data, readable),
    link: (file, target) => {
      mkdirSync(dirname(join(path, file)), { recursive: true, mode: 0o700 });
      symlinkSync(target, join(path, file));
    },
    remove: (file) => rmSync(join(path, file), { force: true }),
    dispose: () => {
      process.off("exit", dispose);
      dispose();
    },
  };
}

/** Modes are set, not left to the umask: a strict one would hide the sample content from nginx. */
function write(file: string, data: string | Uint8Array, readable: boolean): void {
  const made = mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  for (let at = dirname(file); readable && made !== undefined && at.length >= made.length; at = dirname(at)) {
    chmodSync(at, 0o755);
  }
  writeFileSync(file, data, { mode: readable ? 0o644 : 0o600 });
  if (readable) chmodSync(file, 0o644);
}

const isRoot = () => process.getuid?.() === 0;

/** TMPDIR, unless nginx's workers, who are not root, could not get into root's own. */
function publicPlace(): string {
  const own = tmpdir();
  return isRoot() && !isPassable(own) ? "/tmp" : own;
}

function isPassable(directory: string): boolean {
  const passable = ((statSync(directory, { throwIfNoEntry: false })?.mode ?? 0) & 0o001) !== 0;
  return passable && (dirname(directory) === directory || isPassable(dirname(directory)));
}

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
