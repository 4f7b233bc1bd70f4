import { type KeyObject, verify } from "node:crypto";
import { type Der, readDer, TAG } from "./der.ts";
import { X509Error } from "./error.ts";
import { OID } from "./oids.ts";

/** A signature algorithm: PKCS#1 v1.5, ECDSA or Ed25519 with its hash (null: part of the algorithm). */
export interface SignatureScheme {
  /** As RFC 3279, 4055, 5758 and 8410 call it, in OpenSSL's letters: what a signing program is told. */
  readonly name: string;
  readonly oid: string;
  readonly keyType: "rsa" | "ec" | "ed25519";
  readonly hash: "sha256" | "sha384" | "sha512" | null;
}

const SCHEMES: readonly SignatureScheme[] = [
  { name: "sha256WithRSAEncryption", oid: OID.sha256WithRsa, keyType: "rsa", hash: "sha256" },
  { name: "sha384WithRSAEncryption", oid: OID.sha384WithRsa, keyType: "rsa", hash: "sha384" },
  { name: "sha512WithRSAEncryption", oid: OID.sha512WithRsa, keyType: "rsa", hash: "sha512" },
  { name: "ecdsa-with-SHA256", oid: OID.ecdsaWithSha256, keyType: "ec", hash: "sha256" },
  { name: "ecdsa-with-SHA384", oid: OID.ecdsaWithSha384, keyType: "ec", hash: "sha384" },
  { name: "ecdsa-with-SHA512", oid: OID.ecdsaWithSha512, keyType: "ec", hash: "sha512" },
  { name: "ED25519", oid: OID.ed25519, keyType: "ed25519", hash: null },
];

/** How a CA with this key signs: the hash as strong as the curve; SHA-384 from 4096 bits of RSA. @throws X509Error */
export function schemeForKey(key: KeyObject): SignatureScheme {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const large = (details?.modulusLength ?? 0) >= 4096 || details?.namedCurve === "secp384r1";
  const hash = details?.namedCurve === "secp521r1" ? "sha512" : large ? "sha384" : "sha256";
  const wanted = type === "ed25519" ? null : hash;
  const scheme = SCHEMES.find((candidate) => candidate.keyType === type && candidate.hash === wanted);
  if (!scheme) throw new X509Error(`a key of type ${type ?? "secret"} cannot sign certificates here`);
  return scheme;
}

/**
 * The scheme that an AlgorithmIdentifier names, or null when it is none of ours (SHA-1, MD5, PSS, …).
 * RSA has NULL or nothing as parameters (RFC 4055, 5), the others nothing (RFC 5758, 3.2; RFC 8410, 3).
 */
export function readScheme(algorithm: Der): SignatureScheme | null {
  const identifier = algorithm.again();
  const oid = identifier.oid("the signature's algorithm");
  const scheme = SCHEMES.find((candidate) => candidate.oid === oid) ?? null;
  if (scheme?.keyType === "rsa") identifier.optional(TAG.null, "the signature's parameters")?.finish("NULL");
  return identifier.atEnd ? scheme : null;
}

/** What certificates, requests and CRLs have in common: SEQUENCE { to be signed, algorithm, BIT STRING }. */
export interface Signed {
  readonly body: Der;
  /** The AlgorithmIdentifier outside. */
  readonly algorithm: Der;
  readonly signature: Der;
}

/** @throws X509Error */
export function readSigned(der: Buffer, what: string): Signed {
  const outer = readDer(der, TAG.sequence, what);
  const body = outer.next(TAG.sequence, what);
  const algorithm = outer.next(TAG.sequence, "the signature's algorithm");
  const signature = outer.bits("the signature");
  outer.finish("the signature");
  return { body, algorithm, signature };
}

/** Whether this key made the signature, by one of our schemes. */
export function verifySigned({ body, algorithm, signature }: Signed, key: KeyObject): boolean {
  const scheme = readScheme(algorithm);
  if (scheme === null || scheme.keyType !== key.asymmetricKeyType) return false;
  return verify(scheme.hash, body.raw, key, signature.content);
}

/** The same in libuv's thread pool: as many at once as it has threads. */
export function verifySignedAsync({ body, algorithm, signature }: Signed, key: KeyObject): Promise<boolean> {
  const scheme = readScheme(algorithm);
  if (scheme === null || scheme.keyType !== key.asymmetricKeyType) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    verify(scheme.hash, body.raw, key, signature.content, (error, valid) => {
      if (error) reject(error);
      else resolve(valid);
    });
  });
}
