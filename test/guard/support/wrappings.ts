import { gzipSync } from "node:zlib";
import { tar, zip } from "./formats.ts";

export interface Wrapping {
  readonly name: string;
  wrap(bytes: Buffer): Buffer;
  /** The same of many, where that takes less than one after the other. */
  wrapAll?(many: readonly Buffer[]): Buffer[];
}

const lines = (bytes: Buffer): string[] => bytes.toString("utf8").trimEnd().split("\n");
const eachLine = (bytes: Buffer, format: (line: string) => string): Buffer =>
  Buffer.from(`${lines(bytes).map(format).join("\n")}\n`);
const ofText = (name: string, change: (text: string) => string): Wrapping => {
  return { name, wrap: (bytes) => Buffer.from(change(bytes.toString("utf8"))) };
};
const perLine = (name: string, format: (line: string) => string): Wrapping => {
  return { name, wrap: (bytes) => eachLine(bytes, format) };
};

const swap = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();
const xml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** What happens to text: it is still text afterwards. */
export const TEXT_WRAPPINGS: readonly Wrapping[] = [
  ofText("CR LF", (text) => text.replaceAll("\n", "\r\n")),
  ofText("CR alone", (text) => text.replaceAll("\n", "\r")),
  perLine("indentation, as in YAML", (line) => `      ${line}`),
  perLine("tabs", (line) => `\t\t${line}`),
  perLine("quotation", (line) => `> > ${line}`),
  perLine("comments of a shell", (line) => `# ${line}`),
  perLine("comments of C", (line) => ` * ${line}`),
  perLine("comments of C++", (line) => `// ${line}`),
  perLine("strings in code", (line) => `    ${JSON.stringify(`${line}\n`)} +`),
  perLine("strings in PHP", (line) => `  . ${JSON.stringify(`${line}\n`)}`),
  perLine("appended line by line", (line) => `key += ${JSON.stringify(`${line}\n`)};`),
  perLine("printed line by line", (line) => `echo ${JSON.stringify(line)} >> f`),
  perLine("paragraphs of HTML", (line) => `<p class="x">${xml(line)}</p>`),
  perLine(
    "paragraphs of an office document",
    (line) => `<w:p w:rsidR="00AB12CD"><w:r><w:t>${xml(line)}</w:t></w:r></w:p>`,
  ),
  ofText("a patch", (text) => `--- a/x\n+++ b/x\n@@ -0,0 +1,9 @@\n${text.trimEnd().replace(/^/gm, "+")}\n`),
  ofText("JSON", (text) => JSON.stringify({ before: "x", key: text, after: 1 })),
  ofText("JSON in JSON", (text) => JSON.stringify(JSON.stringify({ key: text }))),
  ofText("a URL", (text) => `https://example.com/?key=${encodeURIComponent(text)}&x=1`),
  ofText("XML entities", (text) => `<key>${xml(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;")}</key>`),
  ofText("a byte order mark", (text) => `\ufeff${text}`),
  ofText("other text around it", (text) => `Dear colleague,\n\nhere is the key:\n\n${text}\nRegards\n`),
];

const hex = (bytes: Buffer): string[] => bytes.toString("hex").match(/../g) ?? [];

/** What happens to any bytes. */
export const BINARY_WRAPPINGS: readonly Wrapping[] = [
  { name: "base64", wrap: (bytes) => Buffer.from(bytes.toString("base64")) },
  { name: "base64 in lines", wrap: (bytes) => Buffer.from(bytes.toString("base64").replace(/(.{76})/g, "$1\n")) },
  { name: "base64url", wrap: (bytes) => Buffer.from(bytes.toString("base64url")) },
  { name: "a data URI", wrap: (bytes) => Buffer.from(`url(data:application/x;base64,${bytes.toString("base64")})`) },
  {
    name: "a Kubernetes secret",
    wrap: (bytes) => Buffer.from(`kind: Secret\ndata:\n  key: ${bytes.toString("base64")}\n`),
  },
  { name: "hex", wrap: (bytes) => Buffer.from(bytes.toString("hex")) },
  { name: "hex with colons", wrap: (bytes) => Buffer.from(hex(bytes).join(":").toUpperCase()) },
  {
    name: "an array in C",
    wrap: (bytes) =>
      Buffer.from(
        `char key[] = {${hex(bytes)
          .map((byte) => `0x${byte}`)
          .join(", ")}};`,
      ),
  },
  {
    name: "escapes in a string",
    wrap: (bytes) =>
      Buffer.from(
        `"${hex(bytes)
          .map((byte) => `\\x${byte}`)
          .join("")}"`,
      ),
  },
  { name: "gzip", wrap: (bytes) => gzipSync(bytes) },
  { name: "zip", wrap: (bytes) => zip(bytes) },
  { name: "zip, stored", wrap: (bytes) => zip(bytes, { stored: true }) },
  { name: "tar", wrap: (bytes) => tar(bytes) },
  {
    name: "bytes around it",
    wrap: (bytes) => Buffer.concat([Buffer.from([0xff, 0, 1, 2, 0xfe]), bytes, Buffer.from([0, 0xff])]),
  },
];

/** Text in units of 16 bits. */
export const WIDE_WRAPPINGS: readonly Wrapping[] = [
  { name: "UTF-16 LE", wrap: (bytes) => Buffer.from(`\ufeff${bytes.toString("latin1")}`, "utf16le") },
  { name: "UTF-16 BE", wrap: (bytes) => swap(Buffer.from(`\ufeff${bytes.toString("latin1")}`, "utf16le")) },
  { name: "UTF-16 without a mark", wrap: (bytes) => Buffer.from(bytes.toString("latin1"), "utf16le") },
];
