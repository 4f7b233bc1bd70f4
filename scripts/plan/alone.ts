import type { Decision } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { withCertifiedKeys } from "./certified-keys.ts";
import { type Decisions, decide } from "./decide.ts";

/** What the base's registry would do by itself, were nothing changed. */
export interface Alone {
  readonly registry: Registry;
  readonly decisions: Decisions;
  /** As the base would find it. */
  readonly state: State;
}

export interface AloneInput {
  readonly base: Registry;
  readonly state: State;
  readonly now: Instant;
  /** What the plan decides. */
  readonly planned: Decisions;
  /** The plan is for this very registry. */
  readonly unchanged: boolean;
}

export function decideAlone({ base, state, now, planned, unchanged }: AloneInput): Alone {
  const found = asFound(base, state, planned);
  return { registry: base, decisions: unchanged && found === state ? planned : decide(base, found, now), state: found };
}

/**
 * The state without the requests that this plan certifies: they came with the change, and the base goes on with the
 * keys that it certified last. One that is refused gets nothing today, and got nothing before.
 */
function asFound(base: Registry, state: State, { review }: Decisions): State {
  const settled = withCertifiedKeys(state, base);
  const requests = new Map(settled.requests);
  let differs = false;
  for (const section of [base.clients, base.servers, base.signers]) {
    for (const [name, { csr }] of section) {
      if (!csr) continue;
      const there = state.requests.get(name);
      if (review.sound.has(name) && there !== requests.get(name)) differs = true;
      else if (there === undefined) requests.delete(name);
      else requests.set(name, there);
    }
  }
  return differs ? { ...settled, requests } : state;
}

/**
 * The decisions, due by time only where the base's registry alone would make the same: what looks like a renewal may
 * well be there because the change moved somebody's end.
 */
export function dueByTime(list: readonly Decision[], alone: Alone | null): readonly Decision[] {
  if (list === alone?.decisions.list) return list;
  const own = new Set(alone?.decisions.list.filter(({ due }) => due === "time").map(sameness));
  return list.map((one) => (one.due === "time" && !own.has(sameness(one)) ? { ...one, due: "registry" } : one));
}

/** All that a decision says, in words that are the same for the same decision. */
export function sameness({ message: _, due: __, ...rest }: Decision): string {
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}
