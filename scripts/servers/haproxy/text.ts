import { indented, quoteFor } from "../text.ts";

/** A word of HAProxy's configuration, in which `$` begins a variable of the environment. */
export const quote = quoteFor("an HAProxy configuration");

/** `frontend NAME`, and the lines that belong to it. */
export function section(head: string, lines: readonly string[]): string[] {
  return ["", head, ...indented(lines)];
}
