import { preview } from "../../../scripts/flows/preview.ts";
import { reconcile } from "../../../scripts/flows/reconcile.ts";
import type { Plan } from "../../../scripts/model/plan.ts";
import { UserError } from "../../../scripts/model/problem.ts";

const QUIET = { show: () => {}, progress: () => ({ tick: () => {}, done: () => {} }) };

/** A plan, or what a person was told in place of one. */
export type Answer = { readonly plan: Plan; readonly error: null } | { readonly plan: null; readonly error: UserError };

async function answer(plan: () => Promise<Plan>): Promise<Answer> {
  try {
    return { plan: await plan(), error: null };
  } catch (error) {
    if (error instanceof UserError) return { plan: null, error };
    throw error;
  }
}

/** `plan --base --head --now` */
export function planAt(root: string, base: string, head: string, now: number): Promise<Answer> {
  const options = { root, now, checkClock: false, allowLosses: null, head, base };
  return answer(async () => (await preview(options)).plan);
}

/** `reconcile --now`; the plan is the one that it showed. */
export function reconcileAt(root: string, now: number): Promise<Answer> {
  const options = { root, now, checkClock: false, allowLosses: null, digest: null, ...QUIET };
  return answer(async () => (await reconcile(options)).planned.plan);
}

/** Why an answer refuses: its refusals' codes, `Error` in place of a plan; empty when it does not. */
export function codesOf({ plan }: Answer): string[] {
  return plan === null ? ["Error"] : [...new Set(plan.refusals.map(({ code }) => code))].sort();
}
