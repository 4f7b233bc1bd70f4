import { createRequire } from "node:module";

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
