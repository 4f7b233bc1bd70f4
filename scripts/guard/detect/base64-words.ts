import { FILLER } from "./unescape.ts";
import type { Work } from "./work.ts";

export interface Options {
  /** base64url: `-` and `_` are characters, and come out as `+` and `/`. */
  readonly url: boolean;
  /** Words shorter than this are no part of it: code and prose between the lines of a key. */
  readonly shortest: number;
  /** Three dots or dashes, or an ellipsis, end a stream: a PEM boundary, or documentation that leaves a key out. */
  readonly breaks: boolean;
  /** Only what stands in quotes: the elements of an array, and no numbers or names between them. */
  readonly quoted: boolean;
}

export type Span = readonly [from: number, end: number];

/** Nothing shorter holds a key. */
export const SHORTEST_STREAM = 40;
/** The last line of a key aside, none is shorter, where words of other text stand between its lines. */
export const LINE = 20;
/** How much of other text may stand between two words when short words are dropped. */
const WIDEST_GAP = 120;
/** Of a long word's characters that can be base64's, one in so many is an upper-case letter. */
const UPPER = 8;

const PLAIN = table("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const URL = table("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
URL[45] = 43;
URL[95] = 47;

function table(alphabet: string): Uint8Array {
  const codes = new Uint8Array(256);
  for (const character of alphabet) codes[character.charCodeAt(0)] = character.charCodeAt(0);
  return codes;
}

const [DASH, DOT, PLUS, SLASH, UNDERSCORE, BACKTICK] = [45, 46, 43, 47, 95, 96];
const [QUOTE, APOSTROPHE] = [34, 39];

/** Collects words into streams, without a string for each. */
export class Collector {
  /** Of all streams, one after the other. */
  readonly characters: Buffer;
  readonly streams: Span[] = [];
  /** Characters in words of the length of a line, in words of base64url, and in quotes, that can be a key's. */
  long = 0;
  url = 0;
  quoted = 0;
  /** There are shorter words, and boundaries. */
  short = false;
  broken = false;
  readonly #text: Buffer;
  readonly #options: Options;
  readonly #codes: Uint8Array;
  #begin = 0;
  #word = 0;
  #next = 0;
  #last = 0;
  #shortBefore = false;
  /** Characters in a row of words with a single `-` or `_` between. */
  #joined = 0;
  /** The character whose place is asked for, and the place. */
  #wanted = -1;
  #place = 0;

  constructor(text: Buffer, options: Options) {
    this.#text = text;
    this.#options = options;
    this.#codes = options.url ? URL : PLAIN;
    this.characters = Buffer.allocUnsafe(text.length);
  }

  /** Where in the text a character stands: it is looked for anew, as few are ever asked for. */
  placeOf(character: number, work: Work): number {
    work.charge(2 * this.#text.length);
    const again = new Collector(this.#text, this.#options);
    again.#wanted = character;
    again.collect();
    return again.#place;
  }

  collect(): void {
    const [text, codes, length] = [this.#text, this.#codes, this.#text.length];
    let at = 0;
    while (at < length) {
      const byte = text[at] ?? 0;
      if (byte === DASH || byte === DOT || byte === 0xe2 || codes[byte] === 0) at = this.#between(at, byte);
      else {
        const end = this.#characters(at);
        this.#accept(at, end);
        at = end;
      }
    }
    this.#end();
  }

  /** The characters of a word that begins here; where it ends. */
  #characters(start: number): number {
    const [text, codes, characters] = [this.#text, this.#codes, this.characters];
    const { url } = this.#options;
    let next = this.#next;
    let at = start;
    for (; at < text.length; at += 1) {
      const byte = text[at] ?? 0;
      const code = codes[byte] ?? 0;
      if (code === 0) {
        if (byte === FILLER) continue;
        break;
      }
      if (url && byte === DASH && isRule(codes, text, at)) break;
      if (next === this.#wanted) this.#place = at;
      characters[next++] = code;
    }
    this.#next = next;
    return at;
  }

  /** What is no character, or may be a boundary: where to go on. */
  #between(at: number, byte: number): number {
    const [text, codes] = [this.#text, this.#codes];
    const { url, breaks } = this.#options;
    const isBreak = url && byte === DASH ? isRule(codes, text, at) : breaksAt(text, at, byte);
    if (isBreak) {
      this.broken = true;
      if (breaks) this.#end();
      let end = at + 1;
      while (text[end] === byte) end += 1;
      return end;
    }
    if (codes[byte] !== 0) {
      // A single dash of base64url begins a word.
      const end = this.#characters(at);
      this.#accept(at, end);
      return end;
    }
    // A word of base64 proper is none of base64url: without these characters it would be another one.
    if (url && (byte === PLUS || byte === SLASH) && (isCode(codes, text[at - 1]) || isCode(codes, text[at + 1])))
      this.#end();
    return at + 1;
  }

  /** The characters since the last word are one, or are dropped. */
  #accept(start: number, end: number): void {
    const { shortest, quoted } = this.#options;
    const length = this.#next - this.#word;
    const isAlone = isEdge(this.#text[start - 1]) && isEdge(this.#text[end]);
    if (end - start < shortest || (quoted && !isAlone) || this.#onlySigns()) {
      this.#next = this.#word;
      return;
    }
    if (shortest === 0 && !quoted) this.#count(start, length, isAlone);
    // What was collected before a wide gap is a stream of its own.
    if (shortest > 0 && start - this.#last > WIDEST_GAP && this.#word > this.#begin) {
      this.#close(this.#word);
      this.#begin = this.#word;
    }
    this.#word = this.#next;
    this.#last = end;
  }

  /** What the first reading sees of the words that others would read. */
  #count(start: number, length: number, isAlone: boolean): void {
    const before = this.#text[start - 1];
    const joins = start - this.#last === 1 && (before === DASH || before === UNDERSCORE);
    this.#joined = joins ? this.#joined + length + 1 : length;
    // A short word at the end of a stream is the last line of a key.
    this.short ||= this.#shortBefore;
    this.#shortBefore = length < LINE;
    if (length < LINE && this.#joined < LINE && !isAlone) return;
    let upper = 0;
    for (let at = this.#word; at < this.#next; at += 1) {
      const code = this.characters[at] ?? 0;
      if (code < 91 && code > 64) upper += 1;
    }
    if (upper * UPPER < length) return;
    if (length >= LINE) this.long += length;
    const after = this.#text[start + length];
    const touches = [before, after].some((byte) => byte === DASH || byte === UNDERSCORE);
    if (touches && this.#joined >= LINE) this.url += length;
    if (isAlone) this.quoted += length;
  }

  /** `+` and `/` alone are no word: they join strings, and begin comments. */
  #onlySigns(): boolean {
    for (let at = this.#word; at < this.#next; at += 1) {
      const code = this.characters[at];
      if (code !== PLUS && code !== SLASH) return false;
    }
    return true;
  }

  #end(): void {
    this.#close(this.#word);
    this.#next = this.#word;
    this.#begin = this.#word;
    this.#shortBefore = false;
  }

  #close(end: number): void {
    if (end - this.#begin >= SHORTEST_STREAM) this.streams.push([this.#begin, end]);
  }
}

function isCode(codes: Uint8Array, byte = 0): boolean {
  return codes[byte] !== 0;
}

/** A quote, or the boundary of a PEM block within one. */
function isEdge(byte: number | undefined): boolean {
  return byte === DASH || byte === QUOTE || byte === APOSTROPHE || byte === BACKTICK;
}

/** Dashes of a PEM boundary, or of a rule between paragraphs; three or four within a word of base64url are its own. */
function isRule(codes: Uint8Array, text: Buffer, at: number): boolean {
  let [start, end] = [at, at];
  while (at - start < 8 && text[start - 1] === DASH) start -= 1;
  while (end - at < 8 && text[end] === DASH) end += 1;
  const within = codes[text[start - 1] ?? 0] !== 0 && codes[text[end] ?? 0] !== 0;
  return end - start >= 5 || (end - start >= 3 && !within);
}

function breaksAt(text: Buffer, at: number, byte: number): boolean {
  if (byte === DASH || byte === DOT) return text[at + 1] === byte && text[at + 2] === byte;
  return byte === 0xe2 && text[at + 1] === 0x80 && text[at + 2] === 0xa6;
}
