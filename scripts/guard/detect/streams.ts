/** Characters of an encoding that stood in a row, whatever was between them, and where each piece of them began. */
export interface Stream {
  readonly characters: Buffer;
  /** Pairs: offset in `characters`, offset in the text. */
  readonly places: readonly number[];
  /** A word too short for a line of a key stands before another word. */
  readonly mixed: boolean;
}

export interface StreamOptions {
  /** base64url: `-` and `_` are characters, and come out as `+` and `/`. */
  readonly url: boolean;
  /** Words shorter than this are no part of it: code and prose between the lines of a key. */
  readonly shortest: number;
}

/** Nothing shorter holds a key. */
const SHORTEST_STREAM = 40;
/** The last line of a key aside, none is shorter, where words of other text stand between its lines. */
export const LINE = 20;
/** How much of other text may stand between two words when short words are dropped. */
const WIDEST_GAP = 120;

const PLAIN = table("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const URL = table("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
URL[45] = 43;
URL[95] = 47;

function table(alphabet: string): Uint8Array {
  const codes = new Uint8Array(256);
  for (const character of alphabet) codes[character.charCodeAt(0)] = character.charCodeAt(0);
  return codes;
}

const [DASH, DOT, PLUS, SLASH] = [45, 46, 43, 47];
/** See unescape.ts: a place that is no character. */
const FILLER = 1;

/**
 * base64 as it stands in files: lines, indentation, quotes, concatenation, comment signs between its words are
 * passed over. Three dots or dashes, or an ellipsis, end it: a PEM boundary, or documentation that leaves a key out.
 */
export function base64Streams(text: Buffer, { url, shortest }: StreamOptions): Stream[] {
  const codes = url ? URL : PLAIN;
  const builder = new Builder(text.length);
  const length = text.length;
  let at = 0;
  while (at < length) {
    const byte = text[at] ?? 0;
    if (codes[byte] === 0) {
      if (breaksAt(text, at, byte)) builder.end();
      // A word of base64 proper is none of base64url: without these characters it would be another one.
      else if (url && (byte === PLUS || byte === SLASH) && touches(codes, text, at)) builder.end();
      at += 1;
      continue;
    }
    if (byte === DASH && isRule(codes, text, at)) {
      builder.end();
      while (text[at] === DASH) at += 1;
      continue;
    }
    const start = at;
    let only = true;
    for (; at < length; at += 1) {
      const code = codes[text[at] ?? 0] ?? 0;
      if (code === 0) {
        if (text[at] === FILLER) continue;
        break;
      }
      if (url && text[at] === DASH && isRule(codes, text, at)) break;
      if (code !== PLUS && code !== SLASH) only = false;
      builder.push(code);
    }
    builder.word(start, at, only || at - start < shortest, shortest > 0);
  }
  builder.end();
  return builder.streams;
}

/** Dashes of a PEM boundary, or of a rule between paragraphs; three or four within a word of base64url are its own. */
function isRule(codes: Uint8Array, text: Buffer, at: number): boolean {
  let [start, end] = [at, at];
  while (text[start - 1] === DASH) start -= 1;
  while (text[end] === DASH) end += 1;
  const within = codes[text[start - 1] ?? 0] !== 0 && codes[text[end] ?? 0] !== 0;
  return end - start >= 5 || (end - start >= 3 && !within);
}

function touches(codes: Uint8Array, text: Buffer, at: number): boolean {
  return codes[text[at - 1] ?? 0] !== 0 || codes[text[at + 1] ?? 0] !== 0;
}

function breaksAt(text: Buffer, at: number, byte: number): boolean {
  if (byte === DASH || byte === DOT) return text[at + 1] === byte && text[at + 2] === byte;
  return byte === 0xe2 && text[at + 1] === 0x80 && text[at + 2] === 0xa6;
}

/** Collects words into streams, without a string for each. */
class Builder {
  readonly streams: Stream[] = [];
  readonly #out: Buffer;
  #begin = 0;
  #word = 0;
  #next = 0;
  #places: number[] = [];
  #last = 0;
  #short = false;
  #mixed = false;

  constructor(size: number) {
    this.#out = Buffer.allocUnsafe(size);
  }

  push(code: number): void {
    this.#out[this.#next++] = code;
  }

  /** The characters pushed since the last word are one, or are dropped. */
  word(start: number, end: number, drop: boolean, gapped: boolean): void {
    if (drop) {
      this.#next = this.#word;
      return;
    }
    if (gapped && start - this.#last > WIDEST_GAP && this.#word > this.#begin) this.#split();
    this.#places.push(this.#word - this.#begin, start);
    this.#mixed ||= this.#short;
    this.#short = this.#next - this.#word < LINE;
    this.#word = this.#next;
    this.#last = end;
  }

  /** What was collected before the current word is a stream of its own. */
  #split(): void {
    const word = this.#word;
    const next = this.#next;
    this.#close(word);
    this.#begin = word;
    this.#next = next;
  }

  end(): void {
    this.#close(this.#next);
    this.#begin = this.#next;
    this.#word = this.#next;
  }

  #close(end: number): void {
    if (end - this.#begin >= SHORTEST_STREAM) {
      const characters = this.#out.subarray(this.#begin, end);
      this.streams.push({ characters, places: this.#places, mixed: this.#mixed });
    }
    this.#places = [];
    this.#short = false;
    this.#mixed = false;
  }
}

/** Where in the text a stream's character stood. */
export function placeOf({ places }: Stream, offset: number): number {
  let low = 0;
  let high = places.length / 2 - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((places[2 * middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return (places[2 * low + 1] ?? 0) + offset - (places[2 * low] ?? 0);
}

const HEX = table("0123456789abcdefABCDEF");
/** The shortest key, Ed25519 in PKCS#8, has 96 digits; a raw git-crypt key has more. */
const SHORTEST_HEX = 80;
const X = 120;
const BACKSLASH = 92;
const ZERO = 48;
/** Between bytes: white space, `:`, `,`, `;`, `-`, quotes, `+`, braces of no meaning. */
const HEX_GAP = table(" \t\r\n:,;-\"'+\\|");

/** Hexadecimal digits in a row: `30:82`, `0x30, 0x82`, `\x30\x82`, one long word, lines. */
export function hexStreams(text: Buffer): Stream[] {
  const builder = new Builder(text.length);
  let count = 0;
  let at = 0;
  let start = 0;
  const end = () => {
    builder.word(start, at, count < SHORTEST_HEX, false);
    builder.end();
    count = 0;
  };
  while (at < text.length) {
    const byte = text[at] ?? 0;
    const next = text[at + 1] ?? 0;
    if ((byte === ZERO || byte === BACKSLASH) && (next === X || next === 88)) at += 2;
    else if (HEX[byte] !== 0) {
      if (count === 0) start = at;
      builder.push(byte);
      count += 1;
      at += 1;
    } else if (HEX_GAP[byte] !== 0) at += 1;
    else {
      if (count > 0) end();
      at += 1;
    }
  }
  end();
  return builder.streams;
}
