import type { Sink } from "./base64.ts";
import type { Work } from "./work.ts";

/** The shortest key, Ed25519 in PKCS#8, has 96 digits; a raw git-crypt key has more. */
const SHORTEST_HEX = 80;
const [ZERO, BACKSLASH] = [48, 92];

const DIGIT = 1;
const GAP = 2;
const X = 3;

/** By byte. Between bytes stand white space, `:`, `,`, `;`, `-`, quotes, `+`, braces of no meaning. */
const CLASS = new Uint8Array(256);
for (const character of "0123456789abcdefABCDEF") CLASS[character.charCodeAt(0)] = DIGIT;
for (const character of " \t\r\n:,;-\"'+\\|") CLASS[character.charCodeAt(0)] = GAP;
for (const character of "xX") CLASS[character.charCodeAt(0)] = X;

/** Hexadecimal digits in a row: `30:82`, `0x30, 0x82`, `\x30\x82`, one long word, lines. */
export function readHex(text: Buffer, work: Work, sink: Sink): void {
  work.charge(text.length);
  const digits = Buffer.allocUnsafe(text.length);
  let [count, start] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at] ?? 0;
    const kind = CLASS[byte];
    if ((byte === ZERO || byte === BACKSLASH) && CLASS[text[at + 1] ?? 0] === X) at += 1;
    else if (kind === DIGIT) {
      if (count === 0) start = at;
      digits[count++] = byte;
    } else if (kind !== GAP) {
      if (count >= SHORTEST_HEX) decodeHex(digits.subarray(0, count), start, work, sink);
      count = 0;
    }
  }
  if (count >= SHORTEST_HEX) decodeHex(digits.subarray(0, count), start, work, sink);
}

/** Both alignments: what stands before may be a digit too. */
function decodeHex(digits: Buffer, start: number, work: Work, sink: Sink): void {
  for (let shift = 0; shift < 2; shift += 1) {
    work.charge(digits.length);
    sink({ bytes: Buffer.from(digits.toString("latin1", shift), "hex"), place: () => start });
  }
}
