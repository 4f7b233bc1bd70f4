import type { CrlChange, Decision, Due } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { Crl, CrlEntry, State } from "../model/state.ts";
import { type Duration, formatDuration, formatInstant, type Instant } from "../model/time.ts";

/** How far thisUpdate lies back: a server whose clock is a little slow must not find the CRL in its future (OpenSSL error 11). */
export const CRL_BACKDATE: Duration = 300;

/** Everything that signing needs but the key. */
export interface CrlOrder {
  readonly change: CrlChange;
  readonly number: number;
  readonly thisUpdate: Instant;
  readonly nextUpdate: Instant;
  readonly entries: readonly CrlEntry[];
}

/**
 * What must stand on the CRL: whatever is revoked or held, until one CRL from after the certificate's end has listed it
 * (RFC 5280, 3.3). An entry of the last CRL whose revocation is gone from pki/revoked stays: only a hold can be lifted.
 */
export function crlEntries(state: State): Map<string, CrlEntry> {
  const entries = new Map<string, CrlEntry>();
  const last = state.crl?.thisUpdate ?? Number.NEGATIVE_INFINITY;
  const counts = (serial: string) => (state.certificates.get(serial)?.notAfter ?? Number.POSITIVE_INFINITY) >= last;
  for (const { serial, at } of state.holds.values()) {
    if (counts(serial)) entries.set(serial, { serial, at, reason: "certificateHold" });
  }
  for (const { serial, at, reason } of state.revocations.values()) {
    if (counts(serial)) entries.set(serial, { serial, at, reason });
  }
  for (const entry of state.crl?.entries.values() ?? []) {
    if (entry.reason === "certificateHold" || entries.has(entry.serial) || !counts(entry.serial)) continue;
    entries.set(entry.serial, entry);
  }
  return entries;
}

/** The CRL that is due for this state, or null. `due` says whether entries that changed were due by the registry. */
export function planCrl(state: State, crl: Registry["crl"], now: Instant, due: CrlChange["due"]): CrlOrder | null {
  const { authority, crl: last } = state;
  if (authority === null) return null;
  const entries = crlEntries(state);
  const why = reasonToSign(state, entries, crl, now);
  if (why === null) return null;
  const thisUpdate = beginning(last, now);
  const number = Math.max((last?.number ?? 0) + 1, thisUpdate);
  const change: CrlChange = {
    kind: "crl",
    due: why.reason === "EntriesChanged" ? due : why.reason === "RenewalDue" ? "time" : "registry",
    issuer: authority.subject,
    number,
    ...why,
  };
  const sorted = [...entries.values()].sort((a, b) => (a.serial < b.serial ? -1 : 1));
  return { change, number, thisUpdate, nextUpdate: now + crl.lifetime, entries: sorted };
}

/**
 * The change to the CRL, due by time only where the base's registry alone would have it signed: because it ends, or
 * for decisions that are all due by time.
 */
export function planCrlDue(
  state: State,
  crl: Registry["crl"],
  now: Instant,
  list: readonly Decision[],
  alone: { readonly registry: Registry; readonly state: State } | null,
): CrlChange | null {
  const change = planCrl(state, crl, now, dueOfEntries(list))?.change ?? null;
  if (change?.reason !== "RenewalDue") return change;
  const also = alone !== null && planCrl(alone.state, alone.registry.crl, now, "time") !== null;
  return { ...change, due: also ? "time" : "registry" };
}

/** Entries that no decision of this plan brings are left from something else than time. */
function dueOfEntries(list: readonly Decision[]): Due {
  const decided = list.filter(({ kind }) => kind === "revoke" || kind === "hold" || kind === "release");
  return decided.length > 0 && decided.every(({ due }) => due === "time") ? "time" : "registry";
}

/**
 * Times rise, except after a clock that ran ahead: nobody is let in before a CRL's time has come (OpenSSL error 11),
 * and with --now a person says what time it is. The number rises all the same.
 */
function beginning(last: Crl | null, now: Instant): Instant {
  const begins = now - CRL_BACKDATE;
  return last === null || last.thisUpdate > now ? begins : Math.max(begins, last.thisUpdate + 1);
}

/** Within a day, it is quicker to wait; and whoever looks at yesterday with --now has nothing to mend. */
const RAN_AHEAD: Duration = 86_400;

function reasonToSign(
  state: State,
  entries: ReadonlyMap<string, CrlEntry>,
  { lifetime, renewBefore }: Registry["crl"],
  now: Instant,
): Pick<CrlChange, "reason" | "message"> | null {
  const { crl, authority } = state;
  if (crl === null) return { reason: "Missing", message: "there is no CRL yet" };
  if (crl.authorityKeyId !== authority?.subjectKeyId)
    return { reason: "Missing", message: "the CRL is another authority's" };
  if (state.settles !== null && crl.number <= state.settles)
    return { reason: "Merged", message: "a merge is on its way: a new CRL tells that reconcile ran in it" };
  const difference = describeDifference(state, entries);
  if (difference !== null) return { reason: "EntriesChanged", message: difference };
  if (crl.thisUpdate > now + RAN_AHEAD)
    return {
      reason: "RenewalDue",
      message: `the CRL begins ${formatInstant(crl.thisUpdate)}, signed by a clock that ran ahead`,
    };
  const end = formatInstant(crl.nextUpdate);
  if (now >= crl.nextUpdate - renewBefore) return { reason: "RenewalDue", message: `the CRL ends ${end}` };
  if (crl.nextUpdate > Math.max(now, crl.thisUpdate + CRL_BACKDATE) + lifetime) {
    const message = `the CRL ends ${end}, later than crl.lifetime (${formatDuration(lifetime)}) from now`;
    return { reason: "LifetimeChanged", message };
  }
  return null;
}

/** Entries that merely may go (their certificates ended) are no reason to sign: a quiet day stays quiet. */
function describeDifference(state: State, entries: ReadonlyMap<string, CrlEntry>): string | null {
  let added = 0;
  let changed = 0;
  let lifted = 0;
  for (const entry of entries.values()) {
    const before = state.crl?.entries.get(entry.serial);
    if (before === undefined) added++;
    else if (before.reason !== entry.reason) changed++;
  }
  for (const { serial, reason } of state.crl?.entries.values() ?? []) {
    if (reason === "certificateHold" && !entries.has(serial) && !state.holds.has(serial)) {
      const end = state.certificates.get(serial)?.notAfter ?? Number.POSITIVE_INFINITY;
      if (end >= (state.crl?.thisUpdate ?? 0)) lifted++;
    }
  }
  if (added + changed + lifted === 0) return null;
  const parts = [
    `${added} new`,
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(lifted > 0 ? [`${lifted} lifted`] : []),
  ];
  return `${parts.join(", ")} among ${entries.size} entries`;
}
