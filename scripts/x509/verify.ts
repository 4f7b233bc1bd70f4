import type { KeyObject } from "node:crypto";
import { readCertificateParts } from "./certificate.ts";
import { readSigned, verifySigned, verifySignedAsync } from "./signature.ts";

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
