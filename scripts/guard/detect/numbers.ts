import type { Sink } from "./base64.ts";
import type { Work } from "./work.ts";

/** Fewer bytes are no key. */
const FEWEST = 40;
const [ZERO, NINE, MINUS] = [48, 57, 45];

/** What stands between the numbers of a list. */
const GAP = new Uint8Array(256);
for (const character of " \t\r\n,;:|[](){}+\"'`\\&.") GAP[character.charCodeAt(0)] = 1;

/** `(byte) 0x30`, `48u8`, `48 as u8`, `chr(48)`; words of other kinds end a list. */
const CASTS = new Set([
  "byte",
  "Byte",
  "u",
  "U",
  "u8",
  "_u8",
  "i8",
  "_i8",
  "as",
  "uint8_t",
  "int8_t",
  "uint8",
  "char",
  "chr",
  "Chr",
  "CHR",
]);
const LONGEST_CAST = 8;

/**
 * Bytes as a list of numbers, as JSON of a Buffer, and arrays in Go, Java, C or Python have them: decimal, with or
 * without a sign; and octal, where that reads too.
 */
export function readNumbers(text: Buffer, work: Work, sink: Sink): void {
  work.charge(text.length);
  const list = new List(text.length, work, sink);
  for (let at = 0; at < text.length; ) {
    if (GAP[text[at] ?? 0] === 1) {
      at += 1;
      continue;
    }
    const start = at;
    while (at < text.length && GAP[text[at] ?? 0] === 0) at += 1;
    list.token(text, start, at);
  }
  list.flush();
}

class List {
  count = 0;
  readonly #decimal: Buffer;
  readonly #octal: Buffer;
  readonly #work: Work;
  readonly #sink: Sink;
  #start = 0;
  #isOctal = true;

  constructor(size: number, work: Work, sink: Sink) {
    this.#decimal = Buffer.allocUnsafe(Math.ceil(size / 2) + 1);
    this.#octal = Buffer.allocUnsafe(Math.ceil(size / 2) + 1);
    this.#work = work;
    this.#sink = sink;
  }

  /** What stands between two gaps: a number from -128 to 255, with a suffix or without; or a cast. */
  token(text: Buffer, start: number, end: number): void {
    const first = text[start] === MINUS ? start + 1 : start;
    const digit = text[first] ?? 0;
    if (digit >= ZERO && digit <= NINE) this.#number(text, start, first, end);
    else if (this.count > 0) this.#cast(text, start, end);
  }

  #number(text: Buffer, start: number, first: number, end: number): void {
    let [at, decimal, octal] = [first, 0, 0];
    for (; at < end && at - first < 5; at += 1) {
      const digit = (text[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      if (digit > 7) octal = 256;
      decimal = 10 * decimal + digit;
      octal = 8 * octal + digit;
    }
    const value = first > start ? -decimal : decimal;
    const asOctal = octal < 256 && at - first >= 3 && first === start;
    if (at - first > 4 || value < -128 || (value > 255 && !asOctal)) this.flush();
    else {
      this.#push(start, value, asOctal ? octal : -1);
      if (at < end) this.#cast(text, at, end);
    }
  }

  #cast(text: Buffer, start: number, end: number): void {
    if (end - start > LONGEST_CAST || !CASTS.has(text.toString("latin1", start, end))) this.flush();
  }

  #push(at: number, decimal: number, octal: number): void {
    if (this.count === 0) this.#start = at;
    this.#isOctal &&= octal >= 0;
    this.#decimal[this.count] = decimal & 0xff;
    this.#octal[this.count] = octal & 0xff;
    this.count += 1;
  }

  flush(): void {
    const { count } = this;
    this.count = 0;
    const place = () => this.#start;
    const isOctal = this.#isOctal;
    this.#isOctal = true;
    if (count < FEWEST) return;
    this.#work.charge(2 * count);
    this.#sink({ bytes: Buffer.from(this.#decimal.subarray(0, count)), place });
    if (isOctal) this.#sink({ bytes: Buffer.from(this.#octal.subarray(0, count)), place });
  }
}
