import type { Sink } from "./base64.ts";
import type { Work } from "./work.ts";

/** Fewer bytes are no key. */
const FEWEST = 40;
const [NEWLINE, RETURN, BLANK] = [10, 13, 32];

/** Lines as uuencode writes them: a character for the count of bytes, then four characters for three bytes each. */
export function readUuencode(text: Buffer, work: Work, sink: Sink): void {
  work.charge(text.length);
  let lines: Buffer[] = [];
  let start = 0;
  const end = () => {
    const bytes = Buffer.concat(lines);
    const at = start;
    lines = [];
    if (bytes.length >= FEWEST) sink({ bytes, place: () => at });
  };
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf(NEWLINE, at);
    const stop = newline < 0 ? text.length : newline;
    const line = decodeLine(text, at, text[stop - 1] === RETURN ? stop - 1 : stop);
    if (line === null) {
      if (lines.length > 0) end();
    } else {
      if (lines.length === 0) start = at;
      lines.push(line);
      work.charge(2 * line.length);
    }
    at = stop + 1;
  }
  if (lines.length > 0) end();
}

/** One line; blanks at its end may have been cut off, and a checksum of one character may follow. */
function decodeLine(text: Buffer, from: number, end: number): Buffer | null {
  const count = ((text[from] ?? 0) - BLANK) & 0x3f;
  const groups = Math.ceil(count / 3);
  const given = end - from - 1;
  if ((text[from] ?? 0) <= BLANK || (text[from] ?? 0) > 96 || count === 0) return null;
  if (given > 4 * groups + 1 || given < 3 * groups) return null;
  const bytes = Buffer.alloc(3 * groups);
  for (let group = 0; group < groups; group += 1) {
    let bits = 0;
    for (let index = 0; index < 4; index += 1) {
      const at = from + 1 + 4 * group + index;
      const byte = at < end ? (text[at] ?? BLANK) : BLANK;
      if (byte < BLANK || byte > 96) return null;
      bits = bits * 64 + ((byte - BLANK) & 0x3f);
    }
    bytes.writeUIntBE(bits, 3 * group, 3);
  }
  return bytes.subarray(0, count);
}
