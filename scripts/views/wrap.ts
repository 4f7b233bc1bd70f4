import { printable } from "../model/printable.ts";
import { columns } from "./columns.ts";

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
