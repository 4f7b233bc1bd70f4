import type { Instant } from "../model/time.ts";
import { compare } from "../model/words.ts";

export interface TarFile {
  /** Relative, with `/`. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly data: Uint8Array;
}

const BLOCK = 512;

/**
 * A ustar archive (POSIX.1-1988, as pax(1) of POSIX.1-2017 gives the format): sorted, everything of one time, owned by
 * 0:0 without names, so that the same files are the same bytes. Directories have entries of their own; one whose files
 * are all for their owner only is 0700, others are 0755.
 * @throws Error for a path that ustar cannot hold, or two files of one path
 */
export function tar(files: readonly TarFile[], time: Instant): Buffer {
  const sorted = files.toSorted((a, b) => compare(a.path, b.path));
  const blocks: Uint8Array[] = [];
  const known = new Set<string>();
  for (const { path, mode, data } of sorted) {
    for (const directory of parents(path)) {
      if (known.has(directory)) continue;
      known.add(directory);
      blocks.push(header({ path: directory, mode: modeOf(directory, sorted), size: 0, type: "5", time }));
    }
    if (known.has(path)) throw new Error(`twice in one archive: ${path}`);
    known.add(path);
    blocks.push(header({ path, mode, size: data.length, type: "0", time }), data, padding(data.length));
  }
  // Two blocks of zeros end an archive.
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/** `a/b/c` → `a/`, `a/b/` */
function parents(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join("/")}/`);
}

function modeOf(directory: string, files: readonly TarFile[]): number {
  const below = files.filter(({ path }) => path.startsWith(directory));
  return below.every(({ mode }) => (mode & 0o077) === 0) ? 0o700 : 0o755;
}

const padding = (size: number) => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly type: "0" | "5";
  readonly time: Instant;
}

function header({ path, mode, size, type, time }: Entry): Buffer {
  const block = Buffer.alloc(BLOCK);
  const { name, prefix } = split(path);
  block.write(name, 0, "utf8");
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(time, 11), 136);
  // The checksum counts its own field as spaces.
  block.write(" ".repeat(8), 148);
  block.write(type, 156);
  block.write("ustar\0" + "00", 257);
  block.write(octal(0, 7), 329);
  block.write(octal(0, 7), 337);
  block.write(prefix, 345, "utf8");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  const text = value.toString(8).padStart(digits, "0");
  if (text.length > digits) throw new Error(`too large for an archive: ${value}`);
  return text;
}

/** A name has 100 bytes; a longer one is parted at a slash, with up to 155 bytes before it. */
function split(path: string): { readonly name: string; readonly prefix: string } {
  if (path.startsWith("/") || path.split("/").includes("..")) throw new Error(`not a relative path: ${path}`);
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: "" };
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (name !== "" && Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { name, prefix };
  }
  throw new Error(`too long for an archive: ${path}`);
}
