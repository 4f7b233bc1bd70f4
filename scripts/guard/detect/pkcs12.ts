import { createSecureContext } from "node:tls";
import * as der from "./der.ts";
import { clear, encrypted, type Found } from "./detection.ts";
import { knownPassphrase } from "./passphrases.ts";
import { encryptionStrength, iterationsOf } from "./pbe.ts";
import type { Work } from "./work.ts";

/** Prefixes of OIDs: PKCS#7 content types, PKCS#12 bag types (RFC 7292, D), in hex with tag and length. */
const CONTENT = Buffer.from("06092a864886f70d0107", "hex");
const KEY_BAG = Buffer.from("060b2a864886f70d010c0a0101", "hex");
const SHROUDED_BAG = Buffer.from("060b2a864886f70d010c0a0102", "hex");

/**
 * PFX (RFC 7292, 4). Keys lie in bags of their own, in the clear or each behind a password; what is encrypted as a
 * whole holds certificates in all programs that are known to us, and is none.
 */
export function pkcs12(bytes: Buffer, outer: der.Element, parts: readonly der.Element[], work: Work): Found | null {
  const [, safe, mac] = parts;
  if (safe === undefined || !bytes.subarray(safe.from, safe.from + CONTENT.length).equals(CONTENT)) return null;
  const body = bytes.subarray(outer.from, outer.end);
  work.charge(body.length);
  if (body.includes(KEY_BAG)) return clear("PKCS#12 file with a private key in the clear");
  const bags = [...algorithmsAfter(body, SHROUDED_BAG)];
  if (bags.length === 0 && !body.includes(SHROUDED_BAG)) return null;
  const pfx = bytes.subarray(outer.start, outer.end);
  const counts = [...bags.map((algorithm) => iterationsOf(body, algorithm)), macIterations(bytes, mac)];
  const known = outer.end > bytes.length ? null : knownPassphrase(counts, work, (passphrase) => opens(pfx, passphrase));
  if (known !== null) return clear(`private key (PKCS#12) behind ${known}`);
  const strong = bags.length > 0 && bags.every((algorithm) => encryptionStrength(body, algorithm) === "strong");
  return encrypted("private key (PKCS#12)", strong);
}

/** The algorithms named soon after each occurrence of an OID. */
function* algorithmsAfter(body: Buffer, oid: Buffer): Generator<der.Element> {
  for (let at = body.indexOf(oid); at >= 0; at = body.indexOf(oid, at + oid.length)) {
    const algorithm = firstAlgorithm(body, at + oid.length);
    if (algorithm !== null) yield algorithm;
  }
}

function firstAlgorithm(body: Buffer, start: number): der.Element | null {
  for (let at = start; at < start + 36; at += 1) {
    const element = body[at] === der.SEQUENCE ? der.header(body, at, body.length) : null;
    if (element !== null && encryptionStrength(body, element) !== null) return element;
  }
  return null;
}

/** MacData (RFC 7292, 4): digest, salt, iterations, one by default. None at all costs nothing. */
function macIterations(bytes: Buffer, mac: der.Element | undefined): number | null {
  if (mac === undefined) return 0;
  const [digest, , iterations] = der.children(bytes, mac) ?? [];
  if (digest === undefined) return null;
  return iterations === undefined ? 1 : der.integer(bytes, iterations);
}

/** OpenSSL's own reader, which asks the MAC and opens the bags. */
function opens(pfx: Buffer, passphrase: string): boolean {
  try {
    createSecureContext({ pfx, passphrase });
    return true;
  } catch {
    return false;
  }
}
