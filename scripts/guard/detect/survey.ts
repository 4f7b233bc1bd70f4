import type { Region } from "./regions.ts";
import type { Work } from "./work.ts";

/** The parts of a text that may stand for bytes, by what they have so many of. */
export interface Rich {
  /** Upper-case letters, as base64, base85 and uuencode have them. */
  readonly letters: readonly Region[];
  /** Digits, as hex, base32, lists of numbers, dumps and escapes have them. */
  readonly digits: readonly Region[];
}

const CELL = 32;
/**
 * In two cells. Of base64 two characters in five are upper-case letters, of prose and code one in twenty; of hex five
 * in eight are digits, of base32 one in five.
 */
const LETTERS = 10;
const DIGITS = 6;
/** Around what is rich: the rest of a key whose lines have other text between; of a dump's line. */
const LETTERS_MARGIN = 384;
const DIGITS_MARGIN = 192;

/** Upper-case letters count in the low half, digits in the high one. */
const COUNTS = new Uint32Array(256);
COUNTS.fill(1, 65, 91);
COUNTS.fill(0x10000, 48, 58);

/** What of a text is worth decoding: of prose and code little is. */
export function richParts(text: Buffer, work: Work): Rich {
  work.charge(text.length);
  const letters = new Parts(text.length, LETTERS_MARGIN);
  const digits = new Parts(text.length, DIGITS_MARGIN);
  let before = 0;
  for (let cell = 0; cell < text.length; cell += CELL) {
    const stop = Math.min(cell + CELL, text.length);
    let count = 0;
    for (let at = cell; at < stop; at += 1) count += COUNTS[text[at] ?? 0] ?? 0;
    const both = before + count;
    before = count;
    if ((both & 0xffff) >= LETTERS) letters.add(cell - CELL, stop);
    if (both >>> 16 >= DIGITS) digits.add(cell - CELL, stop);
  }
  return { letters: letters.regions, digits: digits.regions };
}

class Parts {
  readonly regions: { from: number; end: number }[] = [];
  readonly #length: number;
  readonly #margin: number;

  constructor(length: number, margin: number) {
    this.#length = length;
    this.#margin = margin;
  }

  add(from: number, end: number): void {
    const [start, stop] = [Math.max(0, from - this.#margin), Math.min(this.#length, end + this.#margin)];
    const last = this.regions.at(-1);
    if (last !== undefined && start <= last.end) last.end = stop;
    else this.regions.push({ from: start, end: stop });
  }
}
