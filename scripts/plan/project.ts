import { createHash } from "node:crypto";
import { contentDigest } from "../model/content.ts";
import * as paths from "../model/layout.ts";
import type { Decision, Issue, Renew } from "../model/plan.ts";
import type { Certificate, Hold, Revocation, State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { Identity } from "./identity.ts";
import { endOfSuccessor } from "./issue-reasons.ts";

/**
 * The state as it will be once the decisions are carried out, with stand-ins for the certificates that are yet to be
 * made: what follows from the state (CRL, derived files) is planned with the same functions that carry it out.
 */
export function project(
  state: State,
  decisions: readonly Decision[],
  identities: ReadonlyMap<string, Identity>,
  now: Instant,
): State {
  if (decisions.length === 0) return state;
  const certificates = new Map(state.certificates);
  const revocations = new Map<string, Revocation>(state.revocations);
  const holds = new Map<string, Hold>(state.holds);
  const made: string[] = [];
  for (const decision of decisions) {
    if (decision.kind === "revoke") {
      revocations.set(decision.serial, {
        serial: decision.serial,
        at: now,
        reason: decision.reason,
        cause: decision.cause,
      });
      holds.delete(decision.serial);
    } else if (decision.kind === "hold") holds.set(decision.serial, { serial: decision.serial, at: now });
    else if (decision.kind === "release") holds.delete(decision.serial);
    else {
      const identity = identities.get(decision.identity);
      if (identity === undefined) continue;
      const certificate = standIn(decision, identity, state, now);
      certificates.set(certificate.serial, certificate);
      if (decision.key === "managed") made.push(certificate.serial);
    }
  }
  const keys = made.length === 0 ? state.keys : new Set([...state.keys, ...made]);
  return { ...state, certificates, revocations, holds, keys, files: withKeys(state.files, made) };
}

/** Keys that are yet to be made are there, too: copies of them are called for. */
function withKeys(files: State["files"], serials: readonly string[]): State["files"] {
  if (serials.length === 0) return files;
  const keys = serials.map((serial) => [paths.path.keyBySerial(serial), contentDigest(serial)] as const);
  return new Map([...files, ...keys]);
}

function standIn(decision: Issue | Renew, identity: Identity, state: State, now: Instant): Certificate {
  // Of its own for each run: one that stands in for tomorrow's is not that of the day after.
  const serial = `70${createHash("sha256").update(`${decision.identity} ${now}`).digest("hex").slice(0, 30).toUpperCase()}`;
  const request = state.requests.get(identity.name);
  return {
    serial,
    subject: identity.subjectText,
    issuer: state.authority?.subject ?? "",
    notBefore: now,
    notAfter: endOfSuccessor(identity, state, now),
    fingerprint: request?.ok === true ? request.fingerprint : "",
    keyType: identity.key,
    profile: identity.kind,
    names: identity.names,
    subjectKeyId: null,
    authorityKeyId: state.authority?.subjectKeyId ?? null,
    identity: identity.name,
    kind: identity.kind,
    issued: now,
    reason: decision.reason,
    key: decision.key,
    reissue: identity.reissue?.before ?? null,
    // A line, as PEM has lines: maps take what they offer apart into them.
    pem: `${paths.path.certificate(serial)}\n`,
  };
}
