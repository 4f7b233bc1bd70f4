import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { tool } from "./keys.ts";

/** A format that the guard names and does not open. */
interface Unopened {
  readonly name: string;
  readonly pack: (bytes: Buffer) => Buffer;
}

/** One stream, as libarchive's bsdtar writes it. */
const stream = (name: string, option: string): Unopened => {
  return { name, pack: (bytes) => bsdtar([option], "key", bytes) };
};

/** An archive of one file. */
function bsdtar(options: readonly string[], name: string, bytes: Buffer): Buffer {
  tool("sh", ["-c", 'cat > "$1"', "sh", name], bytes);
  return tool("bsdtar", ["-cf", "-", ...options, name]);
}

const u16 = (...values: readonly number[]): Buffer =>
  Buffer.from(values.flatMap((value) => [value & 0xff, value >> 8]));
const u32 = (...values: readonly number[]): Buffer =>
  Buffer.concat(values.map((value) => u16(value & 0xffff, value >>> 16)));
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

/** What no program of a plain system writes: the headers that its specification demands, and no matter what behind them. */
const made = (name: string, ...head: readonly Buffer[]): Unopened => {
  return { name, pack: (bytes) => Buffer.concat([...head, randomBytes(bytes.length)]) };
};

/** RAR 5.0: size, type 1 (the archive's header), flags; before them their checksum. */
const RAR5_HEADER = Buffer.from([3, 1, 0, 0]);
const SQUASHFS = [u32(2, 0, 131_072, 1), u16(6, 17, 0, 1, 4, 0), Buffer.alloc(64)];
const CABINET = [u32(0, 500, 0, 44, 0), Buffer.from([3, 1]), u16(1, 1, 0, 0, 0)];

/** One of every kind, each with bytes inside. */
export const UNOPENED: readonly Unopened[] = [
  stream("bzip2", "--bzip2"),
  stream("lz4", "--lz4"),
  stream("lzma", "--lzma"),
  stream("lzip", "--lzip"),
  stream("compress", "-Z"),
  stream("7z", "--format=7zip"),
  made("RAR", latin1("Rar!\x1a\x07\0"), u16(0x90cf), Buffer.from([0x73]), u16(0, 13), Buffer.alloc(6)),
  made("RAR", latin1("Rar!\x1a\x07\x01\0"), u32(crc32(RAR5_HEADER)), RAR5_HEADER),
  made("squashfs", latin1("hsqs"), ...SQUASHFS),
  made("cabinet", latin1("MSCF"), ...CABINET),
  made("lzop", latin1("\x89LZO\0\r\n\x1a\n"), Buffer.from("104020a0094003", "hex")),
];
