import type { Decision, Issue, Renew } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import { authorityDoubt, type State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { withCertifiedKeys } from "./certified-keys.ts";
import { decide } from "./decide.ts";
import { type Ledger, ledgerOf } from "./holdings.ts";

/** The registry that a plan is about, and the state that it is held against. */
export interface Basis {
  readonly asked: Registry;
  readonly state: State;
}

/** Null where there is nothing to plan: no registry at all, or an authority that is lost. */
export function basisOf(registry: Registry | null, state: State): Basis | null {
  const last = state.carriedOut?.registry ?? null;
  const asked = registry ?? last;
  if (asked === null || (state.authority === null && authorityDoubt(state) !== null)) return null;
  return { asked, state: registry === null && last !== null ? withCertifiedKeys(state, last) : state };
}

/** What the plan says about certificates, to be asked by serial and by name. */
export interface Ahead {
  readonly ledger: Ledger;
  readonly revoked: ReadonlySet<string>;
  readonly held: ReadonlySet<string>;
  readonly issued: ReadonlyMap<string, Issue | Renew>;
  readonly of: ReadonlyMap<string, readonly Decision[]>;
}

/** The plan's own decisions, without the rest of it: where nothing can be signed, there are none. */
export function aheadOf(registry: Registry | null, state: State, now: Instant): Ahead {
  const basis = basisOf(registry, state);
  const decided = basis === null ? null : decide(basis.asked, basis.state, now);
  const list = state.authority === null ? [] : (decided?.list ?? []);
  const serials = (kind: "revoke" | "hold") =>
    new Set(list.flatMap((one) => (one.kind === kind && "serial" in one ? [one.serial] : [])));
  return {
    ledger: decided?.ledger ?? ledgerOf(new Map(), state, now),
    revoked: serials("revoke"),
    held: serials("hold"),
    issued: new Map(
      list.flatMap((one) => (one.kind === "issue" || one.kind === "renew" ? [[one.identity, one] as const] : [])),
    ),
    of: Map.groupBy(list, ({ identity }) => identity),
  };
}
