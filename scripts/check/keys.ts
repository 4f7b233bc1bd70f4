import { createPublicKey, type KeyObject } from "node:crypto";
import { readKey } from "../custody/key-pem.ts";
import * as paths from "../model/layout.ts";
import { type Finding, UserError } from "../model/problem.ts";
import type { Certificate } from "../model/state.ts";
import { isLive } from "../plan/holdings.ts";
import { publicKeyFacts } from "../x509/keys.ts";
import { block, type CheckInput } from "./input.ts";
import { isRewritten } from "./lost.ts";
import { remove } from "./restore.ts";

/** The managed key of one certificate: there while the certificate lives, and, where the vault is open, its own. */
export async function keyOf(certificate: Certificate, input: CheckInput): Promise<Finding[]> {
  const { state, vault, now, restore } = input;
  const path = paths.path.keyBySerial(certificate.serial);
  // A revocation that is lost took the key with it while it was there.
  const wasRevoked = input.history.first.has(paths.path.revocation(certificate.serial));
  if (wasRevoked || !isLive(certificate, state, now)) return [];
  const there = state.keys.has(certificate.serial);
  if (certificate.key === "request") {
    return there ? keyOfRequest(path, paths.path.certificate(certificate.serial), input) : [];
  }
  if (!there) {
    const message = `is gone, but the certificate of ${certificate.identity} is valid`;
    return [block("KeyMissing", path, message, await restore(path))];
  }
  if (vault.state === "locked") return [];
  const wrong = whatIsWrong(path, input, (key) => (fingerprintOf(key) === certificate.fingerprint ? null : FOREIGN));
  return wrong === null ? [] : [block(wrong[0], path, wrong[1], await restore(path))];
}

/** Where the certificate's line was changed, that is the finding, and the key must stay. */
function keyOfRequest(path: string, certificate: string, input: CheckInput): Finding[] {
  if (isRewritten(certificate, input)) return [];
  const fix = input.history.first.has(certificate) ? remove(path) : null;
  return [block("KeyUnexpected", path, "is here, though its certificate came by request", fix)];
}

export const FOREIGN = "is not the key of its certificate";

/** Code and message; null for a key that `judge` has nothing against. */
export function whatIsWrong(
  path: string,
  { vault }: CheckInput,
  judge: (key: KeyObject) => string | null,
  passphrase: string | null = null,
): readonly [string, string] | null {
  try {
    const key = readKey(vault.read(path).toString("latin1"), passphrase);
    if (key === null && passphrase !== null) return ["KeyUnreadable", "is not opened by the passphrase that is given"];
    if (key === null) return ["KeyUnreadable", "is no private key"];
    const message = judge(key);
    return message === null ? null : ["KeyMismatch", message];
  } catch (error) {
    // vault.read names the path, and never a byte of the key.
    if (error instanceof UserError) return ["KeyUnreadable", error.message.replace(`${path}: `, "")];
    throw error;
  }
}

/** DER before the point of an uncompressed key (RFC 5480, 2): SubjectPublicKeyInfo of a curve up to `04`. */
const BEFORE_POINT: Readonly<Record<string, Buffer>> = {
  "P-256": Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex"),
  "P-384": Buffer.from("3076301006072a8648ce3d020106052b8104002203620004", "hex"),
};

/**
 * Fingerprint of the public half. Node takes 0.05 ms to encode a SubjectPublicKeyInfo of a curve and 0.003 ms for its
 * coordinates alone, which is half a second for 10,000.
 */
function fingerprintOf(key: KeyObject): string {
  const half = createPublicKey(key);
  const { crv, x, y } = half.asymmetricKeyType === "ec" ? half.export({ format: "jwk" }) : {};
  const before = typeof crv === "string" ? BEFORE_POINT[crv] : undefined;
  if (before === undefined || typeof x !== "string" || typeof y !== "string")
    return publicKeyFacts(half.export({ type: "spki", format: "der" })).fingerprint;
  const spki = Buffer.concat([before, Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  return publicKeyFacts(spki).fingerprint;
}
