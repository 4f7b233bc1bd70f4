import type { Sink } from "./base64.ts";
import type { Work } from "./work.ts";

/** The shortest key has 77 characters; half of a longer one is enough to know it. */
const SHORTEST = 64;
/** Shorter words are prose. */
const SHORTEST_WORD = 8;
/** No word of prose is so long. */
const LINE = 48;
/** One character in so many is a digit: of random bytes three in sixteen are, of a text fewer. */
const DIGITS = 32;

/** RFC 4648, 6 and 7: values by character, in either case. */
const ALPHABETS = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV"].map((letters) => {
  const codes = new Int8Array(256).fill(-1);
  for (const [value, letter] of [...letters].entries()) {
    codes[letter.charCodeAt(0)] = value;
    codes[letter.toLowerCase().charCodeAt(0)] = value;
  }
  return codes;
});

const [NONE, UPPER, LOWER, DIGIT, BEYOND_HEX] = [0, 1, 2, 4, 8];
const CLASS = new Uint8Array(256);
CLASS.fill(UPPER, 65, 71);
CLASS.fill(UPPER | BEYOND_HEX, 71, 91);
CLASS.fill(LOWER, 97, 103);
CLASS.fill(LOWER | BEYOND_HEX, 103, 123);
CLASS.fill(DIGIT, 48, 58);

/** base32 in long words of one case, whatever white space and quotes stand between. */
export function readBase32(text: Buffer, work: Work, sink: Sink): void {
  work.charge(2 * text.length);
  let [start, end, total, digits, letters, longest] = [0, 0, 0, 0, NONE, 0];
  const flush = () => {
    const isProse = digits * DIGITS < total && longest < LINE;
    if (total >= SHORTEST && !isProse && (letters & BEYOND_HEX) !== 0) {
      for (const codes of ALPHABETS) readIn(codes, text.subarray(start, end), start, work, sink);
    }
    total = 0;
    digits = 0;
    letters = NONE;
    longest = 0;
  };
  for (let at = 0; at < text.length; ) {
    if (CLASS[text[at] ?? 0] === NONE) {
      at += 1;
      continue;
    }
    let [stop, count, classes] = [at, 0, NONE];
    for (let kind = CLASS[text[stop] ?? 0] ?? 0; kind !== NONE; kind = CLASS[text[++stop] ?? 0] ?? 0) {
      // A word of the other case may stand before it without a gap.
      if (isMixed(classes | kind)) break;
      classes |= kind;
      if (kind === DIGIT) count += 1;
    }
    if (isMixed(letters | classes)) flush();
    if (total === 0) start = at;
    [end, total, digits, letters] = [stop, total + stop - at, digits + count, letters | classes];
    longest = Math.max(longest, stop - at);
    // The last word of a text may be short.
    if (stop - at < SHORTEST_WORD) flush();
    at = stop;
  }
  flush();
}

function isMixed(classes: number): boolean {
  return (classes & (UPPER | LOWER)) === (UPPER | LOWER);
}

function readIn(codes: Int8Array, text: Buffer, start: number, work: Work, sink: Sink): void {
  const values = Buffer.allocUnsafe(text.length);
  let count = 0;
  for (const byte of text) {
    const value = codes[byte] ?? -1;
    if (value >= 0) values[count++] = value;
    // A digit or letter of the other alphabet.
    else if (CLASS[byte] !== NONE) return;
  }
  if (count >= SHORTEST) decode(values.subarray(0, count), start, work, sink);
}

/** Each of the eight places in a byte where a group of five bits can begin. */
function decode(values: Buffer, start: number, work: Work, sink: Sink): void {
  for (let shift = 0; shift < 8; shift += 1) {
    work.charge(2 * values.length);
    sink({ bytes: packed(values, shift), place: () => start });
  }
}

function packed(values: Buffer, shift: number): Buffer {
  const bytes = Buffer.allocUnsafe(Math.floor(((values.length - shift) * 5) / 8));
  let [bits, held, next] = [0, 0, 0];
  for (let at = shift; at < values.length && next < bytes.length; at += 1) {
    bits = ((bits << 5) | (values[at] ?? 0)) & 0xfff;
    held += 5;
    if (held >= 8) {
      held -= 8;
      bytes[next++] = bits >> held;
    }
  }
  return bytes.subarray(0, next);
}
