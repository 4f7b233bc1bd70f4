import type { Registry } from "../../model/registry.ts";
import type { Certificate, State } from "../../model/state.ts";
import type { Instant } from "../../model/time.ts";
import type { Ahead } from "../../plan/ahead.ts";
import { byAge, isLive } from "../../plan/holdings.ts";
import type { Identity } from "../../plan/identity.ts";
import { type Holder, nameInForce, type Reached, reachedBy } from "./holders.ts";
import type { IdentityState, IdentityStatus } from "./words.ts";

/** What everybody's standing follows from. */
export interface Grounds {
  readonly holders: readonly Holder[];
  /** The registry as last carried out, by which servers admit; before the first time, the one asked for. */
  readonly inForce: Registry | null;
  readonly state: State;
  readonly ahead: Ahead;
  readonly now: Instant;
}

/** Everybody in the registry, and whoever left it with a good certificate. */
export function everyone(grounds: Grounds): IdentityStatus[] {
  const { holders, ahead } = grounds;
  const rows = holders.map((holder) => {
    const { all, live } = holdingsOf(holder, ahead);
    const goingOn = live.filter(({ serial }) => !ahead.revoked.has(serial));
    return rowOf(holder, goingOn.at(-1) ?? live.at(-1) ?? all.at(-1) ?? null, grounds);
  });
  const left = new Map<string, Certificate>();
  for (const orphan of ahead.ledger.orphans) left.set(`${orphan.kind}:${orphan.identity}`, orphan);
  return [...rows, ...[...left.values()].map((one) => orphanRow(one, grounds))];
}

/** The one certificate of this serial, with the reach of its identity while it is good; nothing for an unknown one. */
export function ofCertificate(serial: string, grounds: Grounds): IdentityStatus[] {
  const { holders, state, ahead, now } = grounds;
  const certificate = state.certificates.get(serial);
  if (certificate === undefined) return [];
  if (!isLive(certificate, state, now))
    return [pastRow(certificate, state.revocations.has(serial) ? "revoked" : "expired", state)];
  const owner = holders.find((one) => holdingsOf(one, ahead).all.includes(certificate));
  return [owner === undefined ? orphanRow(certificate, grounds) : rowOf(owner, certificate, grounds)];
}

/** The newest certificate of a name that has left, or null. */
export function pastOf(name: string, state: State): IdentityStatus | null {
  const all = [...state.certificates.values()].filter(({ identity }) => identity === name).sort(byAge);
  const last = all.at(-1);
  return last === undefined ? null : pastRow(last, "gone", state);
}

function holdingsOf({ identity }: Holder, { ledger }: Ahead) {
  return identity === null ? { all: [], live: [] } : ledger.of(identity);
}

function rowOf(holder: Holder, certificate: Certificate | null, grounds: Grounds): IdentityStatus {
  const { inForce, state, ahead, now } = grounds;
  const { name, kind, identity } = holder;
  const word = identity === null ? "external" : stateOf(identity, certificate, grounds);
  const reached = reachedBy(inForce, kind, nameInForce(holder, inForce, ahead.ledger), now);
  const own = (ahead.of.get(name) ?? []).filter((one) => one.kind !== "revoke" || one.cause !== "Removed");
  return row({ name, kind, previously: identity?.previously ?? null }, certificate, word, reached, own, state);
}

/** Good, and nobody's any more: what it still reaches is what was carried out. */
function orphanRow(certificate: Certificate, { inForce, state, ahead, now }: Grounds): IdentityStatus {
  const { identity: name, kind, serial } = certificate;
  const word = ahead.revoked.has(serial) ? "removed" : state.holds.has(serial) ? "held" : "valid";
  const reached = reachedBy(inForce, kind, name, now);
  const own = (ahead.of.get(name) ?? []).filter((one) => "serial" in one && one.serial === serial);
  return row({ name, kind, previously: null }, certificate, word, reached, own, state);
}

/** A certificate that gives nothing to whoever holds it. */
function pastRow(certificate: Certificate, word: IdentityState, state: State): IdentityStatus {
  const { identity: name, kind } = certificate;
  return row({ name, kind, previously: null }, certificate, word, { repositories: [], services: [] }, [], state);
}

function row(
  who: Pick<IdentityStatus, "name" | "kind" | "previously">,
  certificate: Certificate | null,
  word: IdentityState,
  { repositories, services }: Reached,
  next: IdentityStatus["next"],
  { revocations }: State,
): IdentityStatus {
  const { serial, notAfter } = certificate ?? { serial: null, notAfter: null };
  const revoked = serial === null ? null : (revocations.get(serial) ?? null);
  return { ...who, serial, notAfter, state: word, repositories, services, revoked, next };
}

/** What the plan does about this certificate comes first: nobody is valid who is about to be revoked. */
function stateOf(identity: Identity, certificate: Certificate | null, grounds: Grounds): IdentityState {
  const { state, ahead, now } = grounds;
  const live = certificate !== null && isLive(certificate, state, now);
  if (live && ahead.revoked.has(certificate.serial)) return "revoking";
  if (identity.revoked !== null) return "revoked";
  if (identity.expires !== null && identity.expires <= now) return "ended";
  if (identity.suspended) return live && ahead.held.has(certificate.serial) ? "suspending" : "suspended";
  if (certificate === null || state.revocations.has(certificate.serial)) return "missing";
  if (!live) return "expired";
  if (state.holds.has(certificate.serial)) return "held";
  const stays = ahead.ledger.of(identity).live.findLast(({ serial }) => !ahead.revoked.has(serial));
  if (stays === certificate && ahead.issued.has(identity.name)) return "renewing";
  return now >= certificate.notAfter - identity.renewBefore ? "ending" : "valid";
}
