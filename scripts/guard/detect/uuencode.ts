import type { Sink } from "./base64.ts";
import { Bytes } from "./bytes.ts";
import type { Work } from "./work.ts";

/** Fewer bytes are no key. */
const FEWEST = 40;
const [NEWLINE, RETURN, BLANK] = [10, 13, 32];

/** Lines as uuencode writes them: a character for the count of bytes, then four characters for three bytes each. */
export function readUuencode(text: Buffer, work: Work, sink: Sink): void {
  work.charge(2 * text.length);
  let [bytes, start] = [new Bytes(), 0];
  const end = () => {
    const [at, all] = [start, bytes.all];
    if (bytes.length >= FEWEST) sink({ bytes: all, place: () => at });
    if (bytes.length > 0) bytes = new Bytes();
  };
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf(NEWLINE, at);
    const stop = newline < 0 ? text.length : newline;
    if (bytes.length === 0) start = at;
    if (!decodeLine(text, at, text[stop - 1] === RETURN ? stop - 1 : stop, bytes)) end();
    at = stop + 1;
  }
  end();
}

/** One line; blanks at its end may have been cut off, and a checksum of one character may follow. False: it is none. */
function decodeLine(text: Buffer, from: number, end: number, bytes: Bytes): boolean {
  const count = ((text[from] ?? 0) - BLANK) & 0x3f;
  const groups = Math.ceil(count / 3);
  const given = end - from - 1;
  if ((text[from] ?? 0) <= BLANK || (text[from] ?? 0) > 96 || count === 0) return false;
  if (given > 4 * groups + 1 || given < 3 * groups) return false;
  const before = bytes.length;
  for (let group = 0; group < groups; group += 1) {
    let bits = 0;
    for (let index = 0; index < 4; index += 1) {
      const at = from + 1 + 4 * group + index;
      const byte = at < end ? (text[at] ?? BLANK) : BLANK;
      if (byte < BLANK || byte > 96) {
        bytes.cut(before);
        return false;
      }
      bits = bits * 64 + ((byte - BLANK) & 0x3f);
    }
    bytes.pushNumber(bits, 3);
  }
  bytes.cut(before + count);
  return true;
}
