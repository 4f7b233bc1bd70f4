import type { Work } from "./work.ts";

/** A text in which escapes are what they stand for, length for length, so that places stay. */
export interface Resolved {
  readonly text: Buffer;
  /** The same without the places that are no character. */
  readonly dense: Buffer;
  /** Escapes that stand for a byte by its number; others are for line ends and quotes. */
  readonly codes: number;
}

/** Marks a place that is no character: the readers join what is on either side of it into one word. */
export const FILLER = 1;

const [BACKSLASH, PERCENT, AMPERSAND, HASH, SEMICOLON] = [92, 37, 38, 35, 59];
const [NEWLINE, RETURN, BLANK, OPEN, CLOSE] = [10, 13, 32, 123, 125];

/** Letters after a backslash. */
const LETTERS: Readonly<Record<string, number>> = { n: NEWLINE, r: NEWLINE, t: NEWLINE };
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&", apos: "'", NewLine: "\n" };
/** Of so many numbers one may be something else. */
const ODD = 16;
/** Digits of an escape by number: hexadecimal ones after these letters. */
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/**
 * Escapes of strings in code (C, shells, JSON, Java, Go, Rust, Perl, Python), of URLs and of XML. `decimal`: a
 * backslash and three digits is a decimal number, as in Lua, and not an octal one. Null where there is none, or where
 * the numbers are none of a byte.
 */
export function resolveEscapes(text: Buffer, work: Work, decimal = false): Resolved | null {
  work.charge(2 * text.length);
  const reader = new Escapes(text, decimal);
  for (let at = 0; at < text.length; ) {
    const byte = text[at];
    if (byte === BACKSLASH) at = reader.backslash(at);
    else if (byte === PERCENT) at = reader.percent(at);
    else if (byte === AMPERSAND) at = reader.entity(at);
    else at += 1;
  }
  return reader.out === null || reader.isOctal
    ? null
    : { text: reader.out, dense: reader.dense(), codes: reader.codes };
}

class Escapes {
  /** A copy, made when the first escape is met. */
  out: Buffer | null = null;
  codes = 0;
  /** Numbers beyond a byte. */
  #beyond = 0;
  readonly #text: Buffer;
  readonly #decimal: boolean;
  readonly #dense: Buffer;
  /** Ends of what was copied, and of what it was copied from. */
  #length = 0;
  #copied = 0;

  constructor(text: Buffer, decimal: boolean) {
    this.#text = text;
    this.#decimal = decimal;
    this.#dense = Buffer.allocUnsafe(text.length);
  }

  /** Read as decimal, and too many of the numbers are too large for a byte. */
  get isOctal(): boolean {
    return this.#decimal && ODD * this.#beyond > this.codes;
  }

  dense(): Buffer {
    this.#copy(this.#text.length);
    return this.#dense.subarray(0, this.#length);
  }

