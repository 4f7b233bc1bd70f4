import type { KeyObject } from "node:crypto";
import type { Crl } from "../model/state.ts";
import { formatInstant, type Instant } from "../model/time.ts";
import { type AuthorityCertificate, issuedBy, readAuthority } from "./authority-certificate.ts";
import { readCrl, verifyCrl } from "./crl-reader.ts";
import { X509Error } from "./error.ts";
import { decodePem } from "./pem.ts";
import { requestKey } from "./request-key.ts";
import { readSigned, verifySigned } from "./signature.ts";

/**
 * What is wrong, at this instant, with an authority of two tiers, as a sentence; null where nothing is. `openssl verify
 * -x509_strict -crl_check_all` takes whatever this takes. Each of the three is PEM, one block alone. The first hit wins:
 * what comes after it would mostly say the same again.
 */
export function verifyChain(issuing: string, root: string, rootCrl: string, now: Instant): string | null {
  try {
    const top = check("the root's certificate", () => checkRoot(root, now));
    check("the issuing certificate", () => checkIssuing(issuing, top, now));
    check("the root's revocation list", () => checkCrl(rootCrl, root, top, now, issuing));
    return null;
  } catch (error) {
    if (error instanceof X509Error) return error.message;
    throw error;
  }
}

/**
 * What speaks against a root's list in place of the one before, as a sentence; null where nothing does. A root that came
 * back from an older copy signs lists that have forgotten its last revocations. Both are PEM. @throws X509Error
 */
export function goesBack(previous: string, next: string): string | null {
  const [before, after] = [readCrl(previous), readCrl(next)];
  if (after.number < before.number) return `it has number ${after.number}; the one before has ${before.number}`;
  if (after.thisUpdate < before.thisUpdate) return "it was signed before the one that is here";
  const forgotten = [...before.entries.keys()].find((serial) => !after.entries.has(serial));
  return forgotten === undefined ? null : `it has forgotten that ${forgotten} is revoked`;
}

function check<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof X509Error) throw new X509Error(`${what}: ${error.message}`);
    throw error;
  }
}

function checkRoot(pem: string, now: Instant): AuthorityCertificate {
  const der = decodePem(pem, "CERTIFICATE");
  const root = readAuthority(der);
  if (root.tier === "issuing") throw new X509Error("another issued it, so it is no root");
  if (root.tier === "self") throw new X509Error("no authority may stand below it (pathlen:0)");
  if (issuedBy(root, root) === false) throw new X509Error("its authorityKeyIdentifier is not its own");
  if (!signedBy(der, keyOf(root))) throw new X509Error("it is not signed by its own key");
  checkDates(root, now);
  return root;
}

function checkIssuing(pem: string, root: AuthorityCertificate, now: Instant): void {
  const der = decodePem(pem, "CERTIFICATE");
  const issuing = readAuthority(der);
  if (issuing.tier !== "issuing") throw new X509Error("it issued itself, so no root vouches for it");
  if (issuing.issuer.key !== root.subject.key) throw new X509Error("it names another issuer than this root");
  const known = issuedBy(issuing, root);
  if (known === null) throw new X509Error("it has no authorityKeyIdentifier");
  if (!known) throw new X509Error("its authorityKeyIdentifier is of another root, perhaps of the same name");
  if (!signedBy(der, keyOf(root))) throw new X509Error("it is not signed by this root");
  if (issuing.spki.key === root.spki.key) throw new X509Error("its key is the root's own");
  keyOf(issuing);
  if (issuing.serial === root.serial) throw new X509Error("it has the root's own serial number");
  checkDates(issuing, now);
  if (issuing.notAfter > root.notAfter) {
    const ends = `${formatInstant(issuing.notAfter)}, the root ${formatInstant(root.notAfter)}`;
    throw new X509Error(`it would outlive the root: it ends on ${ends}`);
  }
}

function checkCrl(pem: string, rootPem: string, root: AuthorityCertificate, now: Instant, issuing: string): void {
  const crl = readCrl(pem);
  if (crl.authorityKeyId === null) throw new X509Error("it has no authorityKeyIdentifier");
  if (crl.authorityKeyId !== root.keyId) throw new X509Error("it is of another root, perhaps of the same name");
  if (!verifyCrl(pem, rootPem)) throw new X509Error("it is not signed by this root, or names another");
  if (crl.thisUpdate > now) throw new X509Error(`it begins in the future, on ${formatInstant(crl.thisUpdate)}`);
  if (crl.nextUpdate <= now) throw new X509Error(`it has ended, on ${formatInstant(crl.nextUpdate)}`);
  const { serial } = readAuthority(decodePem(issuing, "CERTIFICATE"));
  checkEntry(crl, serial, "the issuing certificate");
  checkEntry(crl, root.serial, "the root itself");
}

function checkEntry(crl: Crl, serial: string, what: string): void {
  const entry = crl.entries.get(serial);
  if (entry === undefined) return;
  throw new X509Error(`${what} is revoked, since ${formatInstant(entry.at)} (${entry.reason})`);
}

function checkDates({ notAfter, notBefore }: AuthorityCertificate, now: Instant): void {
  if (notBefore > now) throw new X509Error(`it begins in the future, on ${formatInstant(notBefore)}`);
  if (notAfter <= now) throw new X509Error(`it has ended, on ${formatInstant(notAfter)}`);
}

/** Its key, if it is one that we would certify: also of others' roots. */
function keyOf({ spki }: AuthorityCertificate): KeyObject {
  return requestKey(spki.raw);
}

function signedBy(der: Buffer, key: KeyObject): boolean {
  return verifySigned(readSigned(der, "the certificate"), key);
}
