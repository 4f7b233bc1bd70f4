import { check } from "../../../scripts/flows/check.ts";
import { reconcile } from "../../../scripts/flows/reconcile.ts";
import type { Plan } from "../../../scripts/model/plan.ts";
import type { Finding } from "../../../scripts/model/problem.ts";
import { type Instant, parseInstant } from "../../../scripts/model/time.ts";
import type { Repository } from "./repository.ts";

const QUIET = { show: () => {}, progress: () => ({ tick: () => {}, done: () => {} }) };

function instant(text: string): Instant {
  const at = parseInstant(text);
  if (at === null) throw new Error(`${text} is no instant`);
  return at;
}

/**
 * `reconcile --now` without a new process: a tenth of its time. Returns the plan that it showed; `meanwhile` happens
 * between planning and doing.
 */
export async function reconcileHere({ root }: Repository, now: string, meanwhile = () => {}): Promise<Plan> {
  const options = { root, now: instant(now), checkClock: false, allowLosses: null, digest: null };
  return (await reconcile({ ...options, ...QUIET, show: meanwhile })).planned.plan;
}

/** What `check --now` finds, without a new process. */
export async function findings({ root }: Repository, now: string): Promise<readonly Finding[]> {
  return (await check({ root, now: instant(now), checkClock: false, progress: QUIET.progress })).findings;
}

/** The findings that make check exit 1, as `CODE path`. */
export async function blocking(repository: Repository, now: string): Promise<string[]> {
  const found = await findings(repository, now);
  return found.filter(({ level }) => level === "block").map(({ code, path }) => `${code} ${path}`);
}
