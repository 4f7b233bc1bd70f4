import type { Reason } from "../model/registry.ts";
import {
  type Certificate,
  isIssuedBy,
  REVOKE_CAUSES,
  type Request,
  type RevokeCause,
  type State,
} from "../model/state.ts";
import { type Duration, formatDuration, formatInstant, type Instant } from "../model/time.ts";
import type { Identity } from "./identity.ts";

export interface Charge {
  readonly certificate: Certificate;
  readonly identity: Identity;
  readonly state: State;
  readonly now: Instant;
  /** Issued after this one and live, oldest first. */
  readonly successors: readonly Certificate[];
  /** The request that counts: sound, and free to be certified. Null for managed keys and refused requests. */
  readonly request: (Request & { readonly ok: true }) | null;
  /** A successor is issued in this very plan. */
  readonly issuing: boolean;
}

export interface Conviction {
  readonly cause: RevokeCause;
  readonly reason: Reason;
  readonly message: string;
  readonly due: "registry" | "time";
}

type Policy = (charge: Charge) => Omit<Conviction, "cause"> | null;

/** A tombstone in the registry. */
const declared: Policy = ({ identity }) =>
  identity.revoked === null
    ? null
    : { reason: identity.revoked, message: `revoked in the registry: ${identity.revoked}`, due: "registry" };

/** Everything that was not issued under this very entry may be the thief's, successors from between included. */
const reissued: Policy = ({ certificate, identity }) => {
  if (identity.reissue === null || certificate.reissue === identity.reissue.before) return null;
  const before = formatInstant(identity.reissue.before);
  return {
    reason: identity.reissue.reason,
    message: `reissue before ${before}: ${identity.reissue.reason}`,
    due: "registry",
  };
};

/** Access is over, and the certificate would outlive it. */
const expired: Policy = ({ certificate, identity, state, now }) => {
  const { expires } = identity;
  if (expires === null || expires > now || certificate.notAfter <= expires) return null;
  const foreseen = state.carriedOut?.registry.clients.get(identity.name)?.expires === expires;
  return {
    reason: "cessationOfOperation",
    message: `access ended ${formatInstant(expires)}`,
    due: foreseen ? "time" : "registry",
  };
};

/**
 * The request was replaced outside of the renewal window: the key that the registry no longer names is out at once.
 * Inside the window, or with an overlap, a new key is an ordinary renewal, and both are admitted for a while.
 * The window never closes again before the certificate ends, so a later run decides the same.
 */
const keyChanged: Policy = ({ certificate, identity, request, now }) => {
  if (request === null || certificate.fingerprint === request.fingerprint || certificate.key !== "request") return null;
  if (identity.overlap !== null || now >= certificate.notAfter - identity.renewBefore) return null;
  return { reason: "superseded", message: "its key is no longer the one in the request", due: "registry" };
};

/** Longer than the access it serves, and one that ends in time is there or is being issued. */
const outlives: Policy = ({ certificate, identity, successors, issuing }) => {
  const { expires } = identity;
  if (expires === null || certificate.notAfter <= expires) return null;
  const shorter = issuing || successors.some((one) => one.notAfter <= expires);
  return shorter
    ? { reason: "superseded", message: "one that ends with the access takes its place", due: "registry" }
    : null;
};

/**
 * How long a predecessor goes on beside this successor; null: it lives out its days. Under `shorten` one that would
 * outlive it has as long as there is to fetch the next one before every end.
 */
export function overlapOf(
  { overlap, shorten, renewBefore }: Identity,
  predecessor: Pick<Certificate, "notAfter">,
  successor: Pick<Certificate, "notAfter">,
): Duration | null {
  return overlap ?? (shorten && successor.notAfter < predecessor.notAfter ? renewBefore : null);
}

/** A successor is there, and the time that both have is over. */
const overlapOver: Policy = ({ certificate, identity, successors, now }) => {
  for (const successor of successors) {
    const overlap = overlapOf(identity, certificate, successor);
    if (overlap === null || now < successor.issued + overlap) continue;
    return { reason: "superseded", message: `its successor is older than ${formatDuration(overlap)}`, due: "time" };
  }
  return null;
};

const issuerChanged: Policy = (charge) => {
  const { certificate, state } = charge;
  if (state.authority === null || isIssuedBy(certificate, state.authority)) return null;
  return overlapOver(charge);
};

/** Removed stands apart: it has no identity to look at. */
const POLICIES: Readonly<Record<Exclude<RevokeCause, "Removed">, Policy>> = {
  Declared: declared,
  Reissued: reissued,
  Expired: expired,
  KeyChanged: keyChanged,
  IssuerChanged: issuerChanged,
  Superseded: (charge) => overlapOver(charge) ?? outlives(charge),
};

/** Why a live certificate of a present identity is to be revoked for good; null when it is not. */
export function causeToRevoke(charge: Charge): Conviction | null {
  for (const cause of REVOKE_CAUSES) {
    const hit = cause === "Removed" ? null : POLICIES[cause](charge);
    if (hit !== null) return { cause, ...hit };
  }
  return null;
}
