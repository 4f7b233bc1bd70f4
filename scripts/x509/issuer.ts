import type { CertificateFacts } from "../model/state.ts";
import { readCertificate, readCertificateParts } from "./certificate.ts";
import { type Bytes, bitString, fromBytes, sequence, toBytes } from "./der-write.ts";
import { X509Error } from "./error.ts";
import { keyIdentifier } from "./keys.ts";
import { decodePem } from "./pem.ts";
import type { Signer } from "./signer.ts";
import { authorityKeyIdExtension } from "./write-extensions.ts";

/** A CA's certificate and signer, with what every certificate and CRL of its repeats, encoded once. */
export interface Issuer {
  readonly signer: Signer;
  readonly certificate: CertificateFacts;
  readonly name: Bytes;
  readonly authorityKeyId: Bytes;
}

/** The CA of this PEM certificate. @throws X509Error where it is no CA's, or the signer's key is another. */
export function makeIssuer(caPem: string, signer: Signer): Issuer {
  const caDer = decodePem(caPem, "CERTIFICATE");
  const certificate = readCertificate(caDer);
  const { subject, spki } = readCertificateParts(caDer);
  if (certificate.profile !== "authority") throw new X509Error(`${certificate.subject} is not a CA's certificate`);
  if (!signer.publicKey.export({ type: "spki", format: "der" }).equals(spki.raw)) {
    throw new X509Error(`the CA key does not belong to the certificate of ${certificate.subject}`);
  }
  const keyId = certificate.subjectKeyId ?? keyIdentifier(spki.raw);
  return { signer, certificate, name: toBytes(subject.raw), authorityKeyId: authorityKeyIdExtension(keyId) };
}

/** SEQUENCE { body, algorithm, signature }: what certificates and CRLs are. */
export function assemble(body: Bytes, algorithm: Bytes, signature: Uint8Array): Buffer {
  return fromBytes(sequence(body, algorithm, bitString(toBytes(signature))));
}

export async function signBody({ algorithm, sign }: Signer, body: Bytes): Promise<Buffer> {
  return assemble(body, algorithm, await sign(fromBytes(body)));
}
