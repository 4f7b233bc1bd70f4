import type { CrlEntry } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { TAG } from "./der.ts";
import { type Bytes, element, explicit, extension, integer, sequence, serialInteger, time } from "./der-write.ts";
import { X509Error } from "./error.ts";
import { type Issuer, signBody } from "./issuer.ts";
import { crlReasonCode, OID } from "./oids.ts";
import { encodePem } from "./pem.ts";

export interface CrlInput {
  readonly issuer: Issuer;
  readonly number: number;
  readonly thisUpdate: Instant;
  readonly nextUpdate: Instant;
  /** In any order; each serial once. */
  readonly entries: Iterable<CrlEntry>;
}

/**
 * PEM `X509 CRL`, version 2 with number and AKI (RFC 5280, 5), entries in the order of their serials: the same
 * entries make the same body. @throws X509Error for a serial given twice, or times and numbers out of range.
 */
export async function signCrl(input: CrlInput): Promise<string> {
  return encodePem("X509 CRL", await signBody(input.issuer.signer, crlBody(input)));
}

/** What is signed of it. */
export function crlBody(input: CrlInput): Bytes {
  const { issuer, nextUpdate, number, thisUpdate } = input;
  if (!Number.isSafeInteger(number) || number < 0) throw new X509Error(`${number} is not a number for a CRL`);
  if (nextUpdate < thisUpdate) throw new X509Error("a CRL cannot end before it begins");
  const extensions = issuer.authorityKeyId + extension(OID.crlNumber, false, integer(number));
  return sequence(
    integer(1),
    issuer.signer.algorithm,
    issuer.name,
    time(thisUpdate),
    time(nextUpdate),
    revokedCertificates(input.entries),
    explicit(0, sequence(extensions)),
  );
}

/** The list, or nothing at all where nobody is revoked (RFC 5280, 5.1.2.6). */
function revokedCertificates(entries: Iterable<CrlEntry>): Bytes {
  const sorted = [...entries].sort(bySerial);
  const tails = new Map<string, Bytes>();
  let last = "";
  const parts = sorted.map(({ serial, at, reason }) => {
    if (serial === last) throw new X509Error(`serial ${serial} would be on the CRL twice`);
    last = serial;
    const key = `${at} ${reason}`;
    const tail = tails.get(key) ?? time(at) + reasonExtension(reason);
    tails.set(key, tail);
    return sequence(serialInteger(serial), tail);
  });
  return parts.length === 0 ? "" : sequence(...parts);
}

/** By length, then by digits: whole bytes without leading zeros, so by number. */
function bySerial(a: CrlEntry, b: CrlEntry): number {
  if (a.serial.length !== b.serial.length) return a.serial.length - b.serial.length;
  return a.serial < b.serial ? -1 : Number(a.serial > b.serial);
}

/** crlEntryExtensions with the reason (RFC 5280, 5.3.1: unspecified is said by saying nothing). */
function reasonExtension(reason: CrlEntry["reason"]): Bytes {
  if (reason === "unspecified") return "";
  const code = element(TAG.enumerated, String.fromCharCode(crlReasonCode(reason)));
  return sequence(extension(OID.reasonCode, false, code));
}
