import { createRequire } from "node:module";
import type { Instant } from "../model/time.ts";
import { context, TAG } from "./der.ts";
import { timeContent } from "./der-values.ts";
import { X509Error } from "./error.ts";
import { serialContent } from "./serial.ts";

/**
 * DER elements as node-forge writes them. They are binary strings, one character a byte, forge's own form:
 * what repeats from certificate to certificate is encoded once and concatenated.
 */
export type Bytes = string;

type Asn1 = typeof import("node-forge/lib/asn1.js").default;

const take = (): Asn1 => createRequire(import.meta.url)("node-forge/lib/asn1.js");

/**
 * Most of what imports this file writes nothing. So packages that are not installed are no failure of the import, of
 * which nobody could say anything, but of whoever writes first.
 */
function takeIfThere(): Asn1 | null {
  try {
    return take();
  } catch {
    return null;
  }
}

const known = takeIfThere();
const forge = (): Asn1 => known ?? take();

/** One element. The tag is a whole identifier octet, so that contents already encoded go in as they are. */
export function element(tag: number, content: Bytes): Bytes {
  return forge()
    .toDer(forge().create(forge().Class.UNIVERSAL, tag, false, content))
    .getBytes();
}

export function sequence(...parts: readonly Bytes[]): Bytes {
  return element(TAG.sequence, parts.join(""));
}

/** `[number] EXPLICIT` */
export function explicit(number: number, content: Bytes): Bytes {
  return element(context(number, true), content);
}

export function oid(dotted: string): Bytes {
  return element(TAG.oid, forge().oidToDer(dotted).getBytes());
}

/** A BIT STRING of whole bytes. */
export function bitString(content: Bytes): Bytes {
  return element(TAG.bitString, `\0${content}`);
}

/** A named-bit list (X.690, 11.2.2: no zero bits at the end) of at most 8 bits, the first bit highest. */
export function bitList(bits: number): Bytes {
  let unused = 0;
  while (unused < 7 && ((bits >> unused) & 1) === 0) unused++;
  return element(TAG.bitString, String.fromCharCode(unused, bits));
}

/** A non-negative number. */
export function integer(value: number): Bytes {
  const hex = value.toString(16);
  return element(TAG.integer, serialContent(hex.padStart(hex.length + (hex.length % 2), "0").toUpperCase()));
}

/** @throws X509Error */
export function serialInteger(serial: string): Bytes {
  return element(TAG.integer, serialContent(serial));
}

/** UTCTime until 2049, then GeneralizedTime (RFC 5280, 4.1.2.5). @throws X509Error outside 1970–9999. */
export function time(instant: Instant): Bytes {
  const encoded = timeContent(instant);
  if (encoded === null) throw new X509Error("a certificate or CRL can name times from 1970 to 9999, in whole seconds");
  return element(encoded.tag, encoded.content);
}

/** Extension (RFC 5280, 4.1); criticality is left out where it is the default (X.690, 11.5). */
export function extension(type: string, critical: boolean, value: Bytes): Bytes {
  const flag = critical ? element(TAG.boolean, "\xff") : "";
  return sequence(oid(type), flag, element(TAG.octetString, value));
}

export function toBytes(der: Uint8Array): Bytes {
  return Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString("latin1");
}

export function fromBytes(bytes: Bytes): Buffer {
  return Buffer.from(bytes, "latin1");
}