  #copy(end: number): void {
    this.#length += this.#text.copy(this.#dense, this.#length, this.#copied, end);
  }

  /** One or more backslashes (a string within a string has twice as many), and what they escape. */
  backslash(start: number): number {
    const text = this.#text;
    let at = start;
    while (text[at] === BACKSLASH) at += 1;
    const byte = text[at] ?? 0;
    const letter = String.fromCharCode(byte);
    const newline = LETTERS[letter];
    if (newline !== undefined) return this.#put(start, at + 1, newline, BLANK);
    if (byte === NEWLINE || byte === RETURN) return this.#put(start, at + 1, null);
    if ("\"'`/".includes(letter)) return this.#put(start, at + 1, byte);
    const digits = HEX_DIGITS[letter];
    if (digits !== undefined) return this.#hexadecimal(start, at + 1, digits);
    return byte >= 48 && byte < 58 ? this.#digits(start, at) : at;
  }

  #hexadecimal(start: number, at: number, digits: number): number {
    const text = this.#text;
    const braces = text[at] === OPEN;
    const from = braces ? at + 1 : at;
    let end = from;
    while (end - from < 8 && (braces || end - from < digits) && isHex(text[end])) end += 1;
    if (braces ? text[end] !== CLOSE : end - from !== digits) return at;
    // `\x30\x82` in a row are read as hexadecimal digits.
    const next = text[end];
    if (digits === 2 && !braces && (isHex(next) || (next === BACKSLASH && text[end + 1] === 120))) return end;
    return this.#code(start, braces ? end + 1 : end, Number.parseInt(text.toString("latin1", from, end), 16));
  }

  #digits(start: number, from: number): number {
    const text = this.#text;
    const last = this.#decimal ? 58 : 56;
    let end = from;
    while (end - from < 3 && (text[end] ?? 0) >= 48 && (text[end] ?? 0) < last) end += 1;
    return this.#code(start, end, Number.parseInt(text.toString("latin1", from, end), this.#decimal ? 10 : 8));
  }

  percent(at: number): number {
    const text = this.#text;
    if (!isHex(text[at + 1]) || !isHex(text[at + 2])) return at + 1;
    return this.#code(at, at + 3, Number.parseInt(text.toString("latin1", at + 1, at + 3), 16));
  }

  entity(start: number): number {
    const text = this.#text;
    let end = start + 1;
    while (end - start < 9 && text[end] !== SEMICOLON && (text[end] ?? 0) > BLANK) end += 1;
    if (text[end] !== SEMICOLON) return start + 1;
    const name = text.toString("latin1", start + 1, end);
    if (text[start + 1] !== HASH) {
      const known = ENTITIES[name];
      return known === undefined ? start + 1 : this.#put(start, end + 1, known.charCodeAt(0));
    }
    const code = /^#x[0-9a-f]+$/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return Number.isInteger(code) ? this.#code(start, end + 1, code) : start + 1;
  }

  #code(start: number, end: number, code: number): number {
    if (!(code <= 0xff)) {
      this.#beyond += 1;
      return end;
    }
    this.codes += 1;
    return this.#put(start, end, code);
  }

  /** `byte`: null for an escape that stands for nothing. */
  #put(start: number, end: number, byte: number | null, fill = FILLER): number {
    this.out ??= Buffer.from(this.#text);
    this.#copy(start);
    this.#copied = end;
    if (byte !== null) this.#dense[this.#length++] = byte;
    this.out[start] = byte ?? FILLER;
    if (end > start + 1) this.out.fill(fill, start + 1, end);
    return end;
  }
}

function isHex(byte = 0): boolean {
  return (byte >= 48 && byte < 58) || ((byte | 32) >= 97 && (byte | 32) <= 102);
}

const [LESS, GREATER] = [60, 62];
const LONGEST_TAG = 400;
/** What comes behind the sign of a tag. */
const OPENS = new Uint8Array(256);
OPENS.fill(1, 65, 91);
OPENS.fill(1, 97, 123);
for (const sign of "/?!") OPENS[sign.charCodeAt(0)] = 1;

/** XML tags become blanks, as each line of a key in an office document is a paragraph. Null where there is none. */
export function withoutTags(text: Buffer, work: Work): Buffer | null {
  work.charge(2 * text.length);
  let out: Buffer | null = null;
  for (let at = text.indexOf(LESS); at >= 0; at = text.indexOf(LESS, at + 1)) {
    if (OPENS[text[at + 1] ?? 0] === 0) continue;
    let end = at + 1;
    while (end - at <= LONGEST_TAG && text[end] !== LESS && text[end] !== GREATER && end < text.length) end += 1;
    if (text[end] !== GREATER) continue;
    out ??= Buffer.from(text);
    out.fill(BLANK, at, end + 1);
  }
  return out;
}

/** A patch puts a sign before each line, and a base64 line may begin with the same. Null for what is no patch. */
export function withoutDiffSigns(text: Buffer, work: Work): Buffer | null {
  if (!["@@ ", "diff ", "--- "].some((sign) => startsLine(text, sign))) return null;
  work.charge(text.length);
  const out = Buffer.from(text);
  for (let at = 0; at >= 0 && at < out.length; at = nextLine(out, at)) {
    if (out[at] === 43 || out[at] === 45) out[at] = BLANK;
  }
  return out;
}

function startsLine(text: Buffer, sign: string): boolean {
  return text.indexOf(`\n${sign}`) >= 0 || text.toString("latin1", 0, sign.length) === sign;
}

function nextLine(text: Buffer, at: number): number {
  const newline = text.indexOf(NEWLINE, at);
  return newline < 0 ? -1 : newline + 1;
}
