import type { Decision } from "../../model/plan.ts";
import type { Kind } from "../../model/registry.ts";
import type { Revocation } from "../../model/state.ts";
import { formatInstant, type Instant } from "../../model/time.ts";
import { type Provenance, provenanceValue } from "../provenance.ts";

/**
 * How an identity is, soonest trouble first. The planner says which it is (views/status/standing.ts), so that nobody is one
 * thing here and another in the plan:
 * - `removed`: gone from the registry while its certificate is still good; reconcile revokes it
 * - `revoking`: every certificate it has is still good, and reconcile revokes it
 * - `suspending`: the registry says suspended; reconcile puts its certificate on hold
 * - `expired`: its certificate ended before a successor was issued
 * - `missing`: it may have a certificate and has no good one; reconcile issues one
 * - `held`: its certificate is on hold and the registry no longer says suspended; reconcile releases it
 * - `ending`: inside renew_before, and nothing comes after it: its access or the authority ends, or its request is refused
 * - `renewing`: reconcile issues its successor
 * - `valid`
 * - `external`: a server that brings its certificate from elsewhere
 * - `suspended`, `ended` (its `expires` has come), `revoked`: the registry gives it no access, and that is carried out
 * - `gone`: no longer in the registry, and nothing that it had is good; only told of who is asked for by name
 */
const IDENTITY_STATES = [
  "removed",
  "revoking",
  "suspending",
  "expired",
  "missing",
  "held",
  "ending",
  "renewing",
  "valid",
  "external",
  "suspended",
  "ended",
  "revoked",
  "gone",
] as const;
export type IdentityState = (typeof IDENTITY_STATES)[number];

export interface IdentityStatus {
  readonly name: string;
  readonly kind: Kind;
  /** Of the newest good certificate, or else of the newest; null when there never was one. */
  readonly serial: string | null;
  readonly notAfter: Instant | null;
  readonly state: IdentityState;
  /** What a client may reach, a server serves, a signer signs, as the registry last carried out has it. */
  readonly repositories: readonly string[];
  readonly services: readonly string[];
  /** The name that it had before, as the registry says. */
  readonly previously: string | null;
  /** Of this serial. */
  readonly revoked: Revocation | null;
  /** What the plan does about its certificates. */
  readonly next: readonly Decision[];
}

export interface Status {
  readonly asOf: Instant;
  readonly authority: { readonly subject: string; readonly notAfter: Instant } | null;
  /** What is wrong where there is none that can be read, and what to do; null where there never was one. */
  readonly authorityDoubt: string | null;
  readonly crl: { readonly number: number; readonly thisUpdate: Instant; readonly nextUpdate: Instant } | null;
  readonly identities: readonly IdentityStatus[];
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
      ...(row.revoked === null ? {} : { revoked: { at: formatInstant(row.revoked.at), reason: row.revoked.reason } }),
    })),
    ...(provenance === undefined ? {} : { provenance: provenance && provenanceValue(provenance) }),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

const RANK = new Map<string, number>(IDENTITY_STATES.map((state, rank) => [state, rank]));

/** Soonest trouble first, then the soonest end, then by name. */
export function byTrouble(a: IdentityStatus, b: IdentityStatus): number {
  const rank = (RANK.get(a.state) ?? 0) - (RANK.get(b.state) ?? 0);
  const end = (a.notAfter ?? 0) - (b.notAfter ?? 0);
  return rank || end || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
