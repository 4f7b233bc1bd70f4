import type { KeyObject } from "node:crypto";
import type { Instant } from "../model/time.ts";
import { context, type Der, inside, TAG } from "./der.ts";
import { X509Error } from "./error.ts";
import { type Extension, readExtensions } from "./extensions.ts";
import { OID, oidName } from "./oids.ts";
import { serialText } from "./serial.ts";
import { readSigned, verifySigned } from "./signature.ts";

interface ForeignEntry {
  readonly serial: string;
  readonly at: Instant;
  /** RFC 5280, 5.3.1; null where none is given. */
  readonly code: number | null;
}

/** A CRL as another CA signs it: of version 1 or 2, with a number or without. */
export interface ForeignCrl {
  /** Null where it has none, or one that no number of ours goes on from. */
  readonly number: number | null;
  readonly thisUpdate: Instant;
  readonly entries: readonly ForeignEntry[];
}

/**
 * A complete CRL by this issuer (the name as DER) and key. @throws X509Error for one that is partial, of another CA,
 * or not signed by this key.
 */
export function readForeignCrl(der: Buffer, issuer: Der, key: KeyObject): ForeignCrl {
  const signed = readSigned(der, "the CRL");
  const body = signed.body.again();
  body.optional(TAG.integer, "the version");
  body.next(TAG.sequence, "the signature's algorithm");
  if (body.next(TAG.sequence, "the issuer").key !== issuer.key) throw new X509Error("the CRL is another CA's");
  if (!verifySigned(signed, key)) throw new X509Error("the CRL is not signed by this CA, or by SHA-1");
  const thisUpdate = body.time("thisUpdate");
  if (body.tag === TAG.utcTime || body.tag === TAG.generalizedTime) body.time("nextUpdate");
  const revoked = body.optional(TAG.sequence, "the list of revoked certificates");
  const extensions = readTail(body.optional(context(0, true), "the CRL's extensions"));
  for (const [oid, { critical }] of extensions) {
    if (critical && oid !== OID.crlNumber) throw new X509Error(`the CRL has a critical extension ${oidName(oid)}`);
  }
  return { number: readNumber(extensions.get(OID.crlNumber)?.value), thisUpdate, entries: readEntries(revoked) };
}

function readTail(wrapper: Der | null): ReadonlyMap<string, Extension> {
  return wrapper === null ? new Map() : readExtensions(wrapper.next(TAG.sequence, "the CRL's extensions"));
}

function readNumber(value: Der | undefined): number | null {
  if (value === undefined) return null;
  const number = Number(`0x${inside(value, TAG.integer, "the CRL's number").hex()}`);
  return Number.isSafeInteger(number) ? number : null;
}

function readEntries(revoked: Der | null): ForeignEntry[] {
  const entries: ForeignEntry[] = [];
  while (revoked !== null && !revoked.atEnd) {
    const entry = revoked.next(TAG.sequence, "a revoked certificate");
    const serial = serialText(entry.integer("a revoked serial number"));
    const at = entry.time("a revocation's time");
    const list = entry.optional(TAG.sequence, "a revocation's extensions");
    const code = list === null ? undefined : readExtensions(list).get(OID.reasonCode)?.value;
    entries.push({ serial, at, code: code === undefined ? null : inside(code, TAG.enumerated, "a reason").at(0) });
  }
  return entries;
}
