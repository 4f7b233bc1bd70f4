import { type CertificateParts, readCertificateParts } from "./certificate.ts";
import { context, type Der, inside, TAG } from "./der.ts";
import { X509Error } from "./error.ts";
import {
  notUnderstood,
  readAuthorityKeyId,
  readConstraints,
  readPurposes,
  readSubjectKeyId,
  readUsage,
} from "./extensions.ts";
import { OID, oidName } from "./oids.ts";
import { AUTHORITY_USAGE, PURPOSES } from "./profiles.ts";

/**
 * What a CA's certificate is: `self`, signed by itself, for leaves only; `root`, signed by itself, for authorities below
 * it; `issuing`, signed by another, for leaves only.
 */
type Tier = "self" | "root" | "issuing";

export interface AuthorityCertificate extends CertificateParts {
  readonly tier: Tier;
  /** How many authorities may stand below it; null: no limit. */
  readonly pathLength: number | null;
  /** Upper-case hex. */
  readonly keyId: string;
}

/**
 * The certificate of an authority, if it is sound as `openssl verify -x509_strict` understands it, whoever made it: CA,
 * critically so, with a key that may sign certificates and lists, a key identifier, a name, nothing critical that is not
 * understood, no limit to purposes other than ours. Signature, dates and who issued it are not asked here.
 * @throws X509Error
 */
export function readAuthority(der: Buffer): AuthorityCertificate {
  const parts = readCertificateParts(der);
  const { extensions, issuer, serial, subject } = parts;
  if (subject.size === 0) throw new X509Error("its subject is empty");
  if (!/^(?!00)[0-9A-F]/.test(serial)) throw new X509Error("its serial number is zero or negative");
  const unknown = notUnderstood(extensions);
  if (unknown !== null) throw new X509Error(`it has a critical extension that is not understood: ${oidName(unknown)}`);
  const { pathLength } = checkConstraints(parts);
  checkPurposes(parts);
  const keyId = checkKeyIds(parts);
  const tier = tierOf(issuer.key === subject.key, pathLength);
  if (tier === null)
    throw new X509Error("authorities may stand below it: only a root is like that (pathlen:0 is wanted)");
  return { ...parts, tier, pathLength, keyId };
}

function tierOf(selfIssued: boolean, pathLength: number | null): Tier | null {
  if (selfIssued) return pathLength === 0 ? "self" : "root";
  return pathLength === 0 ? "issuing" : null;
}

function checkConstraints({ extensions }: CertificateParts): { readonly pathLength: number | null } {
  const constraints = readConstraints(extensions);
  if (constraints.pathLength === -1) throw new X509Error("its pathLenConstraint is negative");
  if (!constraints.ca) throw new X509Error("it is not a CA's (basicConstraints without CA:TRUE)");
  if (extensions.get(OID.basicConstraints)?.critical !== true)
    throw new X509Error("its basicConstraints are not critical");
  if (((readUsage(extensions) ?? 0) & AUTHORITY_USAGE) !== AUTHORITY_USAGE) {
    throw new X509Error("its keyUsage lacks keyCertSign or cRLSign");
  }
  return constraints;
}

/** Every purpose of a leaf has to be among those of its authorities, where they have any at all. */
function checkPurposes({ extensions }: CertificateParts): void {
  const purposes = readPurposes(extensions);
  if (!extensions.has(OID.extKeyUsage)) return;
  const missing = Object.values(PURPOSES)
    .flat()
    .filter((purpose) => !purposes.includes(purpose));
  if (missing.length > 0) throw new X509Error(`its extKeyUsage lacks ${missing.map(oidName).join(", ")}`);
}

function checkKeyIds({ extensions }: CertificateParts): string {
  const keyId = readSubjectKeyId(extensions);
  if (keyId === null || keyId === "") throw new X509Error("it has no subjectKeyIdentifier");
  for (const oid of [OID.subjectKeyIdentifier, OID.authorityKeyIdentifier]) {
    if (extensions.get(oid)?.critical === true) throw new X509Error(`its ${oidName(oid)} is critical`);
  }
  return keyId;
}

/**
 * Whether authorityKeyIdentifier, in all its parts, is of this issuer (RFC 5280, 4.2.1.1): its key, and where they stand
 * there, its serial number and the name of its own issuer. Null where there is no key identifier. @throws X509Error
 */
export function issuedBy(parts: CertificateParts, issuer: AuthorityCertificate): boolean | null {
  const keyId = readAuthorityKeyId(parts.extensions);
  const value = parts.extensions.get(OID.authorityKeyIdentifier)?.value;
  if (keyId === null || value === undefined) return null;
  const identifier = inside(value, TAG.sequence, "authorityKeyIdentifier");
  identifier.optional(context(0, false), "its key identifier");
  const names = identifier.optional(context(1, true), "its issuer");
  const serial = identifier.optional(context(2, false), "its serial number");
  identifier.finish("authorityKeyIdentifier");
  const itsName = names === null || holdsName(names, issuer.issuer);
  const itsSerial = serial === null || serial.hex().replace(/^00(?=.)/, "") === issuer.serial;
  return keyId === issuer.keyId && itsName && itsSerial;
}

/** GeneralNames with this directoryName. */
function holdsName(names: Der, wanted: Der): boolean {
  while (!names.atEnd) {
    const name = names.any("a name");
    if (name.type === context(4, true) && name.rest === wanted.key) return true;
  }
  return false;
}
