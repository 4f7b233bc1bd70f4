import { createPublicKey, type KeyObject, sign } from "node:crypto";
import type { CertificateFacts } from "../model/state.ts";
import { readCertificate, readCertificateParts } from "./certificate.ts";
import { TAG } from "./der.ts";
import { type Bytes, bitString, element, fromBytes, oid, sequence, toBytes } from "./der-write.ts";
import { X509Error } from "./error.ts";
import { keyIdentifier } from "./keys.ts";
import { decodePem } from "./pem.ts";
import { type SignatureScheme, schemeForKey } from "./signature.ts";
import { authorityKeyIdExtension } from "./write-extensions.ts";

/** A key that signs, and the AlgorithmIdentifier it signs with. */
export interface Signer {
  readonly key: KeyObject;
  readonly scheme: SignatureScheme;
  readonly algorithm: Bytes;
}

/** A CA's certificate and key, with what every certificate and CRL of its repeats, encoded once. */
export interface Issuer extends Signer {
  readonly certificate: CertificateFacts;
  readonly name: Bytes;
  readonly authorityKeyId: Bytes;
}

/** @throws X509Error for a key that signs nothing here. */
export function makeSigner(key: KeyObject): Signer {
  const scheme = schemeForKey(key);
  // RFC 4055, 5: NULL for RSA; RFC 5758, 3.2 and RFC 8410, 3: nothing for the others.
  const parameters = scheme.keyType === "rsa" ? element(TAG.null, "") : "";
  return { key, scheme, algorithm: sequence(oid(scheme.oid), parameters) };
}

/** The CA of this PEM certificate. @throws X509Error where it is no CA's, or `caKey` is not its private key. */
export function makeIssuer(caPem: string, caKey: KeyObject): Issuer {
  const caDer = decodePem(caPem, "CERTIFICATE");
  const certificate = readCertificate(caDer);
  const { subject, spki } = readCertificateParts(caDer);
  if (certificate.profile !== "authority") throw new X509Error(`${certificate.subject} is not a CA's certificate`);
  if (caKey.type !== "private" || !createPublicKey(caKey).export({ type: "spki", format: "der" }).equals(spki.raw)) {
    throw new X509Error(`the CA key does not belong to the certificate of ${certificate.subject}`);
  }
  const keyId = certificate.subjectKeyId ?? keyIdentifier(spki.raw);
  return {
    ...makeSigner(caKey),
    certificate,
    name: toBytes(subject.raw),
    authorityKeyId: authorityKeyIdExtension(keyId),
  };
}

/** SEQUENCE { body, algorithm, signature }: what certificates and CRLs are. */
export function assemble(body: Bytes, algorithm: Bytes, signature: Uint8Array): Buffer {
  return fromBytes(sequence(body, algorithm, bitString(toBytes(signature))));
}

export function signBody(signer: Signer, body: Bytes): Buffer {
  return assemble(body, signer.algorithm, sign(signer.scheme.hash, fromBytes(body), signer.key));
}
