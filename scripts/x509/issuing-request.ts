import { context, TAG } from "./der.ts";
import { element, integer, oid, sequence, toBytes } from "./der-write.ts";
import { signBody } from "./issuer.ts";
import { OID } from "./oids.ts";
import { encodePem } from "./pem.ts";
import type { Signer } from "./signer.ts";
import { authorityExtensions } from "./write-extensions.ts";
import { type SubjectInput, subjectName } from "./write-name.ts";

/**
 * PEM `CERTIFICATE REQUEST` (RFC 2986) for an issuing authority below a root, signed by its key. It asks for the
 * extensions of such a CA (RFC 2985, 5.4.2): root.sh gives them unasked, a company's root may want to be asked.
 * @throws X509Error for a name that no certificate may have.
 */
export async function makeIssuingRequest(subject: SubjectInput, signer: Signer): Promise<string> {
  const spki = signer.publicKey.export({ type: "spki", format: "der" });
  const asked = element(TAG.set, sequence(authorityExtensions()));
  const attributes = element(context(0, true), sequence(oid(OID.extensionRequest), asked));
  const body = sequence(integer(0), subjectName(subject), toBytes(spki), attributes);
  return encodePem("CERTIFICATE REQUEST", await signBody(signer, body));
}
