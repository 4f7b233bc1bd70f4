import { TAG } from "./der.ts";
import { type Bytes, element, oid, sequence, toBytes } from "./der-write.ts";
import { X509Error } from "./error.ts";
import { UNPRINTABLE } from "./name.ts";
import { OID } from "./oids.ts";

/** ub-common-name and ub-organization-name: RFC 5280, appendix A.1. */
const MOST_CHARACTERS = 64;

export interface SubjectInput {
  readonly commonName: string;
  readonly organization: string;
  /** Two letters (ISO 3166), or null. */
  readonly country: string | null;
}

/** DER of `CN=…, O=…[, C=…]` (RFC 5280, 4.1.2.4: UTF8String, the country PrintableString). @throws X509Error */
export function subjectName({ commonName, organization, country }: SubjectInput): Bytes {
  const parts = [
    attribute(OID.commonName, TAG.utf8String, text("common name", commonName)),
    attribute(OID.organizationName, TAG.utf8String, text("organization", organization)),
  ];
  if (country !== null) {
    if (!/^[A-Za-z]{2}$/.test(country)) throw new X509Error(`the country "${country}" is not two letters`);
    parts.push(attribute(OID.countryName, TAG.printableString, country));
  }
  return sequence(...parts);
}

function attribute(type: string, tag: number, value: Bytes): Bytes {
  return element(TAG.set, sequence(oid(type), element(tag, value)));
}

function text(what: string, value: string): Bytes {
  const characters = [...value].length;
  if (characters === 0 || characters > MOST_CHARACTERS) {
    throw new X509Error(`the ${what} has ${characters} characters; a certificate takes 1 to ${MOST_CHARACTERS}`);
  }
  if (UNPRINTABLE.test(value) || !value.isWellFormed()) throw new X509Error(`the ${what} has control characters`);
  return toBytes(Buffer.from(value, "utf8"));
}
