import {
  type Certificate,
  ISSUE_REASONS,
  type IssueReason,
  isAdopted,
  isIssuedBy,
  type State,
} from "../model/state.ts";
import { formatDuration, formatInstant, type Instant } from "../model/time.ts";
import type { Identity } from "./identity.ts";

/** What the policies look at. `current` is the newest certificate that goes on; null when none does. */
export interface Situation {
  readonly identity: Identity;
  readonly state: State;
  readonly now: Instant;
  /** Had a live certificate before this plan's own revocations. */
  readonly hadLive: boolean;
  /** The newest of those is revoked in this plan because of `reissue`. */
  readonly reissued: boolean;
  readonly current: Certificate | null;
}

export interface Verdict<R> {
  readonly reason: R;
  readonly message: string;
}

type Policy = (situation: Situation) => string | null;

/** End of a certificate issued now: the lifetime, but never past the end of access or of the authority. */
export function endOfSuccessor(identity: Identity, state: State, now: Instant): Instant {
  const authorityEnd = state.authority?.notAfter ?? now;
  return Math.min(now + identity.lifetime, identity.expires ?? Number.POSITIVE_INFINITY, authorityEnd);
}

/** Whether it goes on for longer than one that is issued now would, by the lifetime that is asked for. */
export function isLong({ issued, notAfter }: Certificate, { lifetime }: Identity, now: Instant): boolean {
  return notAfter > Math.max(now, issued) + lifetime;
}

const missing: Policy = ({ current, hadLive }) => (current === null && !hadLive ? "it has no valid certificate" : null);

const reissue: Policy = ({ current, identity, reissued }) =>
  current === null && reissued && identity.reissue !== null
    ? `every certificate from before the reissue of ${formatInstant(identity.reissue.before)} is revoked`
    : null;

/** A successor for certificates that are all revoked in this plan for another reason, such as a replaced request. */
const keyChanged: Policy = ({ current, identity, state }) => {
  if (current === null) return "its certificates are for another key";
  if (!identity.csr) {
    if (isAdopted(current)) return null;
    if (current.key === "request") return "its key is now managed here";
    return current.keyType === identity.key ? null : `its key is ${current.keyType}, and ${identity.key} is asked for`;
  }
  const request = state.requests.get(identity.name);
  if (request?.ok !== true || request.fingerprint === current.fingerprint) return null;
  return `its request has another key than its certificate (${current.fingerprint})`;
};

const subjectChanged: Policy = ({ current, identity }) =>
  current !== null && !isAdopted(current) && current.subject !== identity.subjectText
    ? `its certificate says ${current.subject}, the registry ${identity.subjectText}`
    : null;

/** Of clients only an adopted certificate has names, and they count for nothing. */
const namesChanged: Policy = ({ current, identity }) =>
  current !== null && !(isAdopted(current) && identity.kind === "client") && !sameSet(current.names, identity.names)
    ? `its certificate is for ${current.names.join(" ") || "no name"}, the registry says ${identity.names.join(" ")}`
    : null;

const profileChanged: Policy = ({ current, identity }) =>
  current !== null && !isAdopted(current) && current.profile !== identity.kind
    ? `its certificate does not have the form of a ${identity.kind}'s`
    : null;

const lifetimeChanged: Policy = ({ current, identity, now }) => {
  if (current === null) return null;
  const end = formatInstant(current.notAfter);
  if (identity.expires !== null && current.notAfter > identity.expires)
    return `its certificate ends ${end}, its access ${formatInstant(identity.expires)}`;
  return identity.shorten && isLong(current, identity, now)
    ? `its certificate ends ${end}, later than its lifetime (${formatDuration(identity.lifetime)}) from now`
    : null;
};

const issuerChanged: Policy = ({ current, state }) =>
  current !== null && state.authority !== null && !isIssuedBy(current, state.authority)
    ? "its certificate is from another authority"
    : null;

const POLICIES: Readonly<Record<IssueReason, Policy>> = {
  Missing: missing,
  Reissue: reissue,
  KeyChanged: keyChanged,
  SubjectChanged: subjectChanged,
  NamesChanged: namesChanged,
  ProfileChanged: profileChanged,
  LifetimeChanged: lifetimeChanged,
  IssuerChanged: issuerChanged,
};

/** Why this identity needs a certificate although time alone does not ask for one; null when it does not. */
export function reasonToIssue(situation: Situation): Verdict<IssueReason> | null {
  for (const reason of ISSUE_REASONS) {
    const message = POLICIES[reason](situation);
    if (message !== null) return { reason, message };
  }
  return null;
}

/** Inside renew_before, and only when the successor would end later: a capped certificate is not renewed every day. */
export function renewalDue({ current, identity, state, now }: Situation): string | null {
  if (current === null || now < current.notAfter - identity.renewBefore) return null;
  const end = endOfSuccessor(identity, state, now);
  return end > current.notAfter ? `its certificate ends ${formatInstant(current.notAfter)}` : null;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const all = new Set(a);
  return all.size === new Set(b).size && b.every((item) => all.has(item));
}
