import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import * as paths from "../model/layout.ts";
import { type Finding, UserError } from "../model/problem.ts";
import type { Certificate } from "../model/state.ts";
import { isLive } from "../plan/holdings.ts";
import { makeIssuer } from "../x509/issuer.ts";
import { publicKeyFacts } from "../x509/keys.ts";
import { keySigner } from "../x509/signer.ts";
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

const FOREIGN = "is not the key of its certificate";

/** The authority's key: there, and, where the vault is open, a key that signs what ca.crt verifies. */
export async function authorityKey(input: CheckInput): Promise<Finding[]> {
  const { state, vault, entries, restore } = input;
  const { authority } = state;
  const path = paths.CA_KEY;
  if (authority === null) return [];
  if (!entries.some((entry) => entry.path === path && entry.kind === "file"))
    return [block("KeyMissing", path, "is gone: nothing can be signed", await restore(path))];
  if (vault.state === "locked") return [];
  const wrong = whatIsWrong(path, input, (key) => {
    try {
      makeIssuer(authority.pem, keySigner(key));
      return null;
    } catch (error) {
      if (error instanceof UserError) return FOREIGN;
      throw error;
    }
  });
  return wrong === null ? [] : [block(wrong[0], path, wrong[1], await restore(path))];
}

function whatIsWrong(
  path: string,
  { vault }: CheckInput,
  judge: (key: KeyObject) => string | null,
): readonly [string, string] | null {
  try {
    const key = privateKey(vault.read(path));
    if (key === null) return ["KeyUnreadable", "is no private key"];
    const message = judge(key);
    return message === null ? null : ["KeyMismatch", message];
  } catch (error) {
    // vault.read names the path, and never a byte of the key.
    if (error instanceof UserError) return ["KeyUnreadable", error.message.replace(`${path}: `, "")];
    throw error;
  }
}

/** Null for what is none; the reason would quote the key's bytes. */
function privateKey(pem: Buffer): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
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
