import type { Registry } from "../../scripts/model/registry.ts";
import { compareAccess } from "../../scripts/plan/access.ts";
import { decide } from "../../scripts/plan/decide.ts";
import { pairUp } from "../../scripts/plan/pairs.ts";
import { type WarningInput, warningsOf } from "../../scripts/plan/warnings.ts";
import { type Facts, NOW, stateOf, VERSION } from "../support/plan-builders.ts";

/** The warnings of a plan, each as `code: message`. */
export function warnings(
  before: Registry | null,
  after: Registry,
  facts: Facts = {},
  more: Partial<WarningInput> = {},
  renamedFrom: (client: string) => string | null = () => null,
): string[] {
  const state = stateOf(facts);
  const decisions = decide(after, state, NOW);
  const clients = pairUp(before?.clients ?? new Map(), after.clients, renamedFrom);
  const oldName = () => ({ until: null, sameKey: false });
  const access = compareAccess({ before, after, clients, decisions: decisions.list, oldName, now: NOW });
  const none = { codeChanged: { known: [], added: [] }, policyChanged: [], material: [], version: VERSION };
  return warningsOf({ before, after, clients, access, state, now: NOW, decisions, ...none, ...more }).map(
    ({ code, message }) => `${code}: ${message}`,
  );
}
