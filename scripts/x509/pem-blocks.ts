import { printable, X509Error } from "./error.ts";

export interface PemBlock {
  readonly label: string;
  readonly der: Buffer;
}

/** A block as it stands: what is between its first and last line, not decoded, and where it begins in the text. */
export interface RawBlock {
  readonly label: string;
  readonly body: string;
  readonly at: number;
}

const BEGIN = /-----BEGIN ([^\n-]{0,64})-----/g;
const END = /-----END ([^\n-]{0,64})-----/g;
/** More than anybody pastes into one file. */
const MOST_BLOCKS = 64;

/**
 * Every PEM block of a text that people handed around, in the lax form (RFC 7468, 3): blanks of every kind anywhere in
 * the base64, lines of any length, any text before, between and after. Empty where there is none.
 * @throws X509Error where one is damaged, and how.
 */
export function pemBlocks(text: string): PemBlock[] {
  return [...rawBlocks(text, MOST_BLOCKS)].map(({ label, body }) => ({ label, der: decodeLax(body, label) }));
}

/** The same, block by block and not decoded. @throws X509Error at one that has no end of its own. */
export function* rawBlocks(text: string, most: number): Generator<RawBlock> {
  const begins = [...text.matchAll(BEGIN)].slice(0, most);
  for (const [n, begin] of begins.entries()) {
    const label = printable(begin[1] ?? "", 64);
    const from = begin.index + begin[0].length;
    const next = begins[n + 1]?.index ?? text.length;
    END.lastIndex = from;
    const end = END.exec(text);
    if (end === null || end.index > next)
      throw new X509Error(`the PEM block "${label}" is cut short: it has no END line`);
    if (end[1] !== begin[1])
      throw new X509Error(`the PEM block begins as "${label}" and ends as "${printable(end[1] ?? "", 64)}"`);
    yield { label, body: text.slice(from, end.index), at: begin.index };
  }
}

/** The bytes of a block's body. @throws X509Error */
export function decodeLax(body: string, label: string): Buffer {
  const base64 = body.replace(/\s+/g, "");
  const der = Buffer.from(base64, "base64");
  // Node's decoder skips what it does not know: only text that it would write again is base64 (RFC 4648, 3.5).
  if (der.length > 0 && der.toString("base64") === base64) return der;
  throw new X509Error(`the PEM block "${label}" ${damage(body, base64)}`, ...ATTACHED);
}

const ATTACHED = ["Ask for the file as it is, attached rather than pasted."];

/** What became of base64 on its way. */
function damage(body: string, base64: string): string {
  if (base64 === "") return "has nothing in it";
  if (/^[ \t]*>/m.test(body)) return "has > before its lines, as a mail that quotes it";
  if (/\\[nr]/.test(body)) return "has \\n in place of its line ends, as JSON writes them";
  if (/=(?:3D|\n.)/.test(body)) return "was changed by a mail program (quoted-printable)";
  if (/^[A-Za-z-]+:/m.test(body)) return "has header lines, which a request never has";
  if (/\.\.\.|\u2026/.test(body)) return "is cut short with dots";
  const odd = /[^A-Za-z0-9+/=\s]/u.exec(body)?.[0];
  if (odd !== undefined) return `is not clean base64: it has the character ${shown(odd)}`;
  return "is not clean base64: something is missing or was changed";
}

function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0x20 && code < 0x7f ? character : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
