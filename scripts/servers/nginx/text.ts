import { madeBy } from "../../model/made-by.ts";

/**
 * A word or string of nginx's configuration in double quotes. The registry's reader refuses what could end
 * or rewrite the string; this is the second lock, because nginx knows no escape for `$`.
 * @throws Error for control characters, double quotes, backslashes, `$` and everything beyond ASCII
 */
export function quote(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text) || /["\\$]/.test(text)) {
    throw new Error(`not fit for an nginx configuration: ${JSON.stringify(text)}`);
  }
  return `"${text}"`;
}

/** A page's text in double quotes; its line ends become nginx's own `\n`. */
export function quoteLines(lines: readonly string[]): string {
  return `"${lines.map((line) => `${quote(line).slice(1, -1)}\\n`).join("")}"`;
}

/** A name as a piece of a regular expression. A class, not a backslash: nginx's strings have a use for those. */
export function literal(text: string): string {
  if (!/^[A-Za-z0-9._-]+$/.test(text)) throw new Error(`not a name: ${JSON.stringify(text)}`);
  return text.replaceAll(".", "[.]");
}

/** `head {`, the indented lines, `}`. */
export function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => (line === "" ? "" : `    ${line}`)), "}"];
}

/** A whole file: the comment that says where it comes from, the lines, one newline at the end. */
export function file(lines: readonly string[]): string {
  return `${[madeBy(), ...lines].join("\n")}\n`;
}

/** By code unit: the same everywhere, whatever the locale. */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
