import { brotliCompressSync, deflateSync, zstdCompressSync } from "node:zlib";
import { tool, toolForEach } from "./keys.ts";
import type { Wrapping } from "./wrappings.ts";

const numbers = (bytes: Buffer, format: (byte: number) => string, join = ", "): string =>
  [...bytes].map(format).join(join);
const ofBytes = (name: string, change: (bytes: Buffer) => string | Buffer): Wrapping => {
  return { name, wrap: (bytes) => Buffer.from(change(bytes)) };
};
/** What a program makes of its standard input, and what is made of that. */
const byTool = (name: string, argv: readonly string[], then = (bytes: Buffer) => bytes): Wrapping => {
  const [program = "", ...args] = argv;
  return {
    name,
    wrap: (bytes) => then(tool(program, args, bytes)),
    wrapAll: (many) => toolForEach(program, args, many).map(then),
  };
};
const piped = (...argv: readonly string[]): Wrapping => byTool(argv.join(" "), argv);

const lines = (text: string): string[] => text.trimEnd().split("\n");

/** Five characters for four bytes. */
function base85(bytes: Buffer, alphabet: string): string {
  const padded = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  let text = "";
  for (let at = 0; at < padded.length; at += 4) {
    let group = "";
    for (let value = padded.readUInt32BE(at), digit = 0; digit < 5; digit += 1, value = Math.floor(value / 85)) {
      group = (alphabet[value % 85] ?? "") + group;
    }
    text += group;
  }
  return text.slice(0, text.length - (padded.length - bytes.length));
}

const ASCII85 = Array.from({ length: 85 }, (_, index) => String.fromCharCode(33 + index)).join("");
const RFC1924 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** Bytes as text, as programs and languages write them. */
export const ENCODED: readonly Wrapping[] = [
  ofBytes("JSON of a Buffer", (bytes) => JSON.stringify(bytes)),
  ofBytes("an array in Go", (bytes) => `var key = []byte{${numbers(bytes, String)}}\n`),
  ofBytes(
    "an array in Go, a line each",
    (bytes) => `key := []byte{\n${numbers(bytes, (byte) => `\t${byte},`, "\n")}\n}\n`,
  ),
  ofBytes("an array in Java", (bytes) => `byte[] key = {${numbers(bytes, (byte) => String((byte << 24) >> 24))}};`),
  ofBytes("an array in Java with casts", (bytes) => `byte[] key = {${numbers(bytes, (byte) => `(byte) ${byte}`)}};`),
  ofBytes("an array in Rust", (bytes) => `let key = [${numbers(bytes, (byte) => `${byte}u8`)}];`),
  ofBytes("an array in C", (bytes) => `unsigned char k[] = { ${numbers(bytes, (byte) => String(byte).padStart(3))} };`),
  ofBytes(
    "an array in C, octal",
    (bytes) => `char k[] = { ${numbers(bytes, (byte) => `0${byte.toString(8).padStart(3, "0")}`)} };`,
  ),
  ofBytes("bytes in Python", (bytes) => `key = bytes([${numbers(bytes, String)}])\n`),
  ofBytes("chr() in PHP", (bytes) => `$key = ${numbers(bytes, (byte) => `chr(${byte})`, " . ")};`),
  ofBytes(
    "octal escapes",
    (bytes) => `key='${numbers(bytes, (byte) => `\\${byte.toString(8).padStart(3, "0")}`, "")}'`,
  ),
  ofBytes(
    "decimal escapes, as in Lua",
    (bytes) => `key = "${numbers(bytes, (byte) => `\\${String(byte).padStart(3, "0")}`, "")}"`,
  ),
  ofBytes("escapes with braces", (bytes) => `"${numbers(bytes, (byte) => `\\u{${byte.toString(16)}}`, "")}"`),
  ofBytes(
    "escapes of four digits",
    (bytes) => `"${numbers(bytes, (byte) => `\\u${byte.toString(16).padStart(4, "0")}`, "")}"`,
  ),
  ofBytes(
    "escapes of eight digits",
    (bytes) => `"${numbers(bytes, (byte) => `\\U${byte.toString(16).padStart(8, "0")}`, "")}"`,
  ),
  ofBytes("escapes of Perl", (bytes) => `"${numbers(bytes, (byte) => `\\x{${byte.toString(16)}}`, "")}"`),
  ofBytes("percent signs", (bytes) => `data=${numbers(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`, "")}`),
  ofBytes("references of HTML", (bytes) => `<p>${numbers(bytes, (byte) => `&#${byte};`, "")}</p>`),
  piped("od", "-v"),
  piped("od", "-v", "-An", "-tx1"),
  piped("od", "-v", "-tx1"),
  piped("od", "-v", "-tx1z"),
  piped("od", "-v", "-tx2"),
  piped("od", "-v", "-tx4"),
  piped("od", "-v", "-tx8", "-An"),
  piped("od", "-v", "-td1"),
  piped("od", "-v", "-tu1", "-An"),
  piped("od", "-v", "-b"),
  piped("od", "-v", "-c"),
  piped("od", "-v", "-x"),
  piped("hexdump", "-v"),
  piped("hexdump", "-v", "-C"),
  piped("hexdump", "-v", "-b"),
  piped("hexdump", "-v", "-c"),
  piped("base32"),
  piped("base32", "-w0"),
  piped("basenc", "--base32hex"),
  ofBytes("ascii85 between marks", (bytes) => `<~${base85(bytes, ASCII85)}~>\n`),
  ofBytes("ascii85 in lines", (bytes) => base85(bytes, ASCII85).replace(/(.{76})/g, "$1\n")),
  ofBytes("base85 of RFC 1924", (bytes) => `key = b'${base85(bytes, RFC1924)}'\n`),
  ofBytes("base85 of ZeroMQ", (bytes) => base85(bytes, Z85)),
  byTool("uuencode", ["perl", "-0777", "-ne", 'print "begin 600 key\\n", pack("u", $_), "`\\nend\\n"']),
];

