import type { Decision } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { type Decisions, decide } from "./decide.ts";
import { settledState } from "./settled.ts";

/** What the base's registry would do by itself, were nothing changed. */
export interface Alone {
  readonly registry: Registry;
  readonly decisions: Decisions;
  /** Requests that were never certified wait: they came with the change, or are refused. */
  readonly state: State;
}

/** `known`: what was decided for the base's own registry and this state, where that is what the plan is for. */
export function decideAlone(base: Registry, state: State, now: Instant, known: Decisions | null): Alone {
  const settled = isSettled(base, state) ? state : settledState(state, base);
  const decisions = known !== null && settled === state ? known : decide(base, settled, now);
  return { registry: base, decisions, state: settled };
}

/** Whether nobody's request is for another key than its newest certificate. */
function isSettled(base: Registry, state: State): boolean {
  const settled = settledState(state, base).requests;
  for (const section of [base.clients, base.servers, base.signers]) {
    for (const [name, { csr }] of section) if (csr && settled.get(name) !== state.requests.get(name)) return false;
  }
  return true;
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
