import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { scan } from "../../scripts/guard/detect/scan.ts";
import { tar } from "./support/formats.ts";
import { PEM, tool } from "./support/keys.ts";
import { UNOPENED } from "./support/unopened.ts";

const codes = async (bytes: Buffer): Promise<string[]> => [...new Set((await scan(bytes)).map(({ code }) => code))];
const key = Buffer.from(PEM);

describe("a key that is packed in a way that nothing here opens is named as not looked into", () => {
  test.each(UNOPENED)("in $name", async ({ name, pack }) => {
    const packed = pack(key);
    for (const bytes of [packed, tar(packed), Buffer.concat([tar(Buffer.from("text")).subarray(0, 1024), tar(packed)])])
      expect(await scan(bytes)).toContainEqual(
        expect.objectContaining({ code: "NotLookedInto", level: "warn", via: [name] }),
      );
  });

  test("in xz with a checksum by SHA-256", async () => {
    expect(await codes(tool("xz", ["--check=sha256"], key))).toEqual(["NotLookedInto"]);
  });
});

/** A chunk of PNG (its specification, 5.3). */
function chunk(type: string, data: Buffer | string): Buffer {
  const body = Buffer.concat([Buffer.from(type), Buffer.from(data)]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length - 4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function png(...chunks: readonly Buffer[]): Buffer {
  const header = chunk("IHDR", Buffer.from("00000008000000080802000000", "hex"));
  const pixels = chunk("IDAT", deflateSync(randomBytes(8 * 25)));
  const magic = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([magic, header, ...chunks, pixels, chunk("IEND", "")]);
}

/** zlib streams whose header (RFC 1950, 2.2) tells of any window: libpng and Acrobat choose a small one for small data. */
const ZLIB = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((window) =>
  [0, 1, 2, 3].map((level) => {
    const stream = deflateSync(key, { windowBits: Math.max(9, 8 + window), memLevel: 9 });
    const head = ((window << 4) | 8) * 256 + (level << 6);
    stream.writeUInt16BE(head + 31 - (head % 31), 0);
    return stream;
  }),
);

function pdf(stream: Buffer, newline: string): Buffer {
  const head = `%PDF-1.7\n1 0 obj\n<< /Length ${stream.length} /Filter /FlateDecode >>\nstream${newline}`;
  return Buffer.concat([Buffer.from(head), stream, Buffer.from("\nendstream\nendobj\n")]);
}

function deb(...options: readonly string[]): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-deb-"));
  try {
    mkdirSync(join(directory, "x/DEBIAN"), { recursive: true });
    writeFileSync(join(directory, "x/key"), PEM);
    const fields = "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.com>\nDescription: x\n";
    writeFileSync(join(directory, "x/DEBIAN/control"), fields);
    tool("dpkg-deb", ["--build", ...options, join(directory, "x"), join(directory, "x.deb")]);
    return readFileSync(join(directory, "x.deb"));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** gzip of a key behind so much else that damage can come long after it, or soon. */
const long = gzipSync(Buffer.concat([randomBytes(40_000), key, randomBytes(40_000)]));
const damaged = (at: number): Buffer =>
  Buffer.concat([long.subarray(0, at), randomBytes(200), long.subarray(at + 200)]);
const inGzip = gzipSync(key);

describe("a key that is packed in a way that is opened here is found", () => {
  test.each<[string, Buffer | (() => Buffer)]>([
    ["xz", () => tool("xz", [], key)],
    ["xz, followed by others", () => tar(Buffer.concat([tool("xz", [], key), tool("xz", [], Buffer.from("text"))]))],
    ["xz, cut short", () => tool("xz", ["-0"], Buffer.concat([key, randomBytes(90_000)])).subarray(0, 80_000)],
    ["tar.xz", () => tool("xz", [], tar(key))],
    ["zstd", zstdCompressSync(key)],
    ["tar.zst, several frames", Buffer.concat([zstdCompressSync(Buffer.from("text")), zstdCompressSync(tar(key))])],
    ["a .deb with xz", () => deb("-Zxz")],
    ["a .deb with gzip", () => deb("-Zgzip")],
    ["zTXt of PNG", () => png(chunk("zTXt", Buffer.concat([Buffer.from("Comment\0\0"), deflateSync(key)])))],
    ["iTXt of PNG", png(chunk("iTXt", `Comment\0\0\0en\0Comment\0${PEM}`))],
    ["gzip with a wrong checksum", Buffer.concat([inGzip.subarray(0, -8), randomBytes(8)])],
    ["gzip without its end", inGzip.subarray(0, -8)],
    ["gzip damaged soon after it", damaged(44_000)],
    ["gzip damaged at its end", damaged(long.length - 400)],
    ["gzip damaged in the middle", damaged(60_000)],
  ])("in %s", async (_, packed) => {
    expect(await codes(typeof packed === "function" ? packed() : packed)).toEqual(["PrivateKey"]);
  });

  test("in zlib streams of PDF and of PNG, whatever window they are for", async () => {
    for (const stream of ZLIB) {
      const header = stream.toString("hex", 0, 2);
      const text = png(chunk("iTXt", Buffer.concat([Buffer.from("Comment\0\x01\0en\0Comment\0"), stream])));
      for (const newline of ["\n", "\r\n"]) expect(await codes(pdf(stream, newline)), header).toEqual(["PrivateKey"]);
      expect(await codes(text), header).toEqual(["PrivateKey"]);
      expect(await codes(png(chunk("zTXt", Buffer.concat([Buffer.from("a\0\0"), stream]))))).toEqual(["PrivateKey"]);
    }
  });
});

describe("programs that know these formats are no packed files", () => {
  const libraries = execFileSync("sh", ["-c", "ldd $(command -v bsdtar) | awk '/=> \\// { print $3 }'"]).toString();
  const magic = ["/usr/lib/file/magic.mgc", "/usr/share/misc/magic.mgc", "/etc/magic"];
  const programs = [...libraries.trim().split("\n"), ...magic].filter((path) => existsSync(path));

  test.each(programs)("%s", async (path) => {
    expect((await scan(readFileSync(path).subarray(0, 16_000_000))).map(({ kind }) => kind)).toEqual([]);
  });

  test("node itself, piece by piece", { timeout: 240_000 }, async () => {
    const node = readFileSync(process.execPath);
    const most = Number(process.env["GUARD_NODE"] ?? 12_000_000);
    for (let at = 0; at < Math.min(most, node.length); at += 4_000_000) {
      const piece = node.subarray(at, at + 4_000_100);
      expect((await scan(piece)).map(({ kind }) => kind)).toEqual([]);
    }
  });
});
