import { lstatSync } from "node:fs";
import { join } from "node:path";
import { gitDirectory } from "../system/checkout.ts";
import { now } from "../system/clock.ts";
import { tidyTemporaries, writeFiles } from "../system/files.ts";
import { readRegularFile } from "../system/read-file.ts";
import { type CacheEntry, decodeCache, encodeCache } from "./stat-cache-file.ts";

/** A directory of its own under git's, so that nobody else's temporary files lie in it. */
const DIRECTORY = "gatehouse/read";
const FILE = `${DIRECTORY}/state`;

/**
 * How many seconds older than this run a file must be. File systems keep time in steps of up to two seconds (FAT): a
 * file younger than that may change once more and look the same, which git calls racily clean.
 */
const SETTLED = 3;

/** With fewer files to remember nothing is written: reading them takes some 20 ms. */
const WORTH_WRITING = 500;

interface Seen {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
  readonly changed: number;
  readonly inode: number;
}

/**
 * What reading files gave the last time, so that an unchanged file costs one lstat and no reading, the way git's own
 * index does it. Unchanged is a regular file with the same size, mtime, ctime (which nobody can set) and inode.
 * Whatever is odd about the cache itself, it counts as empty. Of keys it holds digests, never their bytes.
 */
export class StatCache {
  readonly #root: string;
  /** git's directory of this worktree; null where there is none. */
  readonly #directory: string | null;
  readonly #settled: number;
  readonly #known: readonly CacheEntry[];
  /** What stands where in #known: made when files are not asked for in the order of the last time. */
  #places: Map<string, number> | null = null;
  #next = 0;
  /** CI throws its clones away: looking at files and writing would be for nobody. */
  readonly #idle: boolean;
  #seen: Seen | null = null;
  /** What is known now, in the order of asking. */
  readonly #entries: CacheEntry[] = [];
  #fresh = 0;

  /** Where `root` is not the top of a git checkout nothing is known, nor written. */
  constructor(root: string) {
    this.#root = root;
    this.#directory = directoryOf(root);
    this.#settled = (now() - SETTLED) * 1000;
    this.#known = this.#directory === null ? [] : readKnown(this.#directory);
    this.#idle = this.#known.length === 0 && (this.#directory === null || (process.env["CI"] ?? "") !== "");
  }

  /** What was noted about this file, if it is still the same; null when it must be read. */
  recall(path: string): unknown {
    if (this.#idle) return null;
    const seen = statOf(this.#root, path);
    this.#seen = seen;
    const entry = this.#find(path);
    if (seen === null || entry === undefined || !isSame(entry, seen)) return null;
    this.#entries.push(entry);
    return entry[5];
  }

  #find(path: string): CacheEntry | undefined {
    if (this.#known[this.#next]?.[0] !== path) {
      this.#places ??= new Map(this.#known.map(([known], index) => [known, index]));
      const place = this.#places.get(path);
      if (place === undefined) return undefined;
      this.#next = place;
    }
    this.#next += 1;
    return this.#known[this.#next - 1];
  }

  /** What reading gave, after recall looked at the same file; undefined: nothing. */
  note(path: string, packed: unknown): void {
    const seen = this.#seen;
    // What recall gave was not believed.
    if (this.#entries.at(-1)?.[0] === path) this.#entries.pop();
    if (packed === undefined || seen === null || seen.path !== path) return;
    if (Math.max(seen.modified, seen.changed) >= this.#settled || seen.changed <= 0) return;
    this.#entries.push([path, seen.size, seen.modified, seen.changed, seen.inode, packed]);
    this.#fresh += 1;
  }

  /** Writes the cache where enough is new in it. Never fails: a cache that cannot be written is none. */
  async save(): Promise<void> {
    if (this.#directory === null || this.#fresh < Math.max(WORTH_WRITING, this.#entries.length / 10)) return;
    try {
      await tidyTemporaries(this.#directory, [DIRECTORY]);
      const data = encodeCache({ written: now(), entries: this.#entries });
      await writeFiles(this.#directory, [{ path: FILE, data, mode: 0o600 }]);
    } catch {
      // Another run has tidied it away, the disk is full, the clone is somebody else's or read-only.
    }
  }
}

function directoryOf(root: string): string | null {
  try {
    return gitDirectory(root);
  } catch {
    return null;
  }
}

/** Null for what is no regular file, or cannot be looked at: whoever reads it says why. */
function statOf(root: string, path: string): Seen | null {
  try {
    const found = lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
    if (!found?.isFile()) return null;
    return { path, size: found.size, modified: found.mtimeMs, changed: found.ctimeMs, inode: found.ino };
  } catch {
    return null;
  }
}

function isSame(entry: CacheEntry, { size, modified, changed, inode }: Seen): boolean {
  return size === entry[1] && modified === entry[2] && changed === entry[3] && inode === entry[4];
}

/**
 * Empty when the cache is not there, is not ours, is damaged, or lies on a file system whose clock is behind: there
 * SETTLED says nothing.
 */
function readKnown(directory: string): readonly CacheEntry[] {
  try {
    const found = lstatSync(join(directory, FILE), { throwIfNoEntry: false });
    const bytes = found?.uid === process.geteuid?.() ? readRegularFile(directory, FILE) : null;
    if (found === undefined || bytes === null) return [];
    const { written, entries } = decodeCache(bytes);
    return found.mtimeMs >= (written - 1) * 1000 ? entries : [];
  } catch {
    return [];
  }
}
