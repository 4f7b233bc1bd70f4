import { isUtf8 } from "node:buffer";
import { type Der, TAG } from "./der.ts";
import { OID } from "./oids.ts";

const LABELS = new Map<string, string>([
  [OID.commonName, "CN"],
  [OID.organizationName, "O"],
  [OID.countryName, "C"],
]);

/** What no text of ours holds: line ends and control characters would lie to whoever reads them. */
export const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/**
 * A distinguished name (its SEQUENCE) as text, in its own order, as formatSubject writes it: `CN=…, O=…, C=…`. Whatever
 * is not a printable CN, O or C in UTF8String or PrintableString becomes `OID=#hex of the value` (RFC 4514, 2.4).
 * @throws X509Error
 */
export function readName(element: Der): string {
  const name = element.again();
  const parts: string[] = [];
  while (!name.atEnd) parts.push(readRelative(name.next(TAG.set, "a part of the name")));
  return parts.join(", ");
}

/** RelativeDistinguishedName: nearly always one attribute, otherwise joined by `+`. */
function readRelative(set: Der): string {
  const attributes: string[] = [];
  do {
    const attribute = set.next(TAG.sequence, "an attribute of the name");
    const oid = attribute.oid("an attribute's type");
    const value = attribute.any("an attribute's value");
    attribute.finish("an attribute's value");
    const label = LABELS.get(oid);
    const text = label === undefined ? null : readText(value);
    attributes.push(text === null ? `${oid}=#${value.raw.toString("hex").toUpperCase()}` : `${label}=${text}`);
  } while (!set.atEnd);
  return attributes.join("+");
}

function readText(value: Der): string | null {
  const { type: tag } = value;
  if (tag !== TAG.utf8String && tag !== TAG.printableString) return null;
  const ascii = value.bytes.toString("latin1", value.from, value.end);
  if (/^[ -~]+$/.test(ascii)) return ascii;
  if (value.size === 0 || !isUtf8(value.content)) return null;
  const text = value.content.toString("utf8");
  return UNPRINTABLE.test(text) ? null : text;
}
