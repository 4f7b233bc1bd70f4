import type { Kind } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import { type Bytes, explicit, integer, sequence, serialInteger, time, toBytes } from "./der-write.ts";
import { X509Error } from "./error.ts";
import { type Issuer, signBody } from "./issuer.ts";
import { keyIdentifier, readPublicKeyInfo } from "./keys.ts";
import { OID } from "./oids.ts";
import { encodePem } from "./pem.ts";
import type { Signer } from "./signer.ts";
import { authorityExtensions, leafExtensions, namesExtension, subjectKeyIdExtension } from "./write-extensions.ts";
import { type SubjectInput, subjectName } from "./write-name.ts";

export interface AuthorityInput extends SubjectInput {
  /** Of its key. */
  readonly signer: Signer;
  readonly serial: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
}

export interface CertificateInput extends SubjectInput {
  readonly profile: Kind;
  /** DNS names and IP addresses of a server, at least one; of others none. */
  readonly names: readonly string[];
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  /** Upper-case hex. */
  readonly serial: string;
  readonly notBefore: Instant;
  /** Not after the issuer's. */
  readonly notAfter: Instant;
  readonly issuer: Issuer;
}

/** version [0] v3 (RFC 5280, 4.1.2.1) */
const version3 = () => explicit(0, integer(2));

/** PEM of a self-signed CA that issues leaves; no AKI, which RFC 5280, 4.2.1.1 lets such a one do without. @throws X509Error */
export async function issueAuthority(input: AuthorityInput): Promise<string> {
  return encodePem("CERTIFICATE", await signBody(input.signer, authorityBody(input)));
}

/** What is signed of it. */
export function authorityBody(input: AuthorityInput): Bytes {
  const { algorithm, publicKey } = input.signer;
  const spki = publicKey.export({ type: "spki", format: "der" });
  const name = subjectName(input);
  return sequence(
    version3(),
    serialInteger(input.serial),
    algorithm,
    name,
    validity(input),
    name,
    toBytes(spki),
    explicit(3, sequence(authorityExtensions(), subjectKeyIdExtension(keyIdentifier(spki)))),
  );
}

/** PEM of a leaf. @throws X509Error for what no certificate may hold, and for one that would outlive its issuer. */
export async function issueCertificate(input: CertificateInput): Promise<string> {
  return encodePem("CERTIFICATE", await signBody(input.issuer.signer, certificateBody(input)));
}

/** What is signed of it. */
export function certificateBody(input: CertificateInput): Bytes {
  const { issuer, names, profile, spki } = input;
  if ((profile === "server") !== names.length > 0) {
    throw new X509Error(
      `servers have names in their certificates, others have none: a ${profile} with ${names.length}`,
    );
  }
  if (input.notAfter > issuer.certificate.notAfter) {
    throw new X509Error(`a certificate for ${input.commonName} would outlive ${issuer.certificate.subject}`);
  }
  const rsa = readPublicKeyInfo(spki).algorithm === OID.rsaEncryption;
  const extensions = [constant(profile, rsa), subjectKeyIdExtension(keyIdentifier(spki)), issuer.authorityKeyId];
  if (profile === "server") extensions.push(namesExtension(names));
  return sequence(
    version3(),
    serialInteger(input.serial),
    issuer.signer.algorithm,
    issuer.name,
    validity(input),
    subjectName(input),
    toBytes(spki),
    explicit(3, sequence(...extensions)),
  );
}

function validity({ notBefore, notAfter }: { readonly notBefore: Instant; readonly notAfter: Instant }): Bytes {
  if (notAfter < notBefore) throw new X509Error("a certificate cannot end before it begins");
  return sequence(time(notBefore), time(notAfter));
}

const CONSTANT = new Map<string, Bytes>();

/** leafExtensions, encoded once for each of the six there are: half of the time that a certificate takes. */
function constant(profile: Kind, rsa: boolean): Bytes {
  const key = `${profile} ${rsa}`;
  const known = CONSTANT.get(key) ?? leafExtensions(profile, rsa);
  CONSTANT.set(key, known);
  return known;
}
