import type { Kind, Registry } from "../model/registry.ts";
import { authorityDoubt, type State } from "../model/state.ts";
import { formatInstant, type Instant } from "../model/time.ts";
import { type Provenance, provenanceValue } from "./provenance.ts";
import { type Holder, holdersOf } from "./status-holders.ts";
import { everyone, ofCertificate } from "./status-rows.ts";

/**
 * How an identity is, soonest trouble first:
 * - `removed`: gone from the registry while its certificate is still good; reconcile revokes it
 * - `expired`: its certificate ended before a successor was issued
 * - `missing`: it may have a certificate and has no good one; reconcile issues one
 * - `held`: its certificate is on hold and the registry no longer says suspended; reconcile releases it
 * - `renewing`: inside renew_before
 * - `valid`
 * - `external`: a server that brings its certificate from elsewhere
 * - `suspended`, `ended` (its `expires` has come), `revoked`: the registry gives it no access
 */
const IDENTITY_STATES = [
  "removed",
  "expired",
  "missing",
  "held",
  "renewing",
  "valid",
  "external",
  "suspended",
  "ended",
  "revoked",
] as const;
export type IdentityState = (typeof IDENTITY_STATES)[number];

export interface IdentityStatus {
  readonly name: string;
  readonly kind: Kind;
  /** Of the newest good certificate, or else of the newest; null when there never was one. */
  readonly serial: string | null;
  readonly notAfter: Instant | null;
  readonly state: IdentityState;
  /** What a client may reach, a server serves, a signer signs, as the registry has it. */
  readonly repositories: readonly string[];
  readonly services: readonly string[];
}

export interface Status {
  readonly asOf: Instant;
  readonly authority: { readonly subject: string; readonly notAfter: Instant } | null;
  /** What is wrong where there is none that can be read, and what to do; null where there never was one. */
  readonly authorityDoubt: string | null;
  readonly crl: { readonly number: number; readonly thisUpdate: Instant; readonly nextUpdate: Instant } | null;
  readonly identities: readonly IdentityStatus[];
}

/** Names as in the registry, a serial in upper-case hex. What is null does not filter; what is given must all hold. */
export interface StatusFilter {
  readonly client: string | null;
  readonly repository: string | null;
  /** The row is then about this very certificate, however old. */
  readonly serial: string | null;
}

export const EVERYTHING: StatusFilter = { client: null, repository: null, serial: null };

/**
 * Authority, CRL, every identity of the registry, and whoever left it with a good certificate. Without a registry (it
 * cannot be read) what was carried out last counts; without that the certificates alone.
 */
export function statusOf(registry: Registry | null, state: State, now: Instant, filter = EVERYTHING): Status {
  const known = registry ?? state.carriedOut?.registry ?? null;
  const holders = known === null ? new Map<string, Holder>() : holdersOf(known, now);
  const rows =
    filter.serial === null ? everyone(holders, state, now) : ofCertificate(filter.serial, holders, state, now);
  const { authority, crl } = state;
  return {
    asOf: now,
    authority: authority && { subject: authority.subject, notAfter: authority.notAfter },
    authorityDoubt: authority === null ? authorityDoubt(state) : null,
    crl: crl && { number: crl.number, thisUpdate: crl.thisUpdate, nextUpdate: crl.nextUpdate },
    identities: rows.filter((row) => matches(row, filter)).sort(byTrouble),
  };
}

/**
 * `status --json`: instants as RFC 3339, indented, with a final line feed. `provenance`: of the one certificate asked
 * for; null where nothing is committed.
 */
export function statusJson({ asOf, authority, crl, identities }: Status, provenance?: Provenance | null): string {
  const value = {
    asOf: formatInstant(asOf),
    authority: authority && { subject: authority.subject, notAfter: formatInstant(authority.notAfter) },
    crl: crl && {
      number: crl.number,
      thisUpdate: formatInstant(crl.thisUpdate),
      nextUpdate: formatInstant(crl.nextUpdate),
    },
    identities: identities.map((row) => ({
      name: row.name,
      kind: row.kind,
      serial: row.serial,
      notAfter: row.notAfter === null ? null : formatInstant(row.notAfter),
      state: row.state,
      repositories: row.repositories,
      services: row.services,
    })),
    ...(provenance === undefined ? {} : { provenance: provenance && provenanceValue(provenance) }),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function matches({ name, repositories }: IdentityStatus, { client, repository }: StatusFilter): boolean {
  return (client === null || name === client) && (repository === null || repositories.includes(repository));
}

const RANK = new Map<string, number>(IDENTITY_STATES.map((state, rank) => [state, rank]));

function byTrouble(a: IdentityStatus, b: IdentityStatus): number {
  const rank = (RANK.get(a.state) ?? 0) - (RANK.get(b.state) ?? 0);
  const end = (a.notAfter ?? 0) - (b.notAfter ?? 0);
  return rank || end || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
