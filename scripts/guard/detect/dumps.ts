import type { Sink } from "./base64.ts";
import { Bytes } from "./bytes.ts";
import type { Work } from "./work.ts";

/** Fewer bytes are no key. */
const FEWEST = 40;
/** No line of a dump is longer. */
const LONGEST_LINE = 400;
const [NEWLINE, COLON, ASTERISK] = [10, 58, 42];

/** Before a line of a dump: a byte order mark, what is left of other bytes, quotes, the signs of comments and mail. */
const BEFORE = new Uint8Array(256);
BEFORE.fill(1, 0, 9);
BEFORE.fill(1, 127);
for (const sign of "\"'`>#/+|;") BEFORE[sign.charCodeAt(0)] = 1;

/** What od, hexdump and xxd print for the bytes of one word: digits of a base. Negative numbers are of `od -td1`. */
interface Shape {
  readonly token: RegExp;
  readonly base: number;
  readonly bytes: 1 | 2 | 4 | 8;
}

const SHAPES: readonly Shape[] = [
  { token: /^[0-9a-f]{2}$/i, base: 16, bytes: 1 },
  { token: /^[0-3][0-7]{2}$/, base: 8, bytes: 1 },
  { token: /^-?[0-9]{1,3}$/, base: 10, bytes: 1 },
  { token: /^[01]{8}$/, base: 2, bytes: 1 },
  { token: /^[0-9a-f]{4}$/i, base: 16, bytes: 2 },
  { token: /^[0-9]{5}$/, base: 10, bytes: 2 },
  { token: /^[01][0-7]{5}$/, base: 8, bytes: 2 },
  { token: /^[0-9a-f]{8}$/i, base: 16, bytes: 4 },
  { token: /^[0-3][0-7]{10}$/, base: 8, bytes: 4 },
  { token: /^[0-9a-f]{16}$/i, base: 16, bytes: 8 },
];

/** Characters of a variable's name. */
const NAME = new Uint8Array(256);
for (let code = 48; code < 123; code += 1) if (/[\w]/.test(String.fromCharCode(code))) NAME[code] = 1;

const OFFSET = /^[ \t]*[0-9a-f]{4,16}(?::|(?=[ \t]))/i;
/** The column of characters: behind blanks a bar or an angle bracket (hexdump, od); of xxd, behind two blanks. */
const CHARACTERS = /[ \t]+[|>].*$/;
const CHARACTERS_OF_XXD = /[ \t]{2,}(?![ \t]).*$/;

/** How the second line of `od -c` begins, and of `hexdump -c`: what they print need not have many digits. */
const SECOND_LINES = ["\n0000020 ", "\n0000010 "];

/** Whether there is a dump of characters. */
export function hasCharacterDump(text: Buffer): boolean {
  return SECOND_LINES.some((line) => text.includes(line));
}

/** Lines of a dump: offsets before them, characters behind, words of whatever size and byte order between. */
export function readDumps(text: Buffer, work: Work, sink: Sink): void {
  work.charge(text.length);
  const dump = new Dump(work, sink);
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf(NEWLINE, at);
    const end = newline < 0 ? text.length : newline;
    at = afterName(text, at, end);
    while (at < end && BEFORE[text[at] ?? 0] === 1) at += 1;
    if (mayBeDump(text, at, end, dump.goesOn)) dump.line(text.toString("latin1", at, end), at);
    // Lines that are like the one before, left out.
    else if (text[at] !== ASTERISK || end - at > 3) dump.flush();
    at = end + 1;
  }
  dump.flush();
}

const LONGEST_NAME = 40;
const EQUALS = 61;

/** Past `name=`, behind which the first line of a dump may stand. */
function afterName(text: Buffer, from: number, end: number): number {
  let [at, isName] = [from, false];
  for (; at < end && at - from < LONGEST_NAME && NAME[text[at] ?? 0] === 1; at += 1) isName ||= !isDigit(text[at]);
  // Digits alone are an offset, and `=` may be the first character of a dump.
  if (!isName) return from;
  while (at < end && isBlank(text[at])) at += 1;
  if (text[at] !== EQUALS) return from;
  at += 1;
  while (at < end && isBlank(text[at])) at += 1;
  return at;
}

/** Whether a line begins with a word of digits, and another word comes; the last line has perhaps one. */
function mayBeDump(text: Buffer, from: number, end: number, goesOn: boolean): boolean {
  if (end - from < (goesOn ? 2 : 8) || end - from > LONGEST_LINE) return false;
  let at = from;
  while (at < end && isBlank(text[at])) at += 1;
  const word = at;
  while (at < end && isDigit(text[at])) at += 1;
  if (at === word) return text[at] === 45;
  return at < end ? isBlank(text[at]) || text[at] === COLON : goesOn;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9;
}

