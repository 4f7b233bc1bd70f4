import { createPublicKey, type KeyObject } from "node:crypto";
import type { Crl, CrlEntry } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { readCertificateParts } from "./certificate.ts";
import { context, type Der, inside, TAG } from "./der.ts";
import { X509Error } from "./error.ts";
import { type Extension, readAuthorityKeyId, readExtensions } from "./extensions.ts";
import { readName } from "./name.ts";
import { crlReason, OID, oidName } from "./oids.ts";
import { decodePem } from "./pem.ts";
import { serialText } from "./serial.ts";
import { readSigned, verifySigned } from "./signature.ts";

const LABEL = "X509 CRL";

/** TBSCertList (RFC 5280, 5.1), taken apart. */
interface CrlParts {
  readonly issuer: Der;
  readonly thisUpdate: Instant;
  readonly nextUpdate: Instant;
  /** revokedCertificates; null where the CRL is empty. */
  readonly revoked: Der | null;
  readonly extensions: ReadonlyMap<string, Extension>;
}

/**
 * A complete CRL, version 2, with a number and an end, as RFC 5280, 5 asks of a CA; delta, indirect and partitioned
 * ones are refused by their critical extensions. Its signature is verifyCrl's question.
 * @throws X509Error
 */
export function readCrl(pem: string): Crl {
  const { issuer, thisUpdate, nextUpdate, revoked, extensions } = readParts(decodePem(pem, LABEL));
  const number = extensions.get(OID.crlNumber);
  if (number === undefined) throw new X509Error("the CRL has no number");
  refuseCritical(extensions, [OID.crlNumber, OID.authorityKeyIdentifier], "the CRL");
  return {
    issuer: readName(issuer),
    authorityKeyId: readAuthorityKeyId(extensions),
    number: readNumber(number.value),
    thisUpdate,
    nextUpdate,
    entries: readEntries(revoked),
  };
}

/** Whether the CA of this PEM certificate signed this CRL under its own name. @throws X509Error for what is neither. */
export function verifyCrl(pem: string, caPem: string): boolean {
  const der = decodePem(pem, LABEL);
  const ca = readCertificateParts(decodePem(caPem, "CERTIFICATE"));
  return readParts(der).issuer.key === ca.subject.key && verifySigned(readSigned(der, "the CRL"), caKey(ca.spki.raw));
}

function caKey(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: "der", type: "spki" });
  } catch {
    throw new X509Error("the CA's public key is none that can be used");
  }
}

function readParts(der: Buffer): CrlParts {
  const signed = readSigned(der, "the CRL");
  const body = signed.body.again();
  const version = body.optional(TAG.integer, "the version");
  if (version?.size !== 1 || version.at(0) !== 1) throw new X509Error("the CRL is not of version 2");
  if (body.next(TAG.sequence, "the signature's algorithm").key !== signed.algorithm.key) {
    throw new X509Error("the CRL names two signature algorithms");
  }
  const issuer = body.next(TAG.sequence, "the issuer");
  const thisUpdate = body.time("thisUpdate");
  const nextUpdate = body.time("nextUpdate");
  const revoked = body.optional(TAG.sequence, "the list of revoked certificates");
  const extensions = body.next(context(0, true), "the CRL's extensions");
  body.finish("the CRL's extensions");
  const list = extensions.next(TAG.sequence, "the CRL's extensions");
  extensions.finish("the CRL's extensions");
  return { issuer, thisUpdate, nextUpdate, revoked, extensions: readExtensions(list) };
}

function readNumber(value: Der): number {
  const integer = inside(value, TAG.integer, "the CRL's number").checkedInteger("the CRL's number");
  const number = Number(`0x${integer.hex()}`);
  if (integer.at(0) >= 0x80 || !Number.isSafeInteger(number)) throw new X509Error("the CRL's number is out of range");
  return number;
}

/** Times and extensions repeat from entry to entry: each form of them is read once, which halves the time of a long list. */
function readEntries(revoked: Der | null): ReadonlyMap<string, CrlEntry> {
  const entries = new Map<string, CrlEntry>();
  const tails = new Map<string, Omit<CrlEntry, "serial">>();
  while (revoked !== null && !revoked.atEnd) {
    const entry = revoked.next(TAG.sequence, "a revoked certificate");
    const serial = serialText(entry.integer("a revoked serial number"));
    const key = entry.rest;
    const tail = tails.get(key) ?? readTail(entry, serial);
    if (tails.size < 10_000) tails.set(key, tail);
    if (entries.has(serial)) throw new X509Error(`the CRL has serial ${serial} twice`);
    entries.set(serial, { serial, at: tail.at, reason: tail.reason });
  }
  return entries;
}

function readTail(entry: Der, serial: string): Omit<CrlEntry, "serial"> {
  const at = entry.time("a revocation's time");
  const list = entry.optional(TAG.sequence, "a revocation's extensions");
  entry.finish("a revocation");
  if (list === null) return { at, reason: "unspecified" };
  const extensions = readExtensions(list);
  refuseCritical(extensions, [OID.reasonCode], `the entry of ${serial}`);
  return { at, reason: readReason(extensions.get(OID.reasonCode)?.value, serial) };
}

function readReason(value: Der | undefined, serial: string): CrlEntry["reason"] {
  if (value === undefined) return "unspecified";
  const code = inside(value, TAG.enumerated, "a revocation's reason");
  const reason = code.size === 1 ? crlReason(code.at(0)) : undefined;
  if (reason === undefined) throw new X509Error(`the entry of ${serial} has a reason that is not for such a list`);
  return reason;
}

/** What is critical and not understood must not be passed over (RFC 5280, 5.2 and 5.3). */
function refuseCritical(extensions: ReadonlyMap<string, Extension>, known: readonly string[], what: string): void {
  for (const [oid, { critical }] of extensions) {
    if (critical && !known.includes(oid)) throw new X509Error(`${what} has a critical extension ${oidName(oid)}`);
  }
}
