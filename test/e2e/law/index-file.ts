import { createHash } from "node:crypto";
import { type BigIntStats, lstatSync } from "node:fs";
import { join } from "node:path";
import type { Files } from "./objects.ts";

const LOW = 0xffff_ffffn;
const NANOSECONDS = 1_000_000_000n;

/**
 * git's index of a tree that stands in a directory, version 2 (gitformat-index(5)), with what lstat says of each file:
 * so git takes them for unchanged without a look, and starts no filter.
 */
export function indexOf(files: Files, root: string): Buffer {
  const sorted = [...files].map(([path, entry]) => ({ path, name: Buffer.from(path), entry }));
  sorted.sort((a, b) => Buffer.compare(a.name, b.name));
  const header = Buffer.alloc(12);
  header.write("DIRC");
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(sorted.length, 8);
  const parts: Buffer[] = [header];
  for (const { path, name, entry } of sorted) {
    const item = Buffer.alloc((62 + name.length + 8) & ~7);
    writeStat(item, lstatSync(join(root, path), { bigint: true }));
    item.writeUInt32BE(Number.parseInt(entry.mode, 8), 24);
    item.write(entry.id, 40, "hex");
    item.writeUInt16BE(Math.min(name.length, 0xfff), 60);
    name.copy(item, 62);
    parts.push(item);
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([body, createHash("sha1").update(body).digest()]);
}

function writeStat(item: Buffer, { ctimeNs, mtimeNs, dev, ino, uid, gid, size }: BigIntStats): void {
  const times = [ctimeNs, mtimeNs].flatMap((at) => [at / NANOSECONDS, at % NANOSECONDS]);
  const fields = [...times, dev, ino, 0n, uid, gid, size];
  for (const [index, value] of fields.entries()) item.writeUInt32BE(Number(value & LOW), 4 * index);
}
