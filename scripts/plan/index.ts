import type { Plan, Refusal } from "../model/plan.ts";
import { formatProblem } from "../model/problem.ts";
import { basisOf } from "./ahead.ts";
import { branchRefusals } from "./branch.ts";
import { byTimeOf } from "./by-time.ts";
import { withCertifiedKeys } from "./certified-keys.ts";
import { planCrl } from "./crl.ts";
import { type ApplicablePlan, digestOf, type FullPlan, planInFull, summarize } from "./full-plan.ts";
import type { PlanInput } from "./input.ts";
import { clockRefusals, doubtRefusals, entryRefusals, noAuthority } from "./refusals.ts";
import { doubtsFacts } from "./unsigned.ts";

export type { ApplicablePlan } from "./full-plan.ts";
export { type Base, NO_POLICY, type PlanInput, type Policy } from "./input.ts";

export interface Planned {
  /** Everything that was asked for, to be shown. */
  readonly plan: Plan;
  /** What may be carried out; null when nothing may. The same plan when nothing is refused as a whole. */
  readonly applicable: ApplicablePlan | null;
}

/** Pure: the same input gives the same plan, to the byte. */
export function makePlan(input: PlanInput): Planned {
  const { state } = input;
  const last = state.carriedOut?.registry ?? null;
  const basis = basisOf(input.registry, state);
  const invalid = invalidRegistry(input);
  const clock = input.policy.checkClock ? clockRefusals(state, input.now) : [];
  const doubts = doubtRefusals(state);
  if (basis === null) return { plan: emptyPlan(input, [...invalid, ...doubts, ...clock]), applicable: null };
  const { asked } = basis;
  const draft = planInFull(asked, { ...input, state: basis.state });
  const ofOne = entryRefusals(state, input.now, draft.decisions);
  const plan = { ...draft.plan, refusals: [...invalid, ...doubts, ...clock, ...draft.plan.refusals, ...ofOne] };
  // Where a stranger may have written facts, not even what was carried out last can be believed.
  const believed = clock.length === 0 && !doubtsFacts(input.policy.unsigned);
  if (state.authority === null || !believed) return { plan, applicable: null };
  if (doubts.length > 0) return { plan, applicable: onlyCrl(planInFull(last ?? asked, input), input) };
  if (draft.whole.length === 0) return { plan, applicable: { ...draft, plan } };
  // What was carried out last goes on without whatever else came with a change that is refused as a whole.
  return {
    plan,
    applicable: last === null ? null : planInFull(last, { ...input, state: withCertifiedKeys(state, last) }),
  };
}

/** With facts in doubt only the CRL is kept fresh, with everything known to be revoked. */
function onlyCrl(draft: FullPlan, { state, now }: PlanInput): ApplicablePlan {
  const order = planCrl(state, draft.registry.crl, now, "registry");
  const changes = order === null ? [] : [order.change];
  const none = { ...draft.decisions, list: [] };
  return { ...draft, decisions: none, plan: { ...draft.plan, changes, summary: summarize(changes, 0) } };
}

function invalidRegistry({ registry, problems, state, policy }: PlanInput): Refusal[] {
  // Where clients.yaml itself cannot be merged there is none to be read, and that is said already.
  if (registry !== null || (problems.length === 0 && policy.conflicts.length > 0)) return [];
  const first = problems[0] === undefined ? "clients.yaml cannot be read" : formatProblem(problems[0]);
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : "";
  const rest = state.carriedOut === null ? "" : " What was carried out last stays in force.";
  return [{ code: "InvalidRegistry", message: `${first}${more}.${rest}` }];
}

function emptyPlan({ now, state, policy, base }: PlanInput, refusals: readonly Refusal[]): Plan {
  const all = [...noAuthority(state), ...refusals, ...branchRefusals(null, policy, state)];
  return {
    asOf: now,
    digest: digestOf(null, []),
    summary: summarize([], 0),
    changes: [],
    access: [],
    edits: [],
    compromised: [],
    byTime: byTimeOf(null, now),
    base: base?.commit ?? null,
    warnings: [],
    refusals: all,
  };
}
