import { check } from "../../../scripts/flows/check.ts";
import { create } from "../../../scripts/flows/create.ts";
import { preview } from "../../../scripts/flows/preview.ts";
import { publish } from "../../../scripts/flows/publish.ts";
import { reconcile } from "../../../scripts/flows/reconcile.ts";
import { welcome } from "../../../scripts/flows/welcome.ts";
import type { Plan, Refusal } from "../../../scripts/model/plan.ts";
import type { Finding } from "../../../scripts/model/problem.ts";
import { type Instant, parseInstant } from "../../../scripts/model/time.ts";
import { environment, type Repository } from "./repository.ts";

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
export async function reconcileHere(
  { root }: Pick<Repository, "root">,
  now: string,
  meanwhile = () => {},
): Promise<Plan> {
  const options = { root, now: instant(now), checkClock: false, allowLosses: null, digest: null };
  return (await reconcile({ ...options, ...QUIET, show: meanwhile })).planned.plan;
}

/** `plan --base --head --now` */
export async function planHere({ root }: Repository, now: string, base: string, head: string): Promise<Plan> {
  return (await preview({ root, now: instant(now), checkClock: false, allowLosses: null, head, base })).plan;
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

export interface PublishedHere {
  readonly plan: Plan;
  readonly committed: boolean;
  readonly faults: readonly string[];
  readonly late: readonly Refusal[];
}

/** `reconcile --commit --now`, without a new process. */
export async function publishHere({ root }: Repository, now: string): Promise<PublishedHere> {
  const options = { root, now: instant(now), checkClock: false, allowLosses: null, digest: null };
  const { planned, committed, faults, late } = await asTester(() =>
    publish({ ...options, ...QUIET, commit: true, push: false, say: () => {} }),
  );
  return { plan: planned.plan, committed, faults, late };
}

/** `create --now`, without a new process. */
export async function createHere({ root }: Repository, now: string): Promise<void> {
  await asTester(() => create(root, instant(now), () => {}));
}

/** `start --now`, without a new process and without a terminal. Returns what it said. */
export async function startHere({ root }: Repository, now: string, { anew }: { anew: boolean }): Promise<string> {
  const options = { root, now: instant(now), checkClock: false, allowLosses: null, digest: null, anew, ask: null };
  const said: string[] = [];
  await asTester(() => welcome({ ...options, ...QUIET }, (text) => said.push(text)));
  return said.join("\n");
}

/** git inside this process runs with this process's own environment. */
export async function asTester<T>(work: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  const wanted = environment();
  for (const name of Object.keys(process.env)) if (!(name in wanted)) delete process.env[name];
  Object.assign(process.env, wanted);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
