import { printable } from "../model/printable.ts";
import type { Style } from "./style.ts";
import { columns, padded, wrap } from "./wrap.ts";

export interface Row {
  readonly cells: readonly string[];
  readonly paint?: (text: string) => string;
}

/** A column grows with what is in it, up to this; what is longer pushes the rest of its row onto the next line. */
const WIDEST = 28;
const GAP = "  ";

/**
 * Columns side by side with a heading; the last one wraps within `width`. Cells are made printable; `paint` colours a
 * row's first cell.
 */
export function table(heading: readonly string[], rows: readonly Row[], width: number, style: Style): string[] {
  const shown = rows.map(({ cells, paint }) => ({ cells: cells.map(printable), paint }));
  const widths = heading.slice(0, -1).map((title, column) => {
    const lengths = shown.map(({ cells }) => columns(cells[column] ?? "")).filter((length) => length <= WIDEST);
    return lengths.reduce((most, length) => Math.max(most, length), columns(title));
  });
  const lines = shown.flatMap(({ cells, paint }) => rowLines(cells, widths, width, paint));
  return [...rowLines(heading, widths, width).map((line) => style.dim(line)), ...lines];
}

function rowLines(
  cells: readonly string[],
  widths: readonly number[],
  width: number,
  paint: (text: string) => string = (text) => text,
): string[] {
  const indent = " ".repeat(widths.reduce((sum, column) => sum + column + GAP.length, 0));
  const [head = ""] = cells;
  const start = cells
    .slice(0, -1)
    .map((cell, index) => padded(cell, widths[index] ?? 0) + GAP)
    .join("");
  const fits = columns(start) <= indent.length;
  const last = wrap(cells.at(-1) ?? "", width, { first: indent });
  const text = fits ? [start + (last[0]?.slice(indent.length) ?? ""), ...last.slice(1)] : [start, ...last];
  return text.map((line, index) => (index === 0 ? paint(head) + line.slice(head.length) : line).trimEnd());
}
