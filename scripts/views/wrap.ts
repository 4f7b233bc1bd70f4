import { createRequire } from "node:module";
import { printable } from "../model/printable.ts";

interface Paragraph {
  /** Before the first line; later lines begin with as many spaces, or with `rest`. */
  readonly first?: string;
  readonly rest?: string;
  readonly paint?: (line: string) => string;
}

/**
 * Text as lines of at most `width` columns, broken at spaces; a longer word stands on a line of its own. The text is
 * made printable here, so that no view can forget it; `first`, `rest` and `paint` are the view's own. Line feeds in the
 * text begin new lines.
 */
export function wrap(text: string, width: number, { first = "", rest, paint }: Paragraph = {}): string[] {
  const indent = rest ?? " ".repeat(columns(first));
  const lines: string[] = [];
  for (const part of text.split("\n")) {
    let line = "";
    let taken = 0;
    for (const word of printable(part).split(" ")) {
      const prefix = lines.length === 0 ? first : indent;
      const wide = columns(word);
      if (line !== "" && columns(prefix) + taken + 1 + wide > width) {
        lines.push(prefix + line);
        line = "";
      }
      taken = line === "" ? wide : taken + 1 + wide;
      line = line === "" ? word : `${line} ${word}`;
    }
    lines.push((lines.length === 0 ? first : indent) + line);
  }
  return lines.map((line) => painted(line.trimEnd(), paint));
}

/** Colour without the indentation, which would show where it underlines or inverts. */
function painted(line: string, paint: ((line: string) => string) | undefined): string {
  if (paint === undefined) return line;
  const text = line.trimStart();
  return line.slice(0, line.length - text.length) + paint(text);
}

type StringWidth = typeof import("string-width").default;

/** Taken when there is something to measure: a command has to be able to say that it is missing. */
const take = (): StringWidth => createRequire(import.meta.url)("string-width").default;
let stringWidth: StringWidth | undefined;

/** All but letters of Europe and the marks that we write: they take a column each, and are most of what there is. */
const BEYOND_LATIN = /[^\x20-\x7e\xa1-\xac\xae-\xff–—‘’“”…→]/;

/** How many columns of a terminal a line takes: two for what East Asia writes wide, none for an accent of its own. */
export function columns(text: string): number {
  if (!BEYOND_LATIN.test(text)) return text.length;
  stringWidth ??= take();
  return stringWidth(text);
}

/** The text, and spaces up to `width` columns. */
export const padded = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - columns(text)));
