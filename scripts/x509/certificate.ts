import type { KeyObject } from "node:crypto";
import type { CertificateFacts } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { context, type Der, TAG } from "./der.ts";
import { X509Error } from "./error.ts";
import {
  type Extension,
  readAuthorityKeyId,
  readExtensions,
  readNames,
  readProfile,
  readSubjectKeyId,
} from "./extensions.ts";
import { keyIdentifier, publicKeyFacts } from "./keys.ts";
import { readName } from "./name.ts";
import { serialText } from "./serial.ts";
import { readSigned, verifySigned, verifySignedAsync } from "./signature.ts";

/** TBSCertificate (RFC 5280, 4.1), taken apart; names and key as elements. */
export interface CertificateParts {
  readonly serial: string;
  readonly issuer: Der;
  readonly subject: Der;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly spki: Der;
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** @throws X509Error for whatever is not one DER certificate. */
export function readCertificateParts(der: Buffer): CertificateParts {
  const signed = readSigned(der, "the certificate");
  const body = signed.body.again();
  const version = readVersion(body);
  const serial = serialText(body.integer("the serial number"));
  // RFC 5280, 4.1.1.2: the algorithm inside is signed, the one outside is believed; they must be one.
  if (body.next(TAG.sequence, "the signature's algorithm").key !== signed.algorithm.key) {
    throw new X509Error("the certificate names two signature algorithms");
  }
  const issuer = body.next(TAG.sequence, "the issuer");
  const validity = body.next(TAG.sequence, "the validity");
  const notBefore = validity.time("notBefore");
  const notAfter = validity.time("notAfter");
  validity.finish("the validity");
  const subject = body.next(TAG.sequence, "the subject");
  const spki = body.next(TAG.sequence, "the public key");
  return { serial, issuer, subject, notBefore, notAfter, spki, extensions: readTail(body, version) };
}

/** 1, 2 or 3. */
function readVersion(body: Der): number {
  const wrapper = body.optional(context(0, true), "the version");
  if (wrapper === null) return 1;
  const integer = wrapper.integer("the version");
  wrapper.finish("the version");
  const version = integer.at(0);
  if (integer.size !== 1 || (version !== 1 && version !== 2))
    throw new X509Error("the certificate's version is unknown");
  return version + 1;
}

function readTail(body: Der, version: number): ReadonlyMap<string, Extension> {
  body.optional(context(1, false), "issuerUniqueID");
  body.optional(context(2, false), "subjectUniqueID");
  const wrapper = version === 3 ? body.optional(context(3, true), "the extensions") : null;
  body.finish("the certificate's body");
  if (wrapper === null) return new Map();
  const list = wrapper.next(TAG.sequence, "the extensions");
  wrapper.finish("the extensions");
  return readExtensions(list);
}

/** What the DER of a certificate says. Its signature is verifyCertificate's question. @throws X509Error */
export function readCertificate(der: Buffer): CertificateFacts {
  const parts = readCertificateParts(der);
  const { extensions } = parts;
  return {
    serial: parts.serial,
    subject: readName(parts.subject),
    issuer: issuerName(parts.issuer),
    notBefore: parts.notBefore,
    notAfter: parts.notAfter,
    ...publicKeyFacts(parts.spki.raw),
    profile: readProfile(extensions),
    names: readNames(extensions),
    subjectKeyId: readSubjectKeyId(extensions),
    authorityKeyId: readAuthorityKeyId(extensions),
  };
}

/** The same of a CA, with the key identifier that stands in what it issues where its own certificate has none. */
export function readAuthorityFacts(der: Buffer): CertificateFacts {
  const facts = readCertificate(der);
  return { ...facts, subjectKeyId: facts.subjectKeyId ?? keyIdentifier(certificateSpki(der)) };
}

/** DER SubjectPublicKeyInfo of a DER certificate. @throws X509Error */
export function certificateSpki(der: Buffer): Buffer {
  return readCertificateParts(der).spki.raw;
}

let lastIssuer = { key: "", text: "" };

/** readName, remembering one: thousands of certificates in a row have the same issuer. */
function issuerName(issuer: Der): string {
  const { key } = issuer;
  if (key !== lastIssuer.key) lastIssuer = { key, text: readName(issuer) };
  return lastIssuer.text;
}

/**
 * Whether `issuerPublicKey` signed this DER certificate, by an algorithm of ours; nothing about names, times or
 * revocation. @throws X509Error for what is no certificate, or one that names two algorithms.
 */
export function verifyCertificate(der: Buffer, issuerPublicKey: KeyObject): boolean {
  readCertificateParts(der);
  return verifySigned(readSigned(der, "the certificate"), issuerPublicKey);
}

/** The same in libuv's thread pool, for a certificate that readCertificate has accepted: its insides are not read again. */
export function verifyCertificateAsync(der: Buffer, issuerPublicKey: KeyObject): Promise<boolean> {
  return verifySignedAsync(readSigned(der, "the certificate"), issuerPublicKey);
}
