import { SERIAL } from "../../model/layout.ts";
import { printable } from "../../model/printable.ts";
import { verifyCertificateAsync } from "../../x509/certificate.ts";
import { X509Error } from "../../x509/error.ts";
import { type ForeignUse, foreignUse, isCa } from "../../x509/foreign-leaf.ts";
import { type ForeignSubject, readForeignSubject } from "../../x509/foreign-subject.ts";
import { OID } from "../../x509/oids.ts";
import type { FoundAuthority } from "./authority.ts";
import type { FoundCertificate, Source } from "./source.ts";

/** A certificate of this CA, by its serial number. */
export interface Leaf extends FoundCertificate {
  readonly use: ForeignUse;
  readonly subject: ForeignSubject;
}

export interface Leaves {
  readonly list: readonly Leaf[];
  /** Certificates that are left where they are, each with why. */
  readonly left: readonly Left[];
}

export interface Left {
  readonly place: string;
  readonly subject: string;
  readonly why: string;
}

/** Certificates in flight at once: enough for every thread that verifies. */
const BATCH = 256;

/** The certificates that this CA issued, one for each serial number, the oldest first. */
export async function leavesOf(source: Source, authority: FoundAuthority): Promise<Leaves> {
  const left: Left[] = [];
  const ours: Leaf[] = [];
  const candidates = source.certificates.filter((one) => !one.der.equals(authority.der) && !isSelf(one, authority));
  for (let from = 0; from < candidates.length; from += BATCH) {
    const batch = candidates.slice(from, from + BATCH);
    const whys = await Promise.all(batch.map((one) => whyNotOurs(one, authority)));
    for (const [n, found] of batch.entries()) {
      const leaf = whys[n] === null ? leafOf(found) : (whys[n] ?? "");
      if (typeof leaf === "string") left.push(leave(found, leaf));
      else ours.push(leaf);
    }
  }
  return { list: bySerial(ours, left), left };
}

export function leave({ place, facts }: FoundCertificate, why: string): Left {
  return { place, subject: printable(facts.subject.slice(0, 200)), why };
}

/** The CA's own certificate from before or after it was renewed. */
function isSelf({ parts }: FoundCertificate, authority: FoundAuthority): boolean {
  const ca = isCa(parts.extensions.get(OID.basicConstraints)?.value);
  return ca && parts.subject.key === authority.parts.subject.key && parts.issuer.key === parts.subject.key;
}

async function whyNotOurs({ parts, facts, der }: FoundCertificate, authority: FoundAuthority): Promise<string | null> {
  if (parts.issuer.key !== authority.parts.subject.key)
    return `it was issued by ${printable(facts.issuer.slice(0, 200))}, another CA`;
  if (!SERIAL.test(facts.serial)) return `its serial number ${facts.serial} is negative, which no server shows alike`;
  const { subjectKeyId } = authority.facts;
  if (facts.authorityKeyId !== null && subjectKeyId !== null && facts.authorityKeyId !== subjectKeyId)
    return "it names another key of its issuer (authorityKeyIdentifier), so no server takes it";
  if (await verifyCertificateAsync(der, authority.key)) return null;
  return "this CA's key did not sign it, or by SHA-1 or RSA-PSS, which is not taken here";
}

function leafOf(found: FoundCertificate): Leaf | string {
  try {
    return { ...found, use: foreignUse(found.parts), subject: readForeignSubject(found.parts.subject) };
  } catch (error) {
    if (!(error instanceof X509Error)) throw error;
    return error.message;
  }
}

/** A server knows clients by serial number alone: of two with one number, the newer counts. */
function bySerial(leaves: readonly Leaf[], left: Left[]): Leaf[] {
  const kept = new Map<string, Leaf>();
  for (const leaf of leaves.toSorted((a, b) => a.facts.notBefore - b.facts.notBefore)) {
    const { serial } = leaf.facts;
    const before = kept.get(serial);
    if (before !== undefined)
      left.push(
        leave(
          before,
          `serial ${serial} is also that of ${leaf.place}: whoever has this one comes in under that name, and is revoked with it; give both new certificates`,
        ),
      );
    kept.set(serial, leaf);
  }
  return [...kept.values()];
}
