import { readBase32 } from "./base32.ts";
import { readBase64, type Sink } from "./base64.ts";
import { readBase85 } from "./base85.ts";
import { readDumps } from "./dumps.ts";
import { readHex } from "./hex.ts";
import { readNumbers } from "./numbers.ts";
import type { Rich } from "./survey.ts";
import { readUuencode } from "./uuencode.ts";
import type { Work } from "./work.ts";

type Reader = (text: Buffer, work: Work, sink: Sink) => void;

/** An encoding of bytes as text. */
interface Encoding {
  readonly read: Reader;
  /** What a part of a text must be rich in to be read so. */
  readonly of: readonly (keyof Rich)[];
  /** Backslashes and ampersands are characters of it, and escape nothing. */
  readonly isRaw: boolean;
}

/** What a text can stand for, by the name that findings have for it. */
export const ENCODINGS: Readonly<Record<string, Encoding>> = {
  base64: { read: readBase64, of: ["letters"], isRaw: false },
  hex: { read: readHex, of: ["digits"], isRaw: false },
  "a list of numbers": { read: readNumbers, of: ["digits"], isRaw: false },
  // The column of characters may hold what looks like an escape; a dump in a string has its lines escaped.
  "a dump": { read: readDumps, of: ["digits"], isRaw: true },
  "a dump in a string": { read: readDumps, of: ["digits"], isRaw: false },
  base32: { read: readBase32, of: ["letters", "digits"], isRaw: false },
  base85: { read: readBase85, of: ["letters"], isRaw: true },
  uuencode: { read: readUuencode, of: ["letters"], isRaw: true },
};
