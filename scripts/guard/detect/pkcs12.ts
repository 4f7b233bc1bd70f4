import * as der from "./der.ts";
import { clear, encrypted, type Found } from "./detection.ts";
import { encryptionStrength } from "./pbe.ts";

/** Prefixes of OIDs: PKCS#7 content types, PKCS#12 bag types (RFC 7292, D), in hex with tag and length. */
const CONTENT = Buffer.from("06092a864886f70d0107", "hex");
const KEY_BAG = Buffer.from("060b2a864886f70d010c0a0101", "hex");
const SHROUDED_BAG = Buffer.from("060b2a864886f70d010c0a0102", "hex");
const ENCRYPTED_DATA = Buffer.from("06092a864886f70d010706", "hex");

/**
 * PFX (RFC 7292, 4). Its bags may be in the clear, or as a whole behind a password; then a key may be among them.
 * Bags of certificates alone, in the clear, are none.
 */
export function pkcs12(bytes: Buffer, outer: der.Element, [, safe]: readonly der.Element[]): Found | null {
  if (safe === undefined || !bytes.subarray(safe.from, safe.from + CONTENT.length).equals(CONTENT)) return null;
  const body = bytes.subarray(outer.from, outer.end);
  if (body.includes(KEY_BAG)) return clear("PKCS#12 file with a private key in the clear");
  const strengths = [...strengthsAfter(body, SHROUDED_BAG, 12), ...strengthsAfter(body, ENCRYPTED_DATA, 12)];
  const holds = body.includes(SHROUDED_BAG) || body.includes(ENCRYPTED_DATA);
  return holds ? encrypted("private key (PKCS#12)", strengths.length > 0 && !strengths.includes("weak")) : null;
}

/** The algorithms named soon after each occurrence of an OID. */
function* strengthsAfter(body: Buffer, oid: Buffer, distance: number): Generator<"strong" | "weak"> {
  for (let at = body.indexOf(oid); at >= 0; at = body.indexOf(oid, at + oid.length)) {
    const strength = firstStrength(body, at + oid.length, distance + 24);
    yield strength ?? "weak";
  }
}

function firstStrength(body: Buffer, start: number, distance: number): "strong" | "weak" | null {
  for (let at = start; at < start + distance; at += 1) {
    const element = body[at] === der.SEQUENCE ? der.header(body, at, body.length) : null;
    const strength = element && encryptionStrength(body, element);
    if (strength) return strength;
  }
  return null;
}
