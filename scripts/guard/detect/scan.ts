import { hash } from "node:crypto";
import * as binary from "./binary-formats.ts";
import { type Budget, gunzip, type Unpacked, unzip } from "./containers.ts";
import { keyAt } from "./der-keys.ts";
import { clear, type Detection, encrypted, type Found } from "./detection.ts";
import { pgpSecret } from "./pgp.ts";
import { base64Streams, hexStreams, LINE, placeOf, type Stream } from "./streams.ts";
import { textKeys } from "./text-formats.ts";
import { resolveEscapes, withoutDiffSigns, withoutDumpColumns, withoutTags } from "./unescape.ts";

/** Containers within containers; one that lies deeper is a finding. An encoding around a container counts as one too. */
const DEEPEST = 5;
/** Of one blob, unpacked. */
const MOST_UNPACKED = 128 * 1024 * 1024;
/** Enough for anybody to see what is wrong. */
const MOST_FOUND = 50;
const SHORTEST = 16;

/** Every private key in these bytes, by structure: whatever a label says, or an ending, or a place. */
export function scan(bytes: Buffer): Detection[] {
  const scanner = new Scanner(bytes);
  scanner.bytes(bytes, [], (offset) => offset);
  return [...scanner.found.values()];
}

/** What base64url has and base64 has not: inside of a word, or at either end of a long one. */
const URL_WORD = /[A-Za-z0-9][-_]{1,4}[A-Za-z0-9]|[-_][A-Za-z0-9]{20}|[A-Za-z0-9]{20}[-_]/;

/** From an offset in the bytes at hand to one in the file; null inside of containers. */
type Place = ((offset: number) => number) | null;

class Scanner {
  readonly found = new Map<string, Detection>();
  readonly #file: Buffer;
  readonly #budget: Budget = { bytes: MOST_UNPACKED };
  readonly #seen = new Set<string>();

  constructor(file: Buffer) {
    this.#file = file;
  }

  bytes(bytes: Buffer, via: readonly string[], place: Place): void {
    if (bytes.length < SHORTEST || this.found.size >= MOST_FOUND || !this.#isNew(bytes)) return;
    this.#structures(bytes, via, place);
    if (printableRun(bytes)) this.#text(bytes, via, place);
    // UTF-16 and UTF-32 of ASCII, of either byte order, are the same text with NUL between.
    if (bytes.includes(0)) {
      const dense = Buffer.from(bytes.filter((byte) => byte !== 0));
      if (bytes.length - dense.length >= 24 && printableRun(dense)) this.#nested(dense, [...via, "UTF-16"], null);
    }
  }

  #nested(bytes: Buffer, via: readonly string[], place: Place): void {
    if (via.length <= DEEPEST) this.bytes(bytes, via, place);
  }

