import { generateKeyPairSync, randomBytes } from "node:crypto";
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { zip } from "./formats.ts";
import { ec, PEM, rsa, SAMPLES, tool } from "./keys.ts";
import { MORE_SAMPLES } from "./more-keys.ts";
import { ENCODED, PACKED } from "./more-wrappings.ts";
import { BINARY_WRAPPINGS, TEXT_WRAPPINGS } from "./wrappings.ts";

/** An input by the number of its bytes. */
export interface SlowInput {
  readonly name: string;
  readonly make: (size: number) => Buffer;
}

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

/** The same again and again. */
export function repeated(unit: Buffer | string, size: number): Buffer {
  const bytes = typeof unit === "string" ? latin1(unit) : unit;
  return Buffer.alloc(size, bytes.length === 0 ? "x" : bytes);
}

const again = (name: string, unit: () => Buffer | string): SlowInput => {
  return { name, make: (size) => repeated(unit(), size) };
};

/** DER that begins as a DH key, and asks for an exponentiation. */
function dh(bytes: number): Buffer {
  const number = () => element(2, Buffer.concat([Buffer.from([0x7f]), randomBytes(bytes - 2), Buffer.from([1])]));
  const parameters = element(0x30, number(), Buffer.from("020102", "hex"));
  const algorithm = element(0x30, Buffer.from("06092a864886f70d010301", "hex"), parameters);
  return element(0x30, Buffer.from("020100", "hex"), algorithm, element(4, number()));
}

function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.from([tag, 0x82, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([head, body]);
}

/** Headers of a zip archive, each of which says that its name reaches to the same stream. */
function pointedAt(stream: Buffer, size: number): Buffer {
  const header = zip(Buffer.alloc(0), { name: "" }).subarray(0, 30);
  const count = 2000;
  const headers = Array.from({ length: count }, (_, index) => {
    const one = Buffer.from(header);
    one.writeUInt16LE(30 * (count - 1 - index), 26);
    return one;
  });
  return Buffer.concat([...headers, stream]).subarray(0, size);
}

const bomb = deflateRawSync(Buffer.alloc(120_000_000));
const manyLines = (size: number) => {
  const keys = Array.from({ length: 40 }, () =>
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  );
  const end = latin1(keys.join("\n"));
  return Buffer.concat([repeated("\n", size - end.length), end]);
};

/** What stalled the guard once. */
export const KNOWN: readonly SlowInput[] = [
  again("backslashes", () => "\\"),
  again("gzip members", () => gzipSync("")),
  again("gzip members with something in them", () => gzipSync("some text of more than sixteen characters")),
  { name: "gzip of zeros", make: (size) => gzipSync(Buffer.alloc(24 * size)) },
  again("PuTTY headers", () => "PuTTY-User-Key-File-2: ssh-rsa\nPublic-Lines: 1\n"),
  { name: "age and Q's", make: (size) => latin1(`AGE-SECRET-KEY-1${"Q".repeat(size - 20)}`) },
  again("age keys", () => `AGE-SECRET-KEY-1${"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".repeat(2)}`),
  again("XML", () => `<Modulus><D>${" ".repeat(4000)}`),
  { name: "random bytes", make: (size) => randomBytes(size) },
  { name: "one zip stream behind many headers", make: (size) => pointedAt(bomb, size) },
  {
    name: "one damaged zip stream behind many headers",
    make: (size) => pointedAt(Buffer.concat([bomb.subarray(0, -2000), Buffer.alloc(3000, 0xff)]), size),
  },
  {
    name: "blocks of nothing behind many headers",
    make: (size) => pointedAt(repeated(Buffer.from("000000ffff", "hex"), size), size),
  },
  again("zip bombs in a row", () => zip(Buffer.alloc(100_000_000))),
  again("zstd bombs in a row", () => zstdCompressSync(Buffer.alloc(1_000_000))),
  again("zstd of nothing", () => zstdCompressSync(Buffer.alloc(0))),
  again("xz in a row", () => tool("xz", [], Buffer.from("text"))),
  { name: "xz of zeros", make: (size) => tool("xz", ["-0"], Buffer.alloc(24 * size)) },
  again("beginnings of xz", () => Buffer.from("fd377a585a000004e6d6b446", "hex")),
  again("beginnings of zlib", () => Buffer.from("789cedc1", "hex")),
  again("DH keys", () => dh(1200)),
  again("DH keys of another size", () => dh(600)),
  again("DER, nested", () => Buffer.from("30800201003080", "hex")),
  again("DER, side by side", () =>
    Buffer.from("301e0200020002000200020002000200020002000200020002000200020002000200", "hex"),
  ),
  again("CNG headers", () => latin1("ECS2\x20\0\0\0")),
  again("Windows blobs", () => Buffer.from("0702000000a400005253413200020000010001", "hex")),
  again("Java keystores", () => Buffer.from("feedfeed00000002000000010000000200000000000000000000", "hex")),
  { name: "newlines, then keys", make: manyLines },
  again("priv:", () => "priv:00:"),
  again("DEK-Info", () => `DEK-Info: AES,00112233\n${"A".repeat(40)}\n`),
  again("JWK without braces", () => 'kty":"RSA"'),
  again("JWK with blanks", () => `kty":"EC","d${'"'.repeat(8)}${" ".repeat(40)}`),
  again("JSON keys", () => '{"d":"AAAAAAAAAAAAAAAAAAAAAAAAAAA"'),
  again("named values", () => `rivatekey=${"A1b2".repeat(5)} `),
  again("short streams of base64", () => `${"AbC1".repeat(10)}---\n`),
  again("short streams of base32", () => `${"ABCDEFGH".repeat(7)}IJKLMN23 x `),
  again("short streams of base85", () => `${"!A5b<".repeat(12)}\x7f\n`),
  again("lines of uuencode", () => "!A``A\n"),
  again("a dump's line", () => `${"00 ".repeat(130)}\n`),
  again("a dump's line of octals", () => `0000000 ${"101 ".repeat(90)}\n`),
  again("decimals", () => "101,"),
  again("tags", () => "<AB12CD34EF"),
  again("references", () => "&#65;&#x42;"),
  again("UTF-16 apart", () => Buffer.concat([Buffer.from("ABCDEFGHIJKLMNOP", "utf16le"), Buffer.alloc(130, 0xff)])),
  again("text apart", () => Buffer.concat([latin1("ABCD1234EFGH5678"), Buffer.alloc(130, 0)])),
];

/** Every format and every encoding, again and again, whole or cut short. */
export const OPENERS: readonly (Buffer | string)[] = [
  ...[...SAMPLES, ...MORE_SAMPLES].map(({ bytes }) => bytes),
  ...[...BINARY_WRAPPINGS, ...ENCODED, ...PACKED].map(({ wrap }) => wrap(Buffer.from(PEM))),
  ...[...BINARY_WRAPPINGS, ...ENCODED].map(({ wrap }) => wrap(randomBytes(90))),
  ...TEXT_WRAPPINGS.map(({ wrap }) => wrap(Buffer.from(PEM))),
  deflateSync("text"),
  rsa.publicKey.export({ type: "spki", format: "der" }),
  ec.publicKey.export({ type: "spki", format: "pem" }).toString(),
];