function isDigit(byte = 0): boolean {
  return (byte >= 48 && byte < 58) || ((byte | 32) >= 97 && (byte | 32) <= 102);
}

/** One way of reading a dump, and what it has read so far. */
interface Reading {
  readonly bytes: Bytes;
  readonly size: Shape["bytes"];
}

class Dump {
  readonly #work: Work;
  readonly #sink: Sink;
  #readings = new Map<string, Reading>();
  #start = 0;

  constructor(work: Work, sink: Sink) {
    this.#work = work;
    this.#sink = sink;
  }

  get goesOn(): boolean {
    return this.#readings.size > 0;
  }

  /** One line, with its offset or, as `od -An` prints it, without. */
  line(line: string, at: number): void {
    this.#work.charge(40 * line.length);
    const before = this.#readings;
    this.#readings = new Map();
    if (before.size === 0) this.#start = at;
    const offset = OFFSET.exec(line)?.[0] ?? "";
    const behind = offset.endsWith(":") ? CHARACTERS_OF_XXD : CHARACTERS;
    this.#words(before, "after an offset", line.slice(offset.length).trimStart().replace(behind, ""));
    if (!offset.endsWith(":")) this.#words(before, "alone", line.replace(CHARACTERS, ""));
    const columns = offset === "" ? null : characters(line.slice(offset.length));
    if (columns !== null) this.#reading(before, "characters", 1).bytes.add(columns);
    this.#end(before);
  }

  #words(before: ReadonlyMap<string, Reading>, name: string, body: string): void {
    const tokens = body
      .trimStart()
      .replace(CHARACTERS, "")
      .trimEnd()
      .split(/[ \t]+/);
    for (const [index, shape] of SHAPES.entries()) {
      if (!tokens.every((token) => shape.token.test(token))) continue;
      const { bytes } = this.#reading(before, `${name} ${index}`, shape.bytes);
      for (const token of tokens) pushWord(bytes, token, shape);
    }
  }

  #reading(before: ReadonlyMap<string, Reading>, name: string, size: Reading["size"]): Reading {
    const reading = before.get(name) ?? { bytes: new Bytes(), size };
    this.#readings.set(name, reading);
    return reading;
  }

  flush(): void {
    if (this.#readings.size === 0) return;
    const before = this.#readings;
    this.#readings = new Map();
    this.#end(before);
  }

  /** Readings that do not go on with the newest line. */
  #end(before: ReadonlyMap<string, Reading>): void {
    const start = this.#start;
    const place = () => start;
    for (const [name, { bytes, size }] of before) {
      if (this.#readings.has(name) || bytes.length < FEWEST) continue;
      this.#sink({ bytes: bytes.all, place });
      if (size > 1) this.#sink({ bytes: swapped(Buffer.from(bytes.all), size), place });
    }
  }
}

function pushWord(into: Bytes, token: string, { base, bytes }: Shape): void {
  if (bytes < 8) {
    into.pushNumber(Number.parseInt(token, base) >>> 0, bytes);
    return;
  }
  // A number holds no eight bytes.
  into.pushNumber(Number.parseInt(token.slice(0, 8), base), 4);
  into.pushNumber(Number.parseInt(token.slice(8), base), 4);
}

/** Words of the other byte order. */
function swapped(bytes: Buffer, size: Reading["size"]): Buffer {
  const whole = bytes.subarray(0, bytes.length - (bytes.length % size));
  return size === 2 ? whole.swap16() : size === 4 ? whole.swap32() : whole.swap64();
}

const ESCAPES = new Map([..."0abtnvfr"].map((letter, index) => [`\\${letter}`, [0, 7, 8, 9, 10, 11, 12, 13][index]]));

/** `od -c` and `hexdump -c`: a column of four for each byte: a character, an escape, or three octal digits. */
function characters(body: string): number[] | null {
  if (!/^(?: {3}\S| {2}\\| [0-3][0-7]{2}| {4})/.test(body)) return null;
  const bytes: number[] = [];
  for (let at = 0; at + 4 <= body.length; at += 4) {
    const token = body.slice(at, at + 4).trim();
    const value = /^[0-3][0-7]{2}$/.test(token) ? Number.parseInt(token, 8) : ESCAPES.get(token);
    if (value === undefined && token.length > 1) return null;
    bytes.push(value ?? (token === "" ? 32 : token.charCodeAt(0)));
  }
  return bytes;
}
