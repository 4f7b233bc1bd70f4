/** Part of a buffer: offsets of its first byte and past its last. */
export interface Region {
  readonly from: number;
  readonly end: number;
}

/** Characters in a row that make a text; in random bytes so many are met once in five megabytes. */
const RUN = 16;
/** Bytes that are no text, between two texts that are read as one: records of a fixed length, separators. */
const WIDEST_GAP = 128;

const NONE = 0;
const TEXTUAL = 1;
const PRINTABLE = 2;

/** By byte. Beyond ASCII, and for the controls of terminals, a text goes on; but these alone make none. */
const CLASS = new Uint8Array(256);
CLASS.fill(TEXTUAL, 0x80);
CLASS.fill(PRINTABLE, 0x20, 0x7f);
for (const byte of [9, 10, 13]) CLASS[byte] = PRINTABLE;
for (const byte of [1, 7, 8, 11, 12, 27]) CLASS[byte] = TEXTUAL;

/** Where bytes are text: stretches with at least RUN characters in a row, and all that can belong to them. */
export function textRegions(bytes: Buffer): Region[] {
  const found = new Joined();
  let at = 0;
  for (let run = nextRun(bytes, at); run >= 0; run = nextRun(bytes, at)) {
    const from = extend(bytes, run, -1, at);
    at = extend(bytes, run + RUN, 1, bytes.length);
    found.add(from, at);
  }
  return found.regions;
}

/** Regions in order; those that lie near one another are one. */
class Joined {
  readonly regions: { from: number; end: number }[] = [];

  add(from: number, end: number): void {
    const last = this.regions.at(-1);
    if (last !== undefined && from - last.end <= WIDEST_GAP) last.end = end;
    else this.regions.push({ from, end });
  }
}

/** Whether there is any. */
export function hasText(bytes: Buffer): boolean {
  return nextRun(bytes, 0) >= 0;
}

/** Where RUN printable bytes begin, or -1. Looks at each RUNth byte, as Boyer and Moore do. */
function nextRun(bytes: Buffer, start: number): number {
  let last = start + RUN - 1;
  while (last < bytes.length) {
    let at = last;
    while (at > last - RUN && CLASS[bytes[at] ?? 0] === PRINTABLE) at -= 1;
    if (at === last - RUN) return at + 1;
    last = at + RUN;
  }
  return -1;
}

function extend(bytes: Buffer, start: number, step: 1 | -1, limit: number): number {
  let at = start;
  if (step === 1) while (at < limit && CLASS[bytes[at] ?? 0] !== NONE) at += 1;
  else while (at > limit && CLASS[bytes[at - 1] ?? 0] !== NONE) at -= 1;
  return at;
}

/** Characters of 16 or 32 bits in a row that make a text. */
const WIDE_RUN = 12;

/** UTF-16 and UTF-32 of ASCII, of either byte order: each character between one to three NULs. */
export function wideRegions(bytes: Buffer): Region[] {
  const found = new Joined();
  const length = bytes.length;
  let [from, characters, zeros] = [0, 0, 0];
  const begin = (at: number, count: number) => {
    if (characters >= WIDE_RUN) found.add(from, at);
    from = at;
    characters = count;
    zeros = 0;
  };
  let at = bytes.indexOf(0);
  if (at < 0) return [];
  for (at = Math.max(0, at - 1); at < length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) {
      zeros += 1;
      if (zeros <= 3) continue;
      while (bytes[at + 1] === 0) at += 1;
      begin(at, 0);
    } else if (CLASS[byte] === PRINTABLE && zeros > 0) {
      characters += 1;
      zeros = 0;
    } else {
      // Of bytes without zeros between, the last may be the first character.
      while (at + 1 < length && bytes[at + 1] !== 0) at += 1;
      begin(at, CLASS[bytes[at] ?? 0] === PRINTABLE ? 1 : 0);
    }
  }
  begin(length, 0);
  return found.regions;
}

/** A region without its NULs. */
export function withoutZeros(bytes: Buffer, { from, end }: Region): Buffer {
  const dense = Buffer.allocUnsafe(end - from);
  let length = 0;
  for (let at = from; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte !== 0) dense[length++] = byte;
  }
  return dense.subarray(0, length);
}
