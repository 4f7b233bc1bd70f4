import type { CertificateParts } from "./certificate.ts";
import { type Der, inside, TAG } from "./der.ts";
import { OID, oidName } from "./oids.ts";

/** What a certificate that another CA issued is good for at a server, as OpenSSL judges (X509_check_purpose). */
export type ForeignUse = "client" | "server" | { readonly none: string };

/** RFC 5280, 4.2.1.12 */
const ANY_PURPOSE = "2.5.29.37.0";
/** digitalSignature and keyAgreement: OpenSSL asks for either of a TLS client. */
const SIGNS_OR_AGREES = 0x88;

const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extKeyUsage,
  OID.subjectAltName,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
]);

/** Without keyUsage or extKeyUsage it may be used for everything. A client that may also serve is a client. */
export function foreignUse({ extensions }: CertificateParts): ForeignUse {
  if (isCa(extensions.get(OID.basicConstraints)?.value)) return { none: "it is a CA's certificate, below this one" };
  for (const [oid, { critical }] of extensions)
    if (critical && !UNDERSTOOD.has(oid)) return { none: `it has a critical extension ${oidName(oid)}` };
  if (!maySign(extensions.get(OID.keyUsage)?.value))
    return { none: "its keyUsage has neither digitalSignature nor keyAgreement, so no server takes it from a client" };
  const purposes = readPurposes(extensions.get(OID.extKeyUsage)?.value);
  if (purposes === null || purposes.includes(OID.clientAuth)) return "client";
  if (purposes.includes(OID.serverAuth)) return "server";
  if (purposes.includes(ANY_PURPOSE)) return { none: "anyExtendedKeyUsage alone is no clientAuth to OpenSSL" };
  return { none: `it is for ${purposes.map(oidName).join(", ") || "nothing"}, not for clients` };
}

/** Whether a certificate says that it is a CA's. */
export function isCa(constraints: Der | undefined): boolean {
  if (constraints === undefined) return false;
  const sequence = inside(constraints, TAG.sequence, "basicConstraints");
  return sequence.tag === TAG.boolean && sequence.boolean("basicConstraints' cA");
}

function maySign(usage: Der | undefined): boolean {
  if (usage === undefined) return true;
  const bits = inside(usage, TAG.bitString, "keyUsage");
  return (Math.max(bits.at(1), 0) & SIGNS_OR_AGREES) !== 0;
}

function readPurposes(value: Der | undefined): string[] | null {
  if (value === undefined) return null;
  const list = inside(value, TAG.sequence, "extKeyUsage");
  const purposes: string[] = [];
  while (!list.atEnd) purposes.push(list.oid("a purpose"));
  return purposes;
}
