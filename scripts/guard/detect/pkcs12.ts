import * as der from "./der.ts";
import { clear, encrypted, type Found } from "./detection.ts";
import { encryptionStrength, iterationsOf, knownPassphrase } from "./pbe.ts";
import { publicOfLocked } from "./public-key.ts";
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
  const [, safe] = parts;
  if (safe === undefined || !bytes.subarray(safe.from, safe.from + CONTENT.length).equals(CONTENT)) return null;
  const body = bytes.subarray(outer.from, outer.end);
  work.charge(body.length);
  if (body.includes(KEY_BAG)) return clear("PKCS#12 file with a private key in the clear");
  if (!body.includes(SHROUDED_BAG)) return null;
  const bags = [...shroudedKeys(body)];
  // The MAC is not asked: what it and other bags cost to open is theirs to say, and lies in part behind the passphrase.
  for (const { key, algorithm } of bags) {
    let publicKey: string | null = null;
    const opens = (passphrase: string) => {
      publicKey = publicOfLocked(body.subarray(key.start, key.end), passphrase, work);
      return publicKey !== null;
    };
    const isWhole = key.end <= body.length && key.end - key.start < LARGEST;
    const known = isWhole ? knownPassphrase(iterationsOf(body, algorithm), work, opens) : null;
    if (known !== null) return clear(`private key (PKCS#12) behind ${known}`, publicKey);
  }
  const strong = bags.length > 0 && bags.every(({ algorithm }) => encryptionStrength(body, algorithm) === "strong");
  return encrypted("private key (PKCS#12)", strong);
}

/** No key is larger. */
const LARGEST = 16_384;

interface Shrouded {
  readonly key: der.Element;
  readonly algorithm: der.Element;
}

/** What follows soon after each occurrence of the bag's OID: EncryptedPrivateKeyInfo (RFC 5958, 3). */
function* shroudedKeys(body: Buffer): Generator<Shrouded> {
  for (let at = body.indexOf(SHROUDED_BAG); at >= 0; at = body.indexOf(SHROUDED_BAG, at + SHROUDED_BAG.length)) {
    const shrouded = firstShrouded(body, at + SHROUDED_BAG.length);
    if (shrouded !== null) yield shrouded;
  }
}

function firstShrouded(body: Buffer, start: number): Shrouded | null {
  for (let at = start; at < start + 36; at += 1) {
    const key = body[at] === der.SEQUENCE ? der.header(body, at, body.length) : null;
    const algorithm = key && der.header(body, key.from, body.length);
    if (key !== null && algorithm?.tag === der.SEQUENCE && encryptionStrength(body, algorithm) !== null)
      return { key, algorithm };
  }
  return null;
}