  /** The same bytes come out of several ways of reading a text. */
  #isNew(bytes: Buffer): boolean {
    const id = hash("sha1", bytes, "hex");
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    return true;
  }

  #report(found: Found, via: readonly string[], place: Place, offset: number): void {
    const key = `${found.kind} ${found.publicKey}`;
    // The same key read in another way can come out damaged: one line for both.
    const nameless = `${found.kind} ${null}`;
    const known = found.publicKey === null && [...this.found.values()].some(({ kind }) => kind === found.kind);
    if (known || this.found.has(key)) return;
    this.found.delete(nameless);
    const line = place === null ? null : lineOf(this.#file, place(offset));
    this.found.set(key, { ...found, via, line });
  }

  /** Text: formats that are text, then what its base64 and hex stand for. */
  #text(bytes: Buffer, via: readonly string[], place: Place): void {
    const raw = bytes.toString("latin1");
    for (const { found, at } of textKeys(raw)) this.#report(found, via, place, at);
    const resolved = resolveEscapes(raw);
    if (resolved !== null) {
      for (const { found } of textKeys(resolved.replaceAll("\x01", ""))) this.#report(found, via, null, 0);
    }
    const text = resolved ?? raw;
    this.#encodings(resolved === null ? bytes : Buffer.from(text, "latin1"), via, place);
    if (/<[A-Za-z/?!]/.test(text)) this.#encodings(Buffer.from(withoutTags(text), "latin1"), via, place);
    if (/^(?:@@ |diff |--- )/m.test(text)) {
      this.#encodings(Buffer.from(withoutDiffSigns(text), "latin1"), via, place);
    }
    const dump = withoutDumpColumns(text);
    if (dump !== null) this.#streams(hexStreams(Buffer.from(dump, "latin1")), "hex", via, null);
  }

  #encodings(text: Buffer, via: readonly string[], place: Place): void {
    const streams = base64Streams(text, { url: false, shortest: 0 });
    const isOther = (stream: Stream) => !streams.some(({ characters }) => characters.equals(stream.characters));
    // Without short words in between, leaving them out changes nothing.
    if (streams.some(({ mixed }) => mixed)) streams.push(...base64Streams(text, { url: false, shortest: LINE }));
    if (URL_WORD.test(text.toString("latin1"))) {
      streams.push(...base64Streams(text, { url: true, shortest: LINE }).filter(isOther));
    }
    this.#streams(streams, "base64", via, place);
    this.#streams(hexStreams(text), "hex", via, place);
  }

  /** Every alignment: what stands before an encoded key may be of the same alphabet. */
  #streams(streams: readonly Stream[], encoding: "base64" | "hex", via: readonly string[], place: Place): void {
    const alignments = encoding === "base64" ? 4 : 2;
    const each = encoding === "base64" ? 4 / 3 : 2;
    for (const stream of streams) {
      for (let shift = 0; shift < alignments && this.found.size < MOST_FOUND; shift += 1) {
        const bytes = Buffer.from(stream.characters.toString("latin1", shift), encoding);
        const inside: Place = place && ((offset) => place(placeOf(stream, shift + Math.floor(offset * each))));
        const around = [...via, encoding];
        this.#structures(bytes, around, inside);
        if (printableRun(bytes) || nullEvery(bytes)) this.#nested(bytes, around, inside);
        // One whole object of DER, a certificate: it was the right alignment.
        if (shift === 0 && isWholeDer(bytes)) break;
      }
    }
  }

  /** Binary structures at any offset. */
  #structures(bytes: Buffer, via: readonly string[], place: Place): void {
    const length = bytes.length - 8;
    for (let at = 0; at < length; at += 1) {
      const kind = FIRST[bytes[at] ?? 0];
      if (kind === 0) continue;
      if (kind === DER) {
        const key = mayBeKey(bytes, at) ? keyAt(bytes, at) : null;
        if (key === null) continue;
        this.#report(key.found, via, place, at);
        at = Math.max(at, key.end - 1);
      } else if (kind === PGP) {
        const found = pgpSecret(bytes, at);
        if (found !== null) this.#report(found, via, place, at);
      } else this.#magic(bytes, at, via, place);
    }
  }

  #magic(bytes: Buffer, at: number, via: readonly string[], place: Place): void {
    for (const { magic, read } of MAGIC) {
      if (!standsAt(bytes, at, magic)) continue;
      const found = read(bytes, at);
      if (found !== null) this.#report(found, via, place, at);
    }
    if (bytes[at] === 0x1f && bytes[at + 1] === 0x8b) this.#unpacked(gunzip(bytes, at, this.#budget), [...via, "gzip"]);
    if (bytes[at] === 0x50 && bytes.readUInt32BE(at) === 0x504b0304) {
      this.#unpacked(unzip(bytes, at, this.#budget), [...via, "zip"]);
    }
  }

  #unpacked(unpacked: Unpacked | null, via: readonly string[]): void {
    if (unpacked === null) return;
    const around = via.join(" in ");
    if ("problem" in unpacked) {
      const kind =
        unpacked.problem === "TooLarge"
          ? `more than ${MOST_UNPACKED / 1024 / 1024} MiB when unpacked (${around})`
          : `an archive that cannot be looked into, encrypted or of a rare kind (${around})`;
      this.#report({ code: unpacked.problem, level: "block", kind, publicKey: null }, via, null, 0);
    } else if (via.length > DEEPEST) {
      const kind = "archives within archives, deeper than anybody looks";
      this.#report({ code: "TooDeep", level: "block", kind, publicKey: null }, via, null, 0);
    } else this.bytes(unpacked.bytes, via, null);
  }
}

