import type { Sink } from "./base64.ts";
import type { Work } from "./work.ts";

/** The shortest key has 60 characters. */
const SHORTEST = 56;
/** In words of fewer characters a line of it never stands. */
const SHORTEST_WORD = 32;

const NEWLINE = 10;

const range = (from: string, to: string): string => {
  const [first, last] = [from.charCodeAt(0), to.charCodeAt(0)];
  return String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, index) => first + index));
};
const ALPHANUMERIC = range("0", "9") + range("A", "Z") + range("a", "z");

/** Adobe's, with `z` for four NULs; RFC 1924's, which git and Python use; ZeroMQ's (its RFC 32). */
const ALPHABETS = [
  range("!", "u"),
  `${ALPHANUMERIC}!#$%&()*+-;<=>?@^_\`{|}~`,
  `${range("0", "9")}${range("a", "z")}${range("A", "Z")}.-:+=^!/*?&<>()[]{}@%$#`,
].map((letters) => {
  const codes = new Int8Array(256).fill(-1);
  for (const [value, letter] of [...letters].entries()) codes[letter.charCodeAt(0)] = value;
  return codes;
});
const ZERO_GROUP = -2;
if (ALPHABETS[0] !== undefined) ALPHABETS[0]["z".charCodeAt(0)] = ZERO_GROUP;

/** Words of these alone are base64 or hex. */
const OTHER = new Uint8Array(256).fill(1, 0x21, 0x7f);
for (const character of `${ALPHANUMERIC}+/=-_`) OTHER[character.charCodeAt(0)] = 0;

/** Five characters for four bytes, in long words. */
export function readBase85(text: Buffer, work: Work, sink: Sink): void {
  work.charge(text.length);
  for (const [from, end] of longLines(text)) {
    for (const codes of ALPHABETS) readIn(codes, text, from, end, work, sink);
  }
}

/** Long words, those of lines one below the other together, that are of more than base64's characters. */
function longLines(text: Buffer): (readonly [from: number, end: number])[] {
  const found: [number, number][] = [];
  let [start, other] = [-1, false];
  for (let at = 0; at <= text.length; at += 1) {
    const byte = at < text.length ? (text[at] ?? 0) : 32;
    if (byte > 32 && byte < 127) {
      if (start < 0) [start, other] = [at, false];
      if (OTHER[byte] === 1) other = true;
    } else if (start >= 0) {
      const last = found.at(-1);
      // The last line may be a short one.
      const follows = last !== undefined && start - last[1] <= 2 && text[start - 1] === NEWLINE;
      if (follows) last[1] = at;
      else if (other && at - start >= SHORTEST_WORD) found.push([start, at]);
      start = -1;
    }
  }
  return found.filter(([from, end]) => end - from >= SHORTEST);
}

function readIn(codes: Int8Array, text: Buffer, from: number, to: number, work: Work, sink: Sink): void {
  work.charge(to - from);
  const values = new Int8Array(to - from);
  let [count, start] = [0, from];
  for (let at = from; at <= to; at += 1) {
    const byte = at < to ? (text[at] ?? 0) : 0;
    const value = codes[byte] ?? -1;
    if (value !== -1) {
      if (count === 0) start = at;
      values[count++] = value;
    } else if (byte !== 10 && byte !== 13) {
      if (count >= SHORTEST) decode(values.subarray(0, count), start, work, sink);
      count = 0;
    }
  }
}

/** Each of the five places in a group where the first character can stand. */
function decode(values: Int8Array, start: number, work: Work, sink: Sink): void {
  for (let shift = 0; shift < 5; shift += 1) {
    work.charge(3 * values.length);
    sink({ bytes: unpacked(values, shift), place: () => start });
  }
}

function unpacked(values: Int8Array, shift: number): Buffer {
  let zeros = 0;
  for (let at = shift; at < values.length; at += 1) if (values[at] === ZERO_GROUP) zeros += 1;
  const bytes = Buffer.allocUnsafe(4 * (zeros + Math.ceil((values.length - zeros) / 5)));
  let [next, group, sum] = [0, 0, 0];
  for (let at = shift; at < values.length; at += 1) {
    const value = values[at] ?? 0;
    if (value === ZERO_GROUP) {
      // Within a group it is no zero, but a stray letter.
      if (group === 0) next = put(bytes, next, 0);
      continue;
    }
    sum = sum * 85 + value;
    group += 1;
    if (group < 5) continue;
    next = put(bytes, next, sum);
    [group, sum] = [0, 0];
  }
  if (group > 1) {
    for (let fill = group; fill < 5; fill += 1) sum = sum * 85 + 84;
    next = put(bytes, next, sum) - 5 + group;
  }
  return bytes.subarray(0, next);
}

/** Four bytes of a number, which may be larger; where they end. */
function put(bytes: Buffer, at: number, number: number): number {
  const word = number >>> 0;
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
  return at + 4;
}
