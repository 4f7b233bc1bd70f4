import { randomBytes } from "node:crypto";
import type { Decision } from "../model/plan.ts";
import type { Certificate, State } from "../model/state.ts";
import type { Duration, Instant } from "../model/time.ts";
import type { Decisions } from "../plan/decide.ts";
import type { Identity } from "../plan/identity.ts";
import { endOfSuccessor } from "../plan/issue-reasons.ts";
import type { SoundRequest } from "../plan/requests.ts";
import { certificateSpki } from "../x509/certificate.ts";
import { decodePem } from "../x509/pem.ts";

/** How far notBefore lies back, for machines whose clock is a little slow. */
const BACKDATE: Duration = 3600;

/** One certificate to make. */
export interface Order {
  readonly identity: Identity;
  readonly serial: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly reason: Certificate["reason"];
  /** The requested public key; null: make a key. */
  readonly spki: Uint8Array | null;
}

/** The certificates that the decisions ask for, each with a serial number of its own. */
export function ordersOf({ list, identities, review }: Decisions, state: State, now: Instant): Order[] {
  const taken = new Set(state.certificates.keys());
  const orders: Order[] = [];
  for (const decision of list) {
    if (!isAddition(decision)) continue;
    const identity = identities.get(decision.identity);
    if (identity === undefined) throw new Error(`a decision about ${decision.identity}, whom nobody knows`);
    const request = review.sound.get(identity.name);
    if (decision.key === "request" && request === undefined) throw new Error(`no sound request of ${identity.name}`);
    const spki = decision.key === "request" && request !== undefined ? keyOf(request, state) : null;
    const notBefore = Math.max(now - BACKDATE, identity.reissue?.before ?? 0, state.authority?.notBefore ?? 0);
    const notAfter = endOfSuccessor(identity, state, now);
    orders.push({ identity, serial: newSerial(taken), notBefore, notAfter, reason: decision.reason, spki });
  }
  return orders;
}

/** The requested key; of one that stands for a certificate's, the certificate's. */
function keyOf({ spki, fingerprint }: SoundRequest, { certificates }: State): Uint8Array {
  if (spki !== null) return spki;
  for (const one of certificates.values())
    if (one.fingerprint === fingerprint) return certificateSpki(decodePem(one.pem, "CERTIFICATE"));
  throw new Error(`no certificate has the key ${fingerprint}`);
}

/** Decisions that a certificate is made for. */
export type AdditionKind = "issue" | "renew";

export function isAddition(decision: Decision): decision is Extract<Decision, { readonly kind: AdditionKind }> {
  return decision.kind === "issue" || decision.kind === "renew";
}

/**
 * 16 bytes: the first 0x40–0x7F, so that the number is positive and never loses a leading byte on its way through
 * tools, the rest random (CA/Browser Forum baseline 7.1 asks for 64 bits; these are 126).
 */
export function newSerial(taken: Set<string>): string {
  for (;;) {
    const bytes = randomBytes(16);
    bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
    const serial = bytes.toString("hex").toUpperCase();
    if (taken.has(serial)) continue;
    taken.add(serial);
    return serial;
  }
}