const MAGIC: readonly { readonly magic: Buffer; readonly read: (bytes: Buffer, at: number) => Found | null }[] = [
  { magic: Buffer.from("openssh-key-v1\0", "latin1"), read: binary.openSsh },
  { magic: Buffer.from("\0GITCRYPTKEY", "latin1"), read: binary.gitCryptKey },
  { magic: Buffer.from("feedfeed", "hex"), read: binary.javaKeystore },
  { magic: Buffer.from("cececece", "hex"), read: binary.javaKeystore },
  { magic: Buffer.from("Ed", "latin1"), read: binary.minisign },
  { magic: Buffer.from("EdBK", "latin1"), read: binary.signify },
  { magic: Buffer.from("SSH PRIVATE KEY FILE FORMAT 1.1\n\0", "latin1"), read: () => clear("SSH 1 private key") },
  { magic: Buffer.from("3f6ff9eb0000", "hex"), read: () => encrypted("ssh.com private key", false) },
];

function standsAt(bytes: Buffer, at: number, magic: Buffer): boolean {
  for (let index = 0; index < magic.length; index += 1) if (bytes[at + index] !== magic[index]) return false;
  return true;
}

const DER = 1;
const PGP = 2;
const OTHER = 3;

/** By first byte, what may begin there. */
const FIRST = new Uint8Array(256);
for (const byte of [0x94, 0x95, 0x96, 0x9c, 0x9d, 0x9e, 0xc5, 0xc7]) FIRST[byte] = PGP;
for (const { magic } of MAGIC) FIRST[magic[0] ?? 0] = OTHER;
for (const byte of [0x1f, 0x50]) FIRST[byte] = OTHER;
FIRST[0x30] = DER;

/** A SEQUENCE whose first element is an INTEGER, or a SEQUENCE of an OID: all else is no key, and is by far the most. */
function mayBeKey(bytes: Buffer, at: number): boolean {
  const inner = at + headerSize(bytes, at);
  if (bytes[inner] === 0x02) return (bytes[inner + 1] ?? 0) < 0x85;
  return bytes[inner] === 0x30 && bytes[inner + headerSize(bytes, inner)] === 0x06;
}

function headerSize(bytes: Buffer, at: number): number {
  const first = bytes[at + 1] ?? 0;
  return first > 0x80 && first < 0x85 ? 2 + (first & 0x7f) : 2;
}

function isWholeDer(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && bytes[1] === 0x82 && bytes.length >= 260 && bytes.readUInt16BE(2) + 4 === bytes.length;
}

const PRINTABLE = new Uint8Array(256);
for (let byte = 0x20; byte < 0x7f; byte += 1) PRINTABLE[byte] = 1;
for (const byte of [9, 10, 13]) PRINTABLE[byte] = 1;

const RUN = 24;

/** Whether some stretch of the bytes is text; in random ones none of this length is to be met. */
function printableRun(bytes: Buffer): boolean {
  let last = RUN - 1;
  while (last < bytes.length) {
    let at = last;
    while (at > last - RUN && PRINTABLE[bytes[at] ?? 0] === 1) at -= 1;
    if (at === last - RUN) return true;
    last = at + RUN;
  }
  return false;
}

/** Text of 16-bit units. */
function nullEvery(bytes: Buffer): boolean {
  let count = 0;
  for (let at = 0; at < bytes.length && at < 400; at += 1) if (bytes[at] === 0) count += 1;
  return count * 3 > Math.min(bytes.length, 400);
}

function lineOf(file: Buffer, offset: number): number {
  let line = 1;
  for (let at = file.indexOf(10); at >= 0 && at < offset; at = file.indexOf(10, at + 1)) line += 1;
  return line;
}
