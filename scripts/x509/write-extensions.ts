import type { Kind } from "../model/registry.ts";
import { context, TAG } from "./der.ts";
import { type Bytes, bitList, element, extension, integer, oid, sequence, toBytes } from "./der-write.ts";
import { printable, X509Error } from "./error.ts";
import { parseIp } from "./ip.ts";
import { OID } from "./oids.ts";
import { AUTHORITY_USAGE, leafUsage, PURPOSES } from "./profiles.ts";

/** basicConstraints and keyUsage of a CA that issues leaves only (RFC 5280, 4.2.1.9 and 4.2.1.3), both critical. */
export function authorityExtensions(): Bytes {
  const constraints = sequence(element(TAG.boolean, "\xff"), integer(0));
  return extension(OID.basicConstraints, true, constraints) + usage(AUTHORITY_USAGE);
}

/** What every leaf of a kind has alike: basicConstraints, keyUsage, extKeyUsage. */
export function leafExtensions(kind: Kind, rsa: boolean): Bytes {
  const purposes = sequence(...PURPOSES[kind].map(oid));
  const constraints = extension(OID.basicConstraints, true, sequence());
  return constraints + usage(leafUsage(kind, rsa)) + extension(OID.extKeyUsage, false, purposes);
}

function usage(bits: number): Bytes {
  return extension(OID.keyUsage, true, bitList(bits >> 8));
}

/** `id`: upper-case hex. */
export function subjectKeyIdExtension(id: string): Bytes {
  return extension(OID.subjectKeyIdentifier, false, element(TAG.octetString, toBytes(Buffer.from(id, "hex"))));
}

/** keyIdentifier alone (RFC 5280, 4.2.1.1). `id`: upper-case hex. */
export function authorityKeyIdExtension(id: string): Bytes {
  const keyId = element(context(0, false), toBytes(Buffer.from(id, "hex")));
  return extension(OID.authorityKeyIdentifier, false, sequence(keyId));
}

/** Labels of letters, digits and hyphens, the first one possibly `*` (RFC 5280, 4.2.1.6; RFC 6125, 6.4.3). */
const DNS_NAME =
  /^(?=.{1,253}$)(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** subjectAltName of DNS names and IP addresses, in this order. @throws X509Error for what is neither. */
export function namesExtension(names: readonly string[]): Bytes {
  return extension(OID.subjectAltName, false, sequence(...names.map(generalName)));
}

function generalName(name: string): Bytes {
  const address = parseIp(name);
  if (address !== null) return element(context(7, false), toBytes(address));
  if (!DNS_NAME.test(name)) throw new X509Error(`"${printable(name)}" is neither a DNS name nor an IP address`);
  return element(context(2, false), name);
}
