import { createHash } from "node:crypto";
import { canonicalRegistry } from "../model/canonical.ts";
import type { Change, Decision, Plan, Refusal, Summary } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import { compareAccess } from "./access.ts";
import { branchRefusals } from "./branch.ts";
import { type Alone, byTimeOf, decideAlone, dueByTime } from "./by-time.ts";
import { compromisedOf } from "./compromised.ts";
import { planCrlDue } from "./crl.ts";
import { type Decisions, decide } from "./decide.ts";
import { compareDefinitions } from "./definitions.ts";
import { compareRegistries } from "./edits.ts";
import type { PlanInput } from "./input.ts";
import { oldNameOf } from "./old-name.ts";
import { pairUp } from "./pairs.ts";
import { planFiles } from "./plan-files.ts";
import { project } from "./project.ts";
import { authorityRefusals, type Losses, limitRefusals, lossesOf } from "./refusals.ts";
import { warningsOf } from "./warnings.ts";

/** What reconcile does: the part of the plan that no refusal touches, and the registry that it makes true. */
export interface ApplicablePlan {
  readonly plan: Plan;
  readonly decisions: Decisions;
  readonly registry: Registry;
}

export interface FullPlan extends ApplicablePlan {
  /** Refusals of the registry as a whole: what was carried out last stays. */
  readonly whole: readonly Refusal[];
}

/** What this registry asks for, with what it changes against the base, and why. */
export function planInFull(registry: Registry, input: PlanInput): FullPlan {
  const { state, now, version, policy, base } = input;
  const last = state.carriedOut?.registry ?? null;
  // Where the base's clients.yaml cannot be read, what was carried out last is in force.
  const before = base?.registry ?? last;
  const decisions = decide(registry, state, now);
  const clients = pairUp(before?.clients ?? new Map(), registry.clients, renamesOf(decisions));
  const edits = compareRegistries(before, registry, clients);
  const unchanged = before !== null && edits.length === 0;
  const own = unchanged ? registry : (before ?? last);
  const alone = own && decideAlone({ base: own, state, now, planned: decisions, unchanged });
  const list = dueByTime(decisions.list, alone);
  const oldName = (client: string) => oldNameOf(client, decisions, state, now);
  const access = compareAccess({ before, after: registry, clients, decisions: list, oldName, now });
  const losses = lossesOf(access);
  const whole = [
    ...authorityRefusals(registry, state),
    ...limitsOf(registry, losses, decisions, list, input),
    ...branchRefusals(registry, policy, state),
  ];
  const changes = state.authority === null ? [] : changesOf({ registry, before, decisions, list, alone }, input);
  const plan: Plan = {
    asOf: now,
    digest: digestOf(registry, decisions.list),
    summary: summarize(changes, losses.count),
    changes,
    access,
    edits,
    compromised: compromisedOf(before, registry, decisions, state),
    byTime: byTimeOf(alone, now),
    base: base?.commit ?? null,
    warnings: warningsOf({ before, after: registry, clients, access, state, now, version, decisions, ...policy }),
    refusals: [...whole, ...decisions.refusals],
  };
  return { plan, decisions, registry, whole };
}

/**
 * Against the base, and against what was carried out last: reconcile counts from there, and main may hold more changes
 * that wait for it.
 */
function limitsOf(
  after: Registry,
  losses: Losses,
  decisions: Decisions,
  list: readonly Decision[],
  { state, now, policy: { allowLosses }, base }: PlanInput,
): Refusal[] {
  const last = state.carriedOut?.registry ?? null;
  const before = base === undefined ? last : base.registry;
  const common = { after, limit: (last ?? after).limits.lose, allowLosses, now };
  const own = limitRefusals({ ...common, before, losses });
  if (last === null || before === last || (before !== null && canonicalRegistry(before) === canonicalRegistry(last)))
    return own;
  const clients = pairUp(last.clients, after.clients, renamesOf(decisions));
  const oldName = (client: string) => oldNameOf(client, decisions, state, now);
  const access = compareAccess({ before: last, after, clients, decisions: list, oldName, now });
  const all = limitRefusals({ ...common, before: last, losses: lossesOf(access) });
  const codes = new Set(all.map(({ code }) => code));
  return [...all, ...own.filter(({ code }) => !codes.has(code))];
}

function renamesOf({ identities, ledger }: Decisions): (client: string) => string | null {
  return (client) => {
    const identity = identities.get(client);
    return identity === undefined ? null : ledger.renamedFrom(identity);
  };
}

interface Compared {
  readonly registry: Registry;
  readonly before: Registry | null;
  readonly decisions: Decisions;
  /** The same, due by time only where the base alone would make them. */
  readonly list: readonly Decision[];
  readonly alone: Alone | null;
}

function changesOf(compared: Compared, input: PlanInput): Change[] {
  const { registry, before, decisions, list, alone } = compared;
  const { state, now } = input;
  const after = project(state, decisions.list, decisions.identities, now);
  const crl = planCrlDue(after, registry.crl, now, list, alone);
  const files = planFiles(compared, after, input);
  return [...compareDefinitions(before, registry), ...list, ...(crl === null ? [] : [crl]), ...files];
}

export function summarize(changes: readonly Change[], lose: number): Summary {
  const summary = { issue: 0, renew: 0, revoke: 0, hold: 0, release: 0, definition: 0, crl: 0, file: 0, lose };
  for (const change of changes) summary[change.kind]++;
  return summary;
}

/**
 * SHA-256 over the registry in canonical form and the decisions about certificates without their messages: the same
 * for the same registry and state, whatever base it is compared with, and as long as time itself decides nothing.
 */
export function digestOf(registry: Registry | null, decisions: readonly Decision[]): string {
  const hash = createHash("sha256").update(registry === null ? "" : canonicalRegistry(registry));
  for (const decision of decisions) {
    const { message: _, ...rest } = decision;
    const fields = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1));
    hash.update(`${JSON.stringify(fields)}\n`);
  }
  return `sha256:${hash.digest("hex")}`;
}
