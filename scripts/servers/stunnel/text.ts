import { madeBy } from "../../model/derived.ts";

/**
 * `name = value`. stunnel knows no quotes and no escapes: what could end a line or begin a comment is refused here too,
 * though no checked registry holds it.
 * @throws Error for control characters, everything beyond ASCII, and blanks at either end
 */
export function option(name: string, value: string): string {
  if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
    throw new Error(`not fit for a stunnel configuration: ${JSON.stringify(value)}`);
  }
  return `${name} = ${value}`;
}

/** The head of a section, and an empty line before it. @throws Error for a name that could end it */
export function section(name: string, lines: readonly string[]): string[] {
  if (!/^[A-Za-z0-9._/-]+$/.test(name)) throw new Error(`not a section's name: ${JSON.stringify(name)}`);
  return ["", `[${name}]`, ...lines];
}

/** `host:port` as stunnel writes it: an IPv6 address without brackets, for the last colon counts. */
export function address(text: string): string {
  return text.replace(/^\[([0-9A-Fa-f:.]+)\](:\d+)$/, "$1$2");
}

/** A whole file: the comment that says where it comes from, the lines, one newline at the end. */
export function file(lines: readonly string[]): string {
  return `${[madeBy(";"), ...lines].join("\n")}\n`;
}
