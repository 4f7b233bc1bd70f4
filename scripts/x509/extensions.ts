import type { Profile } from "../model/state.ts";
import { context, type Der, inside, TAG } from "./der.ts";
import { X509Error } from "./error.ts";
import { formatIp } from "./ip.ts";
import { OID, oidName } from "./oids.ts";
import { recogniseProfile } from "./profiles.ts";

export interface Extension {
  readonly critical: boolean;
  /** The OCTET STRING that holds the extension's own DER. */
  readonly value: Der;
}

/** Extensions (RFC 5280, 4.2) by dotted OID; each at most once. `list` stands in the SEQUENCE OF. @throws X509Error */
export function readExtensions(list: Der): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  while (!list.atEnd) {
    const extension = list.next(TAG.sequence, "an extension");
    const oid = extension.oid("an extension's type");
    const critical = extension.tag === TAG.boolean && extension.boolean("an extension's criticality");
    const value = extension.next(TAG.octetString, "an extension's value");
    extension.finish("an extension");
    if (extensions.has(oid)) throw new X509Error(`the extension ${oidName(oid)} is there twice`);
    extensions.set(oid, { critical, value });
  }
  return extensions;
}

const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extKeyUsage,
  OID.subjectAltName,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
]);

/** The profile, or null: also where an extension is critical that nobody here understands. @throws X509Error */
export function readProfile(extensions: ReadonlyMap<string, Extension>): Profile | null {
  const { ca } = readConstraints(extensions);
  const usage = readUsage(extensions);
  const purposes = readPurposes(extensions);
  return notUnderstood(extensions) === null ? recogniseProfile(ca, usage, purposes) : null;
}

/** The first critical extension that nobody here understands, dotted; null where there is none. */
export function notUnderstood(extensions: ReadonlyMap<string, Extension>): string | null {
  for (const [oid, { critical }] of extensions) if (critical && !UNDERSTOOD.has(oid)) return oid;
  return null;
}

/** basicConstraints (RFC 5280, 4.2.1.9). `pathLength`: null where there is none, so no limit; -1: negative. @throws X509Error */
export function readConstraints(extensions: ReadonlyMap<string, Extension>): {
  readonly ca: boolean;
  readonly pathLength: number | null;
} {
  const value = extensions.get(OID.basicConstraints)?.value;
  if (value === undefined) return { ca: false, pathLength: null };
  const constraints = inside(value, TAG.sequence, "basicConstraints");
  const ca = constraints.tag === TAG.boolean && constraints.boolean("basicConstraints' cA");
  const limit = constraints.atEnd ? null : constraints.integer("basicConstraints' pathLenConstraint");
  constraints.finish("basicConstraints");
  return { ca, pathLength: limit === null ? null : limit.at(0) >= 0x80 ? -1 : Number.parseInt(limit.hex(), 16) };
}

/** The first 16 bits of keyUsage, bit 0 highest; null where there is none. @throws X509Error */
export function readUsage(extensions: ReadonlyMap<string, Extension>): number | null {
  const value = extensions.get(OID.keyUsage)?.value;
  if (value === undefined) return null;
  const bits = inside(value, TAG.bitString, "keyUsage");
  if (bits.size < 1 || bits.size > 3 || bits.at(0) > 7) throw new X509Error("keyUsage is malformed");
  return (Math.max(bits.at(1), 0) << 8) | Math.max(bits.at(2), 0);
}

/** extKeyUsage, dotted; empty where there is none. @throws X509Error */
export function readPurposes(extensions: ReadonlyMap<string, Extension>): string[] {
  const value = extensions.get(OID.extKeyUsage)?.value;
  if (value === undefined) return [];
  const list = inside(value, TAG.sequence, "extKeyUsage");
  const purposes: string[] = [];
  while (!list.atEnd) purposes.push(list.oid("a purpose"));
  return purposes;
}

/** dNSName and iPAddress of a subjectAltName as text, in order; other kinds are left out. @throws X509Error */
export function readNames(extensions: ReadonlyMap<string, Extension>): string[] {
  const value = extensions.get(OID.subjectAltName)?.value;
  if (value === undefined) return [];
  const list = inside(value, TAG.sequence, "subjectAltName");
  const names: string[] = [];
  while (!list.atEnd) {
    const { tag } = list;
    const { content } = list.any("a name in subjectAltName");
    if (tag === context(2, false)) names.push(dnsName(content));
    if (tag === context(7, false)) names.push(ipName(content));
  }
  return names;
}

function dnsName(content: Buffer): string {
  const name = content.toString("latin1");
  if (!/^[!-~]+$/.test(name)) throw new X509Error("a DNS name in subjectAltName is not printable ASCII");
  return name;
}

function ipName(content: Buffer): string {
  const name = formatIp(content);
  if (name === null) throw new X509Error("an IP address in subjectAltName has neither 4 nor 16 bytes");
  return name;
}

/** Upper-case hex, or null. @throws X509Error */
export function readSubjectKeyId(extensions: ReadonlyMap<string, Extension>): string | null {
  const value = extensions.get(OID.subjectKeyIdentifier)?.value;
  return value === undefined ? null : inside(value, TAG.octetString, "subjectKeyIdentifier").hex();
}

/** keyIdentifier of an AuthorityKeyIdentifier (RFC 5280, 4.2.1.1), upper-case hex, or null. @throws X509Error */
export function readAuthorityKeyId(extensions: ReadonlyMap<string, Extension>): string | null {
  const value = extensions.get(OID.authorityKeyIdentifier)?.value;
  if (value === undefined) return null;
  const identifier = inside(value, TAG.sequence, "authorityKeyIdentifier");
  const keyId = identifier.optional(context(0, false), "authorityKeyIdentifier");
  return keyId?.hex() ?? null;
}
