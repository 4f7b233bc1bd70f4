import { createPublicKey, type KeyObject } from "node:crypto";
import { printable } from "../../model/printable.ts";
import { UserError } from "../../model/problem.ts";
import { verifyCertificate } from "../../x509/certificate.ts";
import { isCa } from "../../x509/foreign-leaf.ts";
import { OID } from "../../x509/oids.ts";
import type { FoundCertificate, Source } from "./source.ts";

export interface FoundAuthority extends FoundCertificate {
  readonly key: KeyObject;
}

/**
 * The one self-signed CA whose directory this is. Throws UserError where there is none, where there are several and
 * each has issued something, and for a CA that has another one above it.
 */
export function findAuthority(source: Source): FoundAuthority {
  const cas = source.certificates.filter((one) => isCa(one.parts.extensions.get(OID.basicConstraints)?.value));
  const roots = cas.filter(isOwnIssuer);
  const issued = issuedBy(source);
  const busy = cas.filter((one) => (issued.get(one.parts.subject.key) ?? 0) > 0);
  const below =
    busy.find((one) => !isOwnIssuer(one)) ?? (busy.length === 0 ? cas.find((one) => !isOwnIssuer(one)) : null);
  if (below) throw twoTiers(below, roots);
  const candidates = busy.length > 0 ? busy : roots;
  // A CA that was renewed has several certificates, for one key.
  const keys = new Set(candidates.map(({ parts }) => parts.subject.key + parts.spki.key));
  if (keys.size > 1) throw several(candidates);
  const newest = candidates.toSorted((a, b) => b.facts.notAfter - a.facts.notAfter)[0];
  if (newest === undefined) throw none(source);
  return trusted(newest);
}

function isOwnIssuer({ parts }: FoundCertificate): boolean {
  return parts.issuer.key === parts.subject.key;
}

/** How many certificates that are no CA's name each issuer. */
function issuedBy({ certificates }: Source): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { parts } of certificates) {
    if (isCa(parts.extensions.get(OID.basicConstraints)?.value)) continue;
    counts.set(parts.issuer.key, (counts.get(parts.issuer.key) ?? 0) + 1);
  }
  return counts;
}

function trusted(found: FoundCertificate): FoundAuthority {
  const { facts, der, parts } = found;
  if (facts.profile !== "authority")
    throw new UserError(`${found.place}: ${label(found)} may not sign both certificates and CRLs (keyUsage)`, NOTHING);
  let key: KeyObject;
  try {
    key = createPublicKey({ key: parts.spki.raw, format: "der", type: "spki" });
  } catch {
    throw new UserError(`${found.place}: the public key of ${label(found)} is none that can be used`, NOTHING);
  }
  if (verifyCertificate(der, key)) return { ...found, key };
  throw new UserError(
    `${found.place}: ${label(found)} has a signature that its own key did not make, or one by SHA-1 or RSA-PSS, which is not taken here`,
    NOTHING,
  );
}

const NOTHING = "nothing was written; a new authority is made by: npm start";

function label({ facts }: FoundCertificate): string {
  return printable(facts.subject.slice(0, 200));
}

function twoTiers(below: FoundCertificate, roots: readonly FoundCertificate[]): UserError {
  const root = roots.find((one) => one.parts.subject.key === below.parts.issuer.key);
  const above =
    root === undefined
      ? `${printable(below.facts.issuer.slice(0, 200))}, which is not here`
      : `${label(root)} (${root.place})`;
  return new UserError(
    `${below.place}: ${label(below)} is an intermediate CA, issued by ${above}; only a CA that signed itself can be adopted so far`,
    "two tiers, with the root offline, come in a later version: until then leave it where it is; nothing was written",
  );
}

function several(found: readonly FoundCertificate[]): UserError {
  const each = found.slice(0, 5).map((one) => `${one.place}: ${label(one)}`);
  return new UserError(
    "there is more than one CA here, and nothing says which is meant",
    ...each,
    "copy what belongs to one of them into a directory of its own, and adopt that; nothing was written",
  );
}

function none({ certificates }: Source): UserError {
  const first = certificates[0];
  if (first === undefined)
    return new UserError("there is no certificate below this directory", "name the CA's own, such as easy-rsa's pki/");
  return new UserError(
    `none of the ${certificates.length} certificates here says that it is a CA's (basicConstraints)`,
    `put the certificate of their issuer beside them: ${printable(first.facts.issuer.slice(0, 200))}`,
  );
}
