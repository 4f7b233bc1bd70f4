import { indented, quoteFor } from "../text.ts";

/** A word or string of Apache's configuration, where `${` begins a variable. */
export const quote = quoteFor("an Apache configuration");

/** `<Name argument>`, or `<Name>` where that is empty, the indented lines, `</Name>`. */
export function section(name: string, argument: string, lines: readonly string[]): string[] {
  const head = argument === "" ? name : `${name} ${argument}`;
  return [`<${head}>`, ...indented(lines), `</${name}>`];
}

/** A path of the registry as a piece of a regular expression. Classes, not backslashes: Apache's strings eat those. */
export function literalPath(path: string): string {
  return quote(path)
    .slice(1, -1)
    .replace(/[.+]/g, (mark) => `[${mark}]`);
}

/** Of a server's name, a DNS name or an address in canonical form (RFC 5952): which it is. */
export function familyOf(name: string): "IPv4" | "IPv6" | null {
  if (name.includes(":")) return "IPv6";
  return /^[0-9]+(?:[.][0-9]+){3}$/.test(name) ? "IPv4" : null;
}

/** An address as a Host header writes it, as a piece of a regular expression. */
export function literalAddress(address: string): string {
  const text = address.includes(":") ? `[${address}]` : address;
  return text.replace(/[.[\]]/g, (mark) => `\\${mark}`);
}

/** Text of more lines than one, percent-encoded where a string of Apache's could not hold it. Slashes stay. */
export function encode(text: string): string {
  return text.replace(/[%'"\\${}\n]/g, encoded);
}

/** The same for a RewriteMap, whose values are one word. */
export function encodeWord(text: string): string {
  return encode(text).replaceAll(" ", "%20");
}

function encoded(mark: string): string {
  return `%${mark.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
