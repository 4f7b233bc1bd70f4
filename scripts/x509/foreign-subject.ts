import { type Der, TAG } from "./der.ts";
import { OID } from "./oids.ts";

/** What another CA's certificate says of its holder, as far as it can be used here; null where it says nothing. */
export interface ForeignSubject {
  readonly commonName: string | null;
  readonly organization: string | null;
  readonly email: string | null;
}

/** Tags of the string types (X.680, 41) and the code their bytes are in; T61String is what everybody uses it for. */
const ENCODINGS = new Map<number, BufferEncoding>([
  [TAG.utf8String, "utf8"],
  [TAG.printableString, "latin1"],
  [0x14, "latin1"],
  [0x16, "latin1"],
  [0x1a, "latin1"],
  [0x1e, "utf16le"],
]);

/** A distinguished name (its SEQUENCE), read leniently: of each attribute the last one counts, the most specific. */
export function readForeignSubject(element: Der): ForeignSubject {
  const name = element.again();
  const found = new Map<string, string>();
  while (!name.atEnd) {
    const set = name.next(TAG.set, "a part of the name");
    while (!set.atEnd) {
      const attribute = set.next(TAG.sequence, "an attribute of the name");
      const oid = attribute.oid("an attribute's type");
      const text = textOf(attribute.any("an attribute's value"));
      if (text !== null) found.set(oid, text);
    }
  }
  const of = (oid: string) => found.get(oid) ?? null;
  return { commonName: of(OID.commonName), organization: of(OID.organizationName), email: of(OID.emailAddress) };
}

function textOf(value: Der): string | null {
  const encoding = ENCODINGS.get(value.type);
  if (encoding === undefined) return null;
  const { content } = value;
  if (encoding !== "utf16le") return content.toString(encoding);
  // BMPString is big-endian.
  return content.length % 2 === 0 ? Buffer.from(content).swap16().toString("utf16le") : null;
}
