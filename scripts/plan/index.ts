import type { Change, Decision, Due, Plan, Refusal, Summary } from "../model/plan.ts";
import { formatProblem, type Problem } from "../model/problem.ts";
import type { Registry } from "../model/registry.ts";
import { authorityDoubt, type State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { compareAccess } from "./access.ts";
import { type BranchPolicy, branchRefusals } from "./branch.ts";
import { planCrl } from "./crl.ts";
import { type Decisions, decide } from "./decide.ts";
import { compareDefinitions } from "./definitions.ts";
import { digestOf } from "./digest.ts";
import { compareFiles, derivedFiles, strayFiles } from "./files.ts";
import { project } from "./project.ts";
import {
  authorityRefusals,
  clockRefusals,
  doubtRefusals,
  limitRefusals,
  lossesOf,
  lostKeyRefusals,
  noAuthority,
} from "./refusals.ts";
import { settledState } from "./settled.ts";
import { doubtsFacts } from "./unsigned.ts";
import { warningsOf } from "./warnings.ts";

/** What judges a plan besides registry and state. */
export interface Policy extends BranchPolicy {
  /** `--allow-losses` */
  readonly allowLosses: number | null;
  /** False with `--now`. */
  readonly checkClock: boolean;
  readonly codeChanged: readonly string[];
  readonly policyChanged: readonly string[];
}

export const NO_POLICY: Policy = {
  allowLosses: null,
  checkClock: true,
  unrelated: false,
  conflicts: [],
  faults: [],
  codeChanged: [],
  policyChanged: [],
  unsigned: null,
  signers: "",
};

/** What a change is compared with. */
export interface Base {
  /** Null where it has no clients.yaml, or one that cannot be read. */
  readonly registry: Registry | null;
  /** A full commit id. */
  readonly commit: string;
}

export interface PlanInput {
  /** Null when clients.yaml cannot be read; `problems` says why. */
  readonly registry: Registry | null;
  readonly problems: readonly Problem[];
  /** What access and definitions are compared with; undefined: the registry as last carried out. */
  readonly base?: Base;
  readonly state: State;
  readonly now: Instant;
  readonly version: string;
  readonly policy: Policy;
}

/** What reconcile does: the part of the plan that no refusal touches, and the registry that it makes true. */
export interface Errand {
  readonly plan: Plan;
  readonly decisions: Decisions;
  readonly registry: Registry;
}

export interface Planned {
  /** Everything that was asked for, to be shown. */
  readonly plan: Plan;
  /** What may be carried out; null when nothing may. The same plan when nothing is refused as a whole. */
  readonly errand: Errand | null;
}

interface Draft extends Errand {
  /** Refusals of the registry as a whole: what was carried out last stays. */
  readonly whole: readonly Refusal[];
}

/** Pure: the same input gives the same plan, to the byte. */
export function makePlan(input: PlanInput): Planned {
  const { state } = input;
  const last = state.carriedOut?.registry ?? null;
  const asked = input.registry ?? last;
  const invalid = invalidRegistry(input);
  const clock = input.policy.checkClock ? clockRefusals(state, input.now) : [];
  const doubts = doubtRefusals(state);
  const lost = state.authority === null && authorityDoubt(state) !== null;
  if (asked === null || lost) return { plan: emptyPlan(input, [...invalid, ...doubts, ...clock]), errand: null };
  // What was carried out last goes on without whatever else came with a change that is refused as a whole.
  const settled = last === null ? input : { ...input, state: settledState(state, last) };
  const draft = draftPlan(asked, input.registry === null ? settled : input);
  doubts.push(...lostKeyRefusals(state, input.now, draft.decisions.list));
  const plan = { ...draft.plan, refusals: [...invalid, ...doubts, ...clock, ...draft.plan.refusals] };
  // Where a stranger may have written facts, not even what was carried out last can be believed.
  const believed = clock.length === 0 && !doubtsFacts(input.policy.unsigned);
  if (state.authority === null || !believed) return { plan, errand: null };
  if (doubts.length > 0) return { plan, errand: onlyCrl(draftPlan(last ?? asked, input), input) };
  if (draft.whole.length === 0) return { plan, errand: { ...draft, plan } };
  return { plan, errand: last === null ? null : draftPlan(last, settled) };
}

function draftPlan(registry: Registry, input: PlanInput): Draft {
  const { state, now, version, policy } = input;
  const before = input.base === undefined ? (state.carriedOut?.registry ?? null) : input.base.registry;
  const decisions = decide(registry, state, now);
  const renamed = (client: string) => {
    const identity = decisions.identities.get(client);
    return identity === undefined ? null : decisions.ledger.renamedFrom(identity);
  };
  const access = compareAccess(before, registry, renamed, now);
  const losses = lossesOf(access, decisions.list);
  const limit = (state.carriedOut?.registry ?? registry).limits.lose;
  const whole = [
    ...authorityRefusals(registry, state),
    ...limitRefusals({ before, after: registry, limit, losses, allowLosses: policy.allowLosses, now }),
    ...branchRefusals(registry, policy, state),
  ];
  const changes = state.authority === null ? [] : changesOf(registry, before, decisions, input);
  const plan: Plan = {
    asOf: now,
    digest: digestOf(registry, decisions.list),
    summary: summarize(changes, losses.count),
    changes,
    access,
    ...unexplained(now),
    base: input.base?.commit ?? null,
    warnings: warningsOf({ before, after: registry, state, now, version, decisions, ...policy }),
    refusals: [...whole, ...decisions.refusals],
  };
  return { plan, decisions, registry, whole };
}

function changesOf(registry: Registry, before: Registry | null, decisions: Decisions, input: PlanInput): Change[] {
  const { state, now, version } = input;
  const definitions = compareDefinitions(before, registry);
  const after = project(state, decisions.list, decisions.identities, now);
  const due = dueOf(decisions.list);
  const order = planCrl(after, registry.crl, now, due);
  const wanted = derivedFiles(registry, after, now, version, after === state ? decisions : null);
  const upgraded = state.carriedOut !== null && state.carriedOut.version !== version;
  const filesDue: Due = definitions.length > 0 || due === "registry" ? "registry" : "time";
  const files = compareFiles(wanted, after, strayFiles(registry, after, now), { due: filesDue, upgraded });
  return [...definitions, ...decisions.list, ...(order === null ? [] : [order.change]), ...files];
}

function dueOf(decisions: readonly Decision[]): Due {
  return decisions.some((one) => one.due === "registry") || decisions.length === 0 ? "registry" : "time";
}

/** With facts in doubt only the CRL is kept fresh, with everything known to be revoked. */
function onlyCrl(draft: Draft, { state, now }: PlanInput): Errand {
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
    ...unexplained(now),
    base: base?.commit ?? null,
    warnings: [],
    refusals: all,
  };
}

function unexplained(now: Instant): Pick<Plan, "edits" | "compromised" | "byTime"> {
  return { edits: [], compromised: [], byTime: { until: now + 14 * 86_400, changes: [] } };
}

function summarize(changes: readonly Change[], lose: number): Summary {
  const summary = { issue: 0, renew: 0, revoke: 0, hold: 0, release: 0, definition: 0, crl: 0, file: 0, lose };
  for (const change of changes) summary[change.kind]++;
  return summary;
}
