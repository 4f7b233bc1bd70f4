import { crc32 } from "node:zlib";

/**
 * Formats that hide what is in them and that nothing here opens. A magic number alone also stands in programs that read
 * such a format: what follows must be right too.
 */
const FORMATS: readonly (readonly [name: string, magic: Buffer, isRight: (bytes: Buffer, at: number) => boolean])[] = [
  // A block's header is the number pi, the end of an empty file that of its root.
  ["bzip2", Buffer.from("BZh"), (bytes, at) => isLevel(bytes[at + 3]) && isOneOf(bytes, at + 4, PI, ROOT)],
  ["7z", Buffer.from("377abcaf271c", "hex"), (bytes, at) => crcAt(bytes, at + 8) === crcOf(bytes, at + 12, 20)],
  ["RAR", Buffer.from("526172211a0700", "hex"), (bytes, at) => bytes[at + 9] === 0x73 && bytes[at + 12] === 13],
  ["RAR", Buffer.from("526172211a070100", "hex"), isRar5],
  ["lz4", Buffer.from("04224d18", "hex"), isLz4],
  ["squashfs", Buffer.from("hsqs"), (bytes, at) => has(bytes, at, 40) && bytes.readUInt32LE(at + 28) === 4],
  [
    "lzip",
    Buffer.from("LZIP\x01", "latin1"),
    (bytes, at) => (bytes[at + 5] ?? 0) >= 0x0c && (bytes[at + 6] ?? 1) === 0,
  ],
  ["cabinet", Buffer.from("MSCF\0\0\0\0", "latin1"), (bytes, at) => has(bytes, at, 26) && bytes[at + 25] === 1],
  ["lzop", Buffer.from("894c5a4f000d0a1a0a", "hex"), isLzop],
  ["lzma", Buffer.from("5d0000", "hex"), isLzma],
  ["compress", Buffer.from("1f9d", "hex"), (bytes, at) => isFile(bytes, at) && ((bytes[at + 2] ?? 0) & 0xe0) === 0x80],
];

const PI = Buffer.from("314159265359", "hex");
const ROOT = Buffer.from("177245385090", "hex");

/** The format of a packed file that begins here; null for none. */
export function unopenedAt(bytes: Buffer, at: number): string | null {
  for (const [name, magic, isRight] of FORMATS) {
    if (bytes[at] === magic[0] && isAt(bytes, at, magic) && isRight(bytes, at)) return name;
  }
  return null;
}

function isAt(bytes: Buffer, at: number, wanted: Buffer): boolean {
  return (
    at >= 0 && has(bytes, at, wanted.length) && bytes.compare(wanted, 0, wanted.length, at, at + wanted.length) === 0
  );
}

function isOneOf(bytes: Buffer, at: number, ...wanted: readonly Buffer[]): boolean {
  return wanted.some((one) => isAt(bytes, at, one));
}

function has(bytes: Buffer, at: number, length: number): boolean {
  return at + length <= bytes.length;
}

function isLevel(byte = 0): boolean {
  return byte >= 0x31 && byte <= 0x39;
}

function crcAt(bytes: Buffer, at: number): number | null {
  return has(bytes, at, 4) ? bytes.readUInt32LE(at) : null;
}

function crcOf(bytes: Buffer, at: number, length: number): number {
  return crc32(bytes.subarray(at, at + length));
}

/** A header's checksum over its size, one byte here, and what follows; its type is the archive's, or an encryption's. */
function isRar5(bytes: Buffer, at: number): boolean {
  const size = bytes[at + 12] ?? 0x80;
  return size < 0x80 && crcAt(bytes, at + 8) === crcOf(bytes, at + 12, size + 1);
}

/** Version 1, no reserved bits, a size of blocks that exists. */
function isLz4(bytes: Buffer, at: number): boolean {
  const [flags = 0, block = 0] = [bytes[at + 4], bytes[at + 5]];
  return (flags & 0xc2) === 0x40 && (block & 0x8f) === 0 && block >> 4 >= 4 && has(bytes, at, 15);
}

/** Versions of the program that wrote it, of its library, of what reads it; a method. */
function isLzop(bytes: Buffer, at: number): boolean {
  const [version = 0, method = 0] = [bytes[at + 9], bytes[at + 15]];
  return version >= 9 && version < 0x20 && method >= 1 && method <= 3;
}

/** A dictionary of 2^n or 2^n + 2^(n-1) bytes, a size that is unknown or can be; then the range coder's first byte, 0. */
function isLzma(bytes: Buffer, at: number): boolean {
  if (!isFile(bytes, at) || !has(bytes, at, 18)) return false;
  const dictionary = bytes.readUInt32LE(at + 1);
  const size = bytes.readBigUInt64LE(at + 5);
  const isSize = size === 0xffff_ffff_ffff_ffffn || (size > 0n && size < 1n << 40n);
  return dictionary >= 4096 && /^1?10*$/.test(dictionary.toString(2)) && isSize && bytes[at + 13] === 0;
}

/** Whether a file begins here: these bytes, or one in an archive of tar (its magic is at 257 of 512) or ar. */
function isFile(bytes: Buffer, at: number): boolean {
  return at === 0 || isAt(bytes, at - 255, USTAR) || isAt(bytes, at - 2, AR);
}

const USTAR = Buffer.from("ustar");
const AR = Buffer.from("`\n");
