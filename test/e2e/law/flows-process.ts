import { preview } from "../../../scripts/flows/preview.ts";
import { reconcile } from "../../../scripts/flows/reconcile.ts";
import type { Plan } from "../../../scripts/model/plan.ts";
import { UserError } from "../../../scripts/model/problem.ts";

// The flows in a process that has nothing else in it. Each git that they start begins as a copy of this process, and
// that of a test runner with a world of histories in memory takes the kernel longer than git's own work.

const QUIET = { show: () => {}, progress: () => ({ tick: () => {}, done: () => {} }) };

/** `plan --base --head --now`, or `reconcile --now --allow-losses`. */
export type Asked = { readonly root: string; readonly now: number } & (
  | { readonly do: "plan"; readonly base: string; readonly head: string }
  | { readonly do: "reconcile"; readonly allowLosses: number | null }
);

/** A plan, what a person was told in place of one, or how a bug ended it. */
export type Answered = { readonly plan: Plan } | { readonly told: string } | { readonly bug: string };

async function planFor(asked: Asked): Promise<Plan> {
  const options = { root: asked.root, now: asked.now, checkClock: false };
  if (asked.do === "plan")
    return (await preview({ ...options, head: asked.head, base: asked.base, allowLosses: null })).plan;
  return (await reconcile({ ...options, allowLosses: asked.allowLosses, digest: null, ...QUIET })).planned.plan;
}

async function answer(asked: Asked): Promise<Answered> {
  try {
    return { plan: await planFor(asked) };
  } catch (error) {
    if (error instanceof UserError) return { told: error.message };
    return { bug: error instanceof Error ? `${error.stack}` : `${error}` };
  }
}

process.on("message", async (asked: Asked) => process.send?.(await answer(asked)));
