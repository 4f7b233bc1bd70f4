import { hash, type KeyObject } from "node:crypto";
import type { KeyType } from "../model/registry.ts";
import { type Der, inside, readDer, TAG } from "./der.ts";
import { X509Error } from "./error.ts";
import { OID } from "./oids.ts";

/** A key type by name; `other` for what we would not make, such as P-521. */
export type AnyKeyType = KeyType | "rsa-2048" | "other";

/** SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), taken apart. `parameters` is null where there are none. */
export interface PublicKeyInfo {
  readonly algorithm: string;
  readonly parameters: Der | null;
  /** Contents of the BIT STRING subjectPublicKey. */
  readonly key: Der;
}

/** @throws X509Error */
export function readPublicKeyInfo(spki: Buffer): PublicKeyInfo {
  const info = readDer(spki, TAG.sequence, "the public key");
  const identifier = info.next(TAG.sequence, "the public key's algorithm");
  const algorithm = identifier.oid("the public key's algorithm");
  const parameters = identifier.atEnd ? null : identifier.any("the public key's parameters");
  identifier.finish("the public key's parameters");
  const key = info.bits("the public key's bits");
  info.finish("the public key");
  return { algorithm, parameters, key };
}

/** Modulus and exponent (RFC 8017, A.1.1). @throws X509Error */
export function readRsaKey(key: Der): { readonly modulus: Der; readonly exponent: Der } {
  const sequence = inside(key, TAG.sequence, "the RSA key");
  const modulus = sequence.integer("the RSA modulus");
  const exponent = sequence.integer("the RSA exponent");
  sequence.finish("the RSA key");
  if (modulus.at(0) >= 0x80 || exponent.at(0) >= 0x80) throw new X509Error("the RSA key has a negative number");
  return { modulus, exponent };
}

/** Bits of a positive INTEGER. */
export function bitLength(integer: Der): number {
  const skip = integer.at(0) === 0 ? 1 : 0;
  const first = integer.at(skip);
  return first <= 0 ? 0 : (integer.size - skip) * 8 - (Math.clz32(first) - 24);
}

/**
 * What identifies a public key: `sha256:` + lower-case hex over its DER SubjectPublicKeyInfo, and its type.
 * It looks at the form alone: whether the key is sound is readRequest's question.
 * @throws X509Error
 */
export function publicKeyFacts(spki: Buffer): { readonly fingerprint: string; readonly keyType: AnyKeyType } {
  return { fingerprint: `sha256:${hash("sha256", spki, "hex")}`, keyType: typeOf(readPublicKeyInfo(spki)) };
}

function typeOf({ algorithm, parameters, key }: PublicKeyInfo): AnyKeyType {
  if (algorithm === OID.rsaEncryption) return rsaType(bitLength(readRsaKey(key).modulus));
  if (algorithm === OID.ed25519) return parameters === null ? "ed25519" : "other";
  if (algorithm !== OID.ecPublicKey || parameters?.type !== TAG.oid) return "other";
  const curve = parameters.checkedOid("the curve");
  if (curve === OID.p256) return "ec-p256";
  return curve === OID.p384 ? "ec-p384" : "other";
}

function rsaType(bits: number): AnyKeyType {
  if (bits === 2048) return "rsa-2048";
  if (bits === 3072) return "rsa-3072";
  return bits === 4096 ? "rsa-4096" : "other";
}

/** Type of a private or public key of Node's. */
export function keyTypeOf(key: KeyObject): AnyKeyType {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "rsa") return rsaType(details?.modulusLength ?? 0);
  if (type === "ed25519") return "ed25519";
  if (type !== "ec") return "other";
  if (details?.namedCurve === "prime256v1") return "ec-p256";
  return details?.namedCurve === "secp384r1" ? "ec-p384" : "other";
}

/** What `generateKeyPair(type, options)` of node:crypto is to be called with, by `type`. */
export type KeyTypeOptions =
  | { readonly type: "rsa"; readonly options: { readonly modulusLength: number; readonly publicExponent: 65537 } }
  | { readonly type: "ec"; readonly options: { readonly namedCurve: "P-256" | "P-384" } }
  | { readonly type: "ed25519"; readonly options: Record<never, never> };

const OPTIONS: Readonly<Record<KeyType, KeyTypeOptions>> = {
  "ec-p256": { type: "ec", options: { namedCurve: "P-256" } },
  "ec-p384": { type: "ec", options: { namedCurve: "P-384" } },
  "rsa-3072": { type: "rsa", options: { modulusLength: 3072, publicExponent: 65537 } },
  "rsa-4096": { type: "rsa", options: { modulusLength: 4096, publicExponent: 65537 } },
  ed25519: { type: "ed25519", options: {} },
};

/** How Node makes a key of this type. */
export function keyTypeOptions(type: KeyType): KeyTypeOptions {
  return OPTIONS[type];
}

/** RFC 7093, 2, method 1: the leftmost 160 bits of SHA-256 over the bits of subjectPublicKey. Upper-case hex. */
export function keyIdentifier(spki: Buffer): string {
  return hash("sha256", readPublicKeyInfo(spki).key.content, "hex").slice(0, 40).toUpperCase();
}
