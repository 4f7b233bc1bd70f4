import { context, type Der, readDer, TAG } from "./der.ts";
import { X509Error } from "./error.ts";

/** What bytes can be that come where a request is wanted. */
export type DerKind =
  | "request"
  | "certificate"
  | "revocation list"
  | "private key"
  | "public key"
  | "PKCS#7"
  | "PKCS#12"
  | "other";

const PKCS7 = /^1\.2\.840\.113549\.1\.7\.\d+$/;

/** What one whole element of DER is, by its outermost members alone; null for bytes that are none. */
export function derKind(der: Buffer): DerKind | null {
  try {
    const outer = readDer(der, TAG.sequence, "it");
    return kindOf(outer);
  } catch (error) {
    if (error instanceof X509Error) return null;
    throw error;
  }
}

/** The first member tells most; RFC 2986, 5280, 5208, 5958, 8017, 5915, 5652, 7292. */
function kindOf(outer: Der): DerKind {
  const first = outer.any("it");
  const [second, ...more] = membersOf(outer);
  if (first.type === TAG.oid) return PKCS7.test(first.checkedOid("its type")) ? "PKCS#7" : "other";
  if (first.type === TAG.sequence) return ofList(first, second?.type);
  if (first.type !== TAG.integer || second === undefined) return "other";
  if (second.type === TAG.octetString) return "private key";
  // RSA: a modulus and an exponent, or these and the secret ones after a version.
  if (second.type === TAG.integer) return more.length === 0 ? "public key" : "private key";
  if (second.type !== TAG.sequence) return "other";
  return second.tag === TAG.oid && PKCS7.test(second.oid("its type")) ? "PKCS#12" : "private key";
}

/** SEQUENCE { SEQUENCE …, … }: what is signed with its algorithm, or an algorithm with what it is for. */
function ofList(first: Der, second: number | undefined): DerKind {
  if (first.tag === TAG.oid) {
    return second === TAG.bitString ? "public key" : second === TAG.octetString ? "private key" : "other";
  }
  if (second !== TAG.sequence) return "other";
  const [version, a, b, c] = membersOf(first).map(({ type }) => type);
  if (version === context(0, true)) return "certificate";
  if (version !== TAG.integer || a !== TAG.sequence || b !== TAG.sequence) return "other";
  // Version, name, key; a list has an algorithm, a name, times; a certificate of version 1 a number, algorithm, name.
  if (c === undefined || c === context(0, true)) return "request";
  return c === TAG.utcTime || c === TAG.generalizedTime ? "revocation list" : "certificate";
}

/** Four are enough to tell. */
function membersOf(list: Der): Der[] {
  const members: Der[] = [];
  while (!list.atEnd && members.length < 4) members.push(list.any("a member"));
  return members;
}
