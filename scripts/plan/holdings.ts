import type { Certificate, State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { Identity } from "./identity.ts";
import { reasonToIssue } from "./issue-reasons.ts";

/** One identity's certificates, as of one instant. */
export interface Holdings {
  /** Every certificate ever issued to it, oldest first. */
  readonly all: readonly Certificate[];
  /** Neither ended nor permanently revoked; held ones included. Oldest first. */
  readonly live: readonly Certificate[];
}

export interface Ledger {
  readonly of: (identity: Identity) => Holdings;
  /** Live certificates that nobody in the registry owns any more. */
  readonly orphans: readonly Certificate[];
  /** The name that the certificates of an identity once bore, when its rename is a rename (same key, or a managed one). */
  readonly renamedFrom: (identity: Identity) => string | null;
  /** Every certificate that bears the name in `previously`, whether or not that is a rename. */
  readonly ofFormer: (identity: Identity) => readonly Certificate[];
}

const NOTHING: Holdings = { all: [], live: [] };

/** Not permanently revoked, and its last second not over. */
export function isLive(certificate: Certificate, state: State, now: Instant): boolean {
  return certificate.notAfter >= now && !state.revocations.has(certificate.serial);
}

/** Oldest first; the serial decides between two of one second, so that the order is the same everywhere. */
export function byAge(a: Certificate, b: Certificate): number {
  return a.issued - b.issued || (a.serial < b.serial ? -1 : 1);
}

/**
 * Of two from one second, as happens with --now, the one that the registry asks for is the newer, or that ends later.
 * What is from the future, as is seen with an earlier --now, counts as from this second: what is issued now must not
 * be older than what it takes the place of.
 */
function byAgeAndFit(identity: Identity, state: State, now: Instant): typeof byAge {
  const fits = (current: Certificate) =>
    Number(reasonToIssue({ identity, state, now, hadLive: true, reissued: false, current }) === null);
  const age = ({ issued }: Certificate) => Math.min(issued, now);
  return (a, b) => age(a) - age(b) || fits(a) - fits(b) || a.notAfter - b.notAfter || byAge(a, b);
}

/**
 * Says who owns which certificate. A certificate belongs to the identity of its name and kind, or else to a client
 * that was `previously` of that name and whose key goes on: the same request, or a managed key as before.
 */
export function ledgerOf(identities: ReadonlyMap<string, Identity>, state: State, now: Instant): Ledger {
  const known = LEDGERS.get(state);
  if (known?.identities === identities && known.now === now) return known.ledger;
  const ledger = makeLedger(identities, state, now);
  LEDGERS.set(state, { identities, now, ledger });
  return ledger;
}

/** A run asks several times about one state: what the plan is, what is to be written, whether anything is left. */
const LEDGERS = new WeakMap<
  State,
  { readonly identities: ReadonlyMap<string, Identity>; readonly now: Instant; readonly ledger: Ledger }
>();

function makeLedger(identities: ReadonlyMap<string, Identity>, state: State, now: Instant): Ledger {
  const byName = groupByHolder(state);
  const renames = renamesOf(identities, byName, state, now);
  const passedOn = passedOnOf(byName, state, now);
  const holdings = new Map<Identity, Holdings>();
  const owned = new Set<Certificate>();
  for (const identity of identities.values()) {
    const former = renames.get(identity.name);
    const passed = passedOn.get(holderKey(identity.kind, identity.name));
    // Whoever gets its former name back gets back what went along with it.
    const since = passed === undefined || passed.to === former ? Number.NEGATIVE_INFINITY : passed.at;
    const own = (byName.get(holderKey(identity.kind, identity.name)) ?? []).filter((one) => one.issued >= since);
    const inherited = former === undefined ? [] : (byName.get(holderKey(identity.kind, former)) ?? []);
    if (own.length + inherited.length === 0) continue;
    const all = [...inherited, ...own];
    if (all.length > 1) all.sort(byAgeAndFit(identity, state, now));
    for (const certificate of all) owned.add(certificate);
    holdings.set(identity, { all, live: all.filter((certificate) => isLive(certificate, state, now)) });
  }
  const orphans: Certificate[] = [];
  for (const certificate of state.certificates.values()) {
    if (!owned.has(certificate) && isLive(certificate, state, now)) orphans.push(certificate);
  }
  return {
    of: (identity) => holdings.get(identity) ?? NOTHING,
    orphans: orphans.sort(byAge),
    renamedFrom: (identity) => renames.get(identity.name) ?? null,
    ofFormer: ({ kind, previously }) => (previously === null ? [] : (byName.get(holderKey(kind, previously)) ?? [])),
  };
}

function holderKey(kind: string, name: string): string {
  return `${kind}:${name}`;
}

function groupByHolder(state: State): Map<string, Certificate[]> {
  const groups = new Map<string, Certificate[]>();
  for (const certificate of state.certificates.values()) {
    const key = holderKey(certificate.kind, certificate.identity);
    const group = groups.get(key);
    if (group) group.push(certificate);
    else groups.set(key, [certificate]);
  }
  return groups;
}

/**
 * New name → old name, for the renames that are more than a departure and an arrival. One that was carried out, with
 * the same key under both names, stays one when the request is replaced: what the old name has left is still its own.
 */
function renamesOf(
  identities: ReadonlyMap<string, Identity>,
  byName: ReadonlyMap<string, readonly Certificate[]>,
  state: State,
  now: Instant,
): Map<string, string> {
  const renames = new Map<string, string>();
  for (const identity of identities.values()) {
    const former = identity.previously;
    if (former === null || identities.has(former)) continue;
    const live = (byName.get(holderKey(identity.kind, former)) ?? []).filter((one) => isLive(one, state, now));
    const own = new Set(byName.get(holderKey(identity.kind, identity.name))?.map((one) => one.fingerprint));
    const isRename = (one: Certificate) =>
      keyGoesOn(identity, one, state) || (identity.csr && own.has(one.fingerprint));
    if (live.some(isRename)) renames.set(identity.name, former);
  }
  return renames;
}

interface Passed {
  readonly to: string;
  readonly at: Instant;
}

/**
 * Former names, by the registry as last carried out → to whom their certificates had passed on, and when. Whoever
 * bears a former name next is somebody else, and must not get certificates whose keys are with the renamed client.
 */
function passedOnOf(
  byName: ReadonlyMap<string, readonly Certificate[]>,
  { carriedOut }: State,
  now: Instant,
): Map<string, Passed> {
  const passedOn = new Map<string, Passed>();
  for (const [name, { previously }] of carriedOut?.registry.clients ?? []) {
    if (previously === null) continue;
    const own = byName.get(holderKey("client", name)) ?? [];
    const first = own.reduce((least, { issued }) => Math.min(least, issued), now);
    passedOn.set(holderKey("client", previously), { to: name, at: first });
  }
  return passedOn;
}

function keyGoesOn(identity: Identity, certificate: Certificate, state: State): boolean {
  if (!identity.csr) return certificate.key === "managed";
  const request = state.requests.get(identity.name);
  return request?.ok === true && request.fingerprint === certificate.fingerprint;
}
