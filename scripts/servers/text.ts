import { madeBy } from "../model/derived.ts";

/**
 * A word or string in double quotes, for the configuration of a program that knows no escape for `$`. The registry's
 * reader refuses what could end or rewrite the string; this is the second lock.
 * @param whose the program's configuration, for the error: `an nginx configuration`
 * @throws Error for control characters, double quotes, backslashes, `$` and everything beyond ASCII
 */
export function quoteFor(whose: string): (text: string) => string {
  return (text) => {
    if (!/^[\x20-\x7e]*$/.test(text) || /["\\$]/.test(text)) {
      throw new Error(`not fit for ${whose}: ${JSON.stringify(text)}`);
    }
    return `"${text}"`;
  };
}

/** A name as a piece of a regular expression. A class, not a backslash: servers' strings have a use for those. */
export function literal(text: string): string {
  if (!/^[A-Za-z0-9._-]+$/.test(text)) throw new Error(`not a name: ${JSON.stringify(text)}`);
  return text.replaceAll(".", "[.]");
}

/** Lines that belong to the one above them. */
export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `    ${line}`));
}

/** A whole file: the comment that says where it comes from, the lines, one newline at the end. */
export function file(lines: readonly string[]): string {
  return `${[madeBy(), ...lines].join("\n")}\n`;
}
