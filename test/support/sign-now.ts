import { type KeyObject, sign } from "node:crypto";
import * as crl from "../../scripts/x509/crl-writer.ts";
import { type Bytes, fromBytes } from "../../scripts/x509/der-write.ts";
import * as issue from "../../scripts/x509/issue.ts";
import { assemble } from "../../scripts/x509/issuer.ts";
import { encodePem } from "../../scripts/x509/pem.ts";
import { keySigner, type Signer } from "../../scripts/x509/signer.ts";

// What x509/ signs in its own time, at once: for tests that have the key.

const keys = new WeakMap<Signer, KeyObject>();

export function signerOf(key: KeyObject): Signer {
  const signer = keySigner(key);
  keys.set(signer, key);
  return signer;
}

function signed(signer: Signer, body: Bytes): Buffer {
  const key = keys.get(signer);
  if (key === undefined) throw new Error("a signer that signerOf did not make");
  return assemble(body, signer.algorithm, sign(signer.scheme.hash, fromBytes(body), key));
}

export function issueAuthority(input: issue.AuthorityInput): string {
  return encodePem("CERTIFICATE", signed(input.signer, issue.authorityBody(input)));
}

export function issueCertificate(input: issue.CertificateInput): string {
  return encodePem("CERTIFICATE", signed(input.issuer.signer, issue.certificateBody(input)));
}

export function signCrl(input: crl.CrlInput): string {
  return encodePem("X509 CRL", signed(input.issuer.signer, crl.crlBody(input)));
}
