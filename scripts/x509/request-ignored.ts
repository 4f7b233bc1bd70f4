import { type Der, TAG } from "./der.ts";
import { readExtensions } from "./extensions.ts";
import { readName } from "./name.ts";
import { OID, oidName } from "./oids.ts";
import { printable } from "./printable.ts";

/** A reviewer reads these words in a terminal and a comment: few, short, printable ASCII. */
const MOST_WORDS = 20;
const MOST_CHARACTERS = 100;

/**
 * What a request asks for beside its key, none of which it gets: `subject CN=…`, `extension …`, `attribute …`.
 * @throws X509Error where it is malformed.
 */
export function requestIgnored(subject: Der, attributes: Der | null): string[] {
  const name = readName(subject);
  const words = name === "" ? [] : [`subject ${name}`];
  while (attributes !== null && !attributes.atEnd) words.push(...attributeWords(attributes));
  const most = words.slice(0, MOST_WORDS).map((word) => printable(word, MOST_CHARACTERS));
  return words.length > MOST_WORDS ? [...most, `${words.length - MOST_WORDS} more`] : most;
}

/** Attribute ::= SEQUENCE { type, SET OF value } (RFC 2986, 4.1); extensionRequest holds Extensions (RFC 2985, 5.4.2). */
function attributeWords(attributes: Der): string[] {
  const attribute = attributes.next(TAG.sequence, "an attribute");
  const type = attribute.oid("an attribute's type");
  const values = attribute.next(TAG.set, "an attribute's values");
  attribute.finish("an attribute");
  if (type !== OID.extensionRequest) return [`attribute ${oidName(type)}`];
  const words: string[] = [];
  while (!values.atEnd) {
    const extensions = readExtensions(values.next(TAG.sequence, "the extensions asked for"));
    words.push(...[...extensions.keys()].map((oid) => `extension ${oidName(oid)}`));
  }
  return words;
}
