import { matchesGlob } from "node:path";
import { parse } from "yaml";

/** The keys of a workflow that this runner knows; others are refused, so that no workflow says what is not run. */
export interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string | number | boolean>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly run?: string;
}

export interface Job {
  readonly if?: string;
  readonly needs?: readonly string[];
  readonly "runs-on": string;
  readonly container?: { readonly image: string };
  readonly environment?: string;
  readonly "timeout-minutes": number;
  readonly permissions: Readonly<Record<string, "read" | "write">>;
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Trigger {
  readonly branches?: readonly string[];
  readonly paths?: readonly string[];
  readonly types?: readonly string[];
  readonly workflows?: readonly string[];
}

export interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, Trigger | readonly { readonly cron: string }[] | null>>;
  readonly permissions: Readonly<Record<string, never>>;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
  readonly defaults: { readonly run: { readonly shell: "sh" } };
  readonly jobs: Readonly<Record<string, Job>>;
}

const KEYS = {
  workflow: ["name", "on", "permissions", "concurrency", "defaults", "jobs"],
  job: "if needs runs-on container environment timeout-minutes permissions env steps".split(" "),
  step: ["name", "id", "if", "uses", "with", "env", "run"],
};

/** A workflow file. @throws Error for a key that this runner would not act upon */
export function readWorkflow(text: string): Workflow {
  const workflow: Workflow = parse(text);
  known(workflow, KEYS.workflow);
  if (workflow.defaults?.run?.shell !== "sh") throw new Error("this runner knows no shell but sh");
  for (const job of Object.values(workflow.jobs)) {
    known(job, KEYS.job);
    for (const step of job.steps) known(step, KEYS.step);
  }
  return workflow;
}

function known(value: object, keys: readonly string[]): void {
  for (const key of Object.keys(value)) if (!keys.includes(key)) throw new Error(`not known to this runner: ${key}`);
}

/** Whether a push to a branch starts it: as GitHub says, the last pattern that matches a path decides. */
export function startsOnPush({ on }: Workflow, branch: string, paths: readonly string[]): boolean {
  const push = on["push"];
  if (push === undefined || push === null || !("branches" in push)) return false;
  const patterns = push.paths ?? ["**"];
  const counts = (path: string) =>
    patterns.reduce((so, pattern) => {
      const negative = pattern.startsWith("!");
      return matchesGlob(path, negative ? pattern.slice(1) : pattern) ? !negative : so;
    }, false);
  return (push.branches ?? [branch]).includes(branch) && paths.some(counts);
}

/** Whether what was done to a pull request into a branch starts it. */
export function startsOnPull({ on }: Workflow, event: string, base: string, action: string): boolean {
  const trigger = on[event];
  if (trigger === undefined) return false;
  const { branches = [base], types = ["opened", "synchronize", "reopened"] } = asTrigger(trigger);
  return branches.includes(base) && types.includes(action);
}

/** Whether the end of a run of a workflow with that name starts it: the name is all that it goes by. */
export function startsOnRun({ on }: Workflow, name: string): boolean {
  const trigger = on["workflow_run"];
  return trigger !== undefined && (asTrigger(trigger).workflows ?? []).includes(name);
}

const asTrigger = (trigger: Workflow["on"][string]): Trigger => (trigger === null || "map" in trigger ? {} : trigger);
