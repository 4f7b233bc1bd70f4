import { isAdmitted } from "../model/access.ts";
import type { Decision, HoldChange, Issue, Refusal, Renew, Revoke } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { Certificate, Request, State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { nearest } from "../model/words.ts";
import { type Holdings, isLive, type Ledger, ledgerOf } from "./holdings.ts";
import { type Identity, identitiesOf } from "./identity.ts";
import { endOfSuccessor, reasonToIssue, renewalDue, type Situation } from "./issue-reasons.ts";
import { type RequestReview, reviewRequests } from "./requests.ts";
import { type Conviction, causeToRevoke } from "./revoke-causes.ts";

export interface Decisions {
  readonly list: readonly Decision[];
  readonly identities: ReadonlyMap<string, Identity>;
  readonly ledger: Ledger;
  readonly review: RequestReview;
  readonly refusals: readonly Refusal[];
}

type Facts = Pick<Decisions, "ledger" | "review"> & { readonly state: State; readonly now: Instant };

/** What is to be issued, renewed, revoked, held and released so that the state is what the registry asks for at `now`. */
export function decide(registry: Registry, state: State, now: Instant): Decisions {
  const identities = identitiesOf(registry);
  const ledger = ledgerOf(identities, state, now);
  const review = reviewRequests(identities, state, ledger, now);
  const facts: Facts = { ledger, review, state, now };
  const list: Decision[] = [];
  for (const identity of identities.values()) list.push(...decideOne(identity, facts));
  const goingOn = ledger.orphans.length === 0 ? new Set() : keysOf(identities, ledger);
  for (const orphan of ledger.orphans)
    list.push(removed(orphan, goingOn.has(orphan.fingerprint), registry.servers.has(orphan.identity)));
  list.push(...strayHolds(identities, list, state, now));
  return { list: list.sort(inOrder), identities, ledger, review, refusals: [...review.refused.values()] };
}

const RANK = { issue: 0, renew: 1, revoke: 2, hold: 3, release: 4 } as const;

/** By kind, then name, then serial: the order of clients.yaml must not matter. */
export function inOrder(a: Decision, b: Decision): number {
  return (
    RANK[a.kind] - RANK[b.kind] ||
    compare(a.identity, b.identity) ||
    compare("serial" in a ? a.serial : "", "serial" in b ? b.serial : "")
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function decideOne(identity: Identity, facts: Facts): Decision[] {
  const holdings = facts.ledger.of(identity);
  const convicted = convict(identity, holdings.live, holdings, facts, false);
  const goingOn = holdings.live.filter((one) => !convicted.has(one));
  const newest = holdings.live.at(-1);
  const reissued = newest !== undefined && convicted.get(newest)?.cause === "Reissued";
  const current = goingOn.at(-1) ?? null;
  const { state, now } = facts;
  const addition = additionFor({ identity, state, now, hadLive: newest !== undefined, reissued, current }, facts);
  if (addition !== null)
    for (const [one, why] of convict(identity, goingOn, holdings, facts, true)) convicted.set(one, why);
  const decisions: Decision[] = addition === null ? [] : [addition];
  for (const [certificate, conviction] of convicted) decisions.push(revocation(identity.name, certificate, conviction));
  for (const certificate of holdings.live) {
    if (convicted.has(certificate)) continue;
    const change = holdFor(identity, certificate, facts.state);
    if (change !== null) decisions.push(change);
  }
  return decisions;
}

function convict(
  identity: Identity,
  candidates: readonly Certificate[],
  { live }: Holdings,
  { state, now, review }: Facts,
  issuing: boolean,
): Map<Certificate, Conviction> {
  const convicted = new Map<Certificate, Conviction>();
  const request = review.sound.get(identity.name) ?? null;
  for (const certificate of candidates) {
    const successors = live.slice(live.indexOf(certificate) + 1);
    const conviction = causeToRevoke({ certificate, identity, state, now, successors, request, issuing });
    if (conviction !== null) convicted.set(certificate, conviction);
  }
  return convicted;
}

function additionFor(situation: Situation, { ledger, review }: Facts): Issue | Renew | null {
  const { identity, state, now, current } = situation;
  if (identity.revoked !== null || identity.suspended || review.refused.has(identity.name)) return null;
  // The access or the authority is over: whatever were signed now would have ended with it.
  if (endOfSuccessor(identity, state, now) <= now) return null;
  const request: (Request & { readonly ok: true }) | undefined = review.sound.get(identity.name);
  const common = {
    identity: identity.name,
    profile: identity.kind,
    key: identity.csr ? ("request" as const) : ("managed" as const),
    fingerprint: request?.fingerprint ?? null,
  };
  const verdict = reasonToIssue(situation);
  if (verdict !== null) {
    const ended =
      verdict.reason === "Missing" &&
      wasAdmitted(identity.name, state, now) &&
      ledger.of(identity).all.some((one) => one.notAfter < now && !state.revocations.has(one.serial));
    const hint = verdict.reason === "Missing" ? whyNoRename(identity, ledger, state, now) : null;
    const message = hint === null ? verdict.message : `${verdict.message}; ${hint}`;
    return { kind: "issue", due: ended ? "time" : "registry", ...common, ...verdict, message };
  }
  const due = renewalDue(situation);
  if (due === null || current === null) return null;
  return { kind: "renew", due: "time", ...common, reason: "RenewalDue", serial: current.serial, message: due };
}

/** By the registry as last carried out: whoever it keeps out is let in by a change, not by time. */
function wasAdmitted(name: string, { carriedOut }: State, now: Instant): boolean {
  const before = carriedOut?.registry;
  const client = before?.clients.get(name);
  if (client !== undefined) return isAdmitted(client, now);
  return before?.servers.has(name) === true || before?.signers.has(name) === true;
}

function revocation(identity: string, certificate: Certificate, { cause, reason, message, due }: Conviction): Revoke {
  return { kind: "revoke", due, identity, serial: certificate.serial, reason, cause, message };
}

function keysOf(identities: ReadonlyMap<string, Identity>, ledger: Ledger): Set<string> {
  return new Set(
    [...identities.values()].flatMap((identity) => ledger.of(identity).live.map((one) => one.fingerprint)),
  );
}

/** A key that goes on under another name, after a rename that the registry no longer tells of, is not given up. */
function removed({ identity, kind, serial }: Certificate, goesOn: boolean, isServer: boolean): Revoke {
  const gone = kind === "server" && isServer ? "its server has a certificate of its own" : "no longer in the registry";
  const why = goesOn
    ? ({ reason: "superseded", cause: "Superseded", message: "its key goes on under another name" } as const)
    : ({ reason: "cessationOfOperation", cause: "Removed", message: gone } as const);
  return { kind: "revoke", due: "registry", identity, serial, ...why };
}

function holdFor(identity: Identity, { serial }: Certificate, state: State): HoldChange | null {
  const held = state.holds.has(serial);
  if (identity.suspended === held) return null;
  const common = { due: "registry", identity: identity.name, serial } as const;
  return identity.suspended
    ? { kind: "hold", ...common, message: "suspended in the registry" }
    : { kind: "release", ...common, message: "no longer suspended" };
}

/** Holds of certificates that ended by themselves: lifted once nobody is suspended on their account. */
function strayHolds(
  identities: ReadonlyMap<string, Identity>,
  decided: readonly Decision[],
  state: State,
  now: Instant,
): HoldChange[] {
  if (state.holds.size === 0) return [];
  const known = new Set(decided.map((one) => ("serial" in one ? one.serial : "")));
  const changes: HoldChange[] = [];
  for (const serial of state.holds.keys()) {
    const certificate = state.certificates.get(serial);
    if (
      certificate === undefined ||
      known.has(serial) ||
      isLive(certificate, state, now) ||
      state.revocations.has(serial)
    )
      continue;
    if (identities.get(certificate.identity)?.suspended === true) continue;
    changes.push({ kind: "release", due: "time", identity: certificate.identity, serial, message: "it has ended" });
  }
  return changes;
}

/**
 * Why `previously` is no rename although somebody meant one; null when it is one, or when it is merely stale. A name
 * that nobody ever had is likely a typing error: with it one leaves and another comes, and access is cut.
 */
function whyNoRename(identity: Identity, ledger: Ledger, state: State, now: Instant): string | null {
  const { previously, name } = identity;
  const before = state.carriedOut?.registry;
  if (previously === null || before === undefined || ledger.renamedFrom(identity) !== null) return null;
  const certificates = ledger.ofFormer(identity);
  if (certificates.some((one) => isLive(one, state, now)))
    return `previously: ${previously} is no rename, since its key does not go on: ${previously} leaves, ${name} comes`;
  if (certificates.length > 0 || before.clients.has(previously)) return null;
  const leaving = ledger.orphans.filter((one) => one.kind === identity.kind).map((one) => one.identity);
  const meant = nearest(previously, leaving);
  return `previously: nobody here was ever called ${previously}${meant === null ? "" : `; did you mean ${meant}?`}`;
}
