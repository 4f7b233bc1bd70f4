import type { CertificateParts } from "./certificate.ts";
import { type Der, inside, TAG } from "./der.ts";
import { notUnderstood, readPurposes, readUsage } from "./extensions.ts";
import { OID, oidName } from "./oids.ts";

/** What a certificate that another CA issued is good for at a server, as OpenSSL judges (X509_check_purpose). */
export type ForeignUse = "client" | "server" | { readonly none: string };

/** RFC 5280, 4.2.1.12 */
const ANY_PURPOSE = "2.5.29.37.0";
/** digitalSignature and keyAgreement, bits 0 and 4: OpenSSL asks for either of a TLS client. */
const SIGNS_OR_AGREES = 0x8800;

/** Without keyUsage or extKeyUsage it may be used for everything. A client that may also serve is a client. */
export function foreignUse({ extensions }: CertificateParts): ForeignUse {
  if (isCa(extensions.get(OID.basicConstraints)?.value)) return { none: "it is a CA's certificate, below this one" };
  const unknown = notUnderstood(extensions);
  if (unknown !== null) return { none: `it has a critical extension ${oidName(unknown)}` };
  const usage = readUsage(extensions);
  if (usage !== null && (usage & SIGNS_OR_AGREES) === 0)
    return { none: "its keyUsage has neither digitalSignature nor keyAgreement, so no server takes it from a client" };
  const purposes = readPurposes(extensions);
  if (!extensions.has(OID.extKeyUsage) || purposes.includes(OID.clientAuth)) return "client";
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