export const LOWER_BASE32 = byTool("base32 in lower case", ["base32", "-w0"], (bytes) =>
  Buffer.from(bytes.toString().toLowerCase()),
);

/** What is packed, and opened here. */
export const PACKED: readonly Wrapping[] = [
  ofBytes("zlib", (bytes) => deflateSync(bytes)),
  ofBytes("a stream of PDF", (bytes) => {
    const stream = deflateSync(bytes);
    return Buffer.concat([
      Buffer.from(`%PDF-1.7\n1 0 obj\n<< /Length ${stream.length} /Filter /FlateDecode >>\nstream\n`),
      stream,
      Buffer.from("\nendstream\nendobj\n"),
    ]);
  }),
  ofBytes("zstd", (bytes) => zstdCompressSync(bytes)),
  ofBytes("zstd after other bytes", (bytes) =>
    Buffer.concat([Buffer.alloc(77, 5), zstdCompressSync(bytes), Buffer.alloc(9)]),
  ),
  piped("xz"),
  byTool("xz in ar, as in a .deb", ["xz"], (bytes) =>
    Buffer.concat([Buffer.from(`!<arch>\n${"data.tar.xz/".padEnd(58)}\`\n`), bytes]),
  ),
];

/** brotli has no magic number. */
export const BROTLI = ofBytes("brotli", (bytes) => brotliCompressSync(bytes));

/** PEM in pieces: the text goes on between its lines. */
export const IN_PIECES: readonly Wrapping[] = [
  ofBytes("an array of lines", (bytes) => JSON.stringify(lines(bytes.toString()))),
  ofBytes("an array of short pieces", (bytes) =>
    JSON.stringify(
      bytes
        .toString()
        .replaceAll("\n", "")
        .match(/.{1,12}/g),
    ),
  ),
  ofBytes("numbered lines in YAML", (bytes) =>
    lines(bytes.toString())
      .map((line, index) => `line${index}: "${line}"`)
      .join("\n"),
  ),
  ofBytes("numbered strings of a map", (bytes) =>
    JSON.stringify(
      Object.fromEntries(
        (
          bytes
            .toString()
            .replaceAll("\n", "")
            .match(/.{1,24}/g) ?? []
        ).map((part, index) => [`p${index}`, part]),
      ),
    ),
  ),
  ofBytes("dashes between lines", (bytes) => lines(bytes.toString()).join("\n-----\n")),
  ofBytes("dots between lines", (bytes) => lines(bytes.toString()).join("\n...\n")),
  ofBytes("stars between lines", (bytes) => lines(bytes.toString()).join("\n*** *** ***\n")),
  ofBytes("a zero after each line", (bytes) => `${lines(bytes.toString()).join("\0")}\0`),
  ofBytes("records of a fixed length", (bytes) =>
    lines(bytes.toString())
      .map((line) => line.padEnd(128, "\0"))
      .join(""),
  ),
];
