import { indented, quoteFor } from "../text.ts";

/** A word or string of nginx's configuration. */
export const quote = quoteFor("an nginx configuration");

/** A page's text in double quotes; its line ends become nginx's own `\n`. */
export function quoteLines(lines: readonly string[]): string {
  return `"${lines.map((line) => `${quote(line).slice(1, -1)}\\n`).join("")}"`;
}

/** `head {`, the indented lines, `}`. */
export function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...indented(lines), "}"];
}
