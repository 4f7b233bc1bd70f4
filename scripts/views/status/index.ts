import type { Registry } from "../../model/registry.ts";
import { authorityDoubt, type State } from "../../model/state.ts";
import type { Instant } from "../../model/time.ts";
import { aheadOf } from "../../plan/ahead.ts";
import { holdersOf } from "./holders.ts";
import { everyone, ofCertificate, pastOf } from "./standing.ts";
import { byTrouble, type IdentityStatus, type Status } from "./words.ts";

/** Names as in the registry, a serial in upper-case hex. What is null does not filter; what is given must all hold. */
export interface StatusFilter {
  /** Also somebody's former name, and that of somebody who has left. */
  readonly client: string | null;
  readonly repository: string | null;
  /** The row is then about this very certificate, however old. */
  readonly serial: string | null;
}

export const EVERYTHING: StatusFilter = { client: null, repository: null, serial: null };

/**
 * Authority, CRL, every identity of the registry, and whoever left it with a good certificate. The words are the
 * planner's (what the next reconcile does about each), the reach is that of the registry as last carried out, for
 * that is what servers enforce. Without a registry (it cannot be read) what was carried out last counts for both;
 * without that the certificates alone.
 */
export function statusOf(registry: Registry | null, state: State, now: Instant, filter = EVERYTHING): Status {
  const last = state.carriedOut?.registry ?? null;
  const asked = registry ?? last;
  const holders = asked === null ? [] : holdersOf(asked);
  const grounds = { holders, inForce: last ?? asked, state, ahead: aheadOf(registry, state, now), now };
  const rows = filter.serial === null ? everyone(grounds) : ofCertificate(filter.serial, grounds);
  const { authority, crl } = state;
  return {
    asOf: now,
    authority: authority && { subject: authority.subject, notAfter: authority.notAfter },
    authorityDoubt: authority === null ? authorityDoubt(state) : null,
    crl: crl && { number: crl.number, thisUpdate: crl.thisUpdate, nextUpdate: crl.nextUpdate },
    identities: matching(rows, filter, state).sort(byTrouble),
  };
}

function matching(rows: readonly IdentityStatus[], filter: StatusFilter, state: State): IdentityStatus[] {
  const { client, repository, serial } = filter;
  const there = rows.filter((row) => repository === null || row.repositories.includes(repository));
  if (client === null) return there;
  const named = rows.filter(({ name }) => name === client);
  if (named.length > 0) return named.filter((row) => there.includes(row));
  const renamed = rows.filter(({ previously }) => previously === client);
  if (renamed.length > 0) return renamed.filter((row) => there.includes(row));
  const past = repository === null && serial === null ? pastOf(client, state) : null;
  return past === null ? [] : [past];
}
