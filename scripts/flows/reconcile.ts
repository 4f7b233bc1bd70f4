import { existsSync, readdirSync } from "node:fs";
import { posix } from "node:path";
import { carryOut } from "../apply/carry-out.ts";
import { type Secrets, secretsOf } from "../custody/secrets.ts";
import * as paths from "../model/layout.ts";
import type { CrlChange, Plan, Refusal } from "../model/plan.ts";
import { type Problem, UserError } from "../model/problem.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { type ApplicablePlan, makePlan, NO_POLICY, type Planned } from "../plan/index.ts";
import { commonDirectory } from "../system/checkout.ts";
import { tidyTemporaries } from "../system/files.ts";
import { openGit } from "../system/git.ts";
import { newestTip } from "../system/head.ts";
import { withLock } from "../system/lock.ts";
import { installFilter } from "../vault/install.ts";
import { openVault } from "../vault/vault.ts";
import { withAnewAdvice } from "./anew-reasons.ts";
import { withHistory } from "./history.ts";
import { gatehouseVersion, type Loaded, loadWorkingTree } from "./load.ts";
import { type Signatures, signaturesOfTree } from "./signed/index.ts";

export interface ReconcileOptions {
  readonly root: string;
  readonly now: Instant;
  /** False with --now. */
  readonly checkClock: boolean;
  readonly allowLosses: number | null;
  /** Do nothing unless the plan has this digest. */
  readonly digest: string | null;
  /** To the authority's key; without, what the environment gives. */
  readonly secrets?: Secrets;
  /** Shown the plan before anything is done. */
  readonly show: (planned: Planned) => void;
  /** Starts a progress line; call it with how many more are done. */
  readonly progress: (label: string, total: number) => { tick: (count: number) => void; done: () => void };
}

export interface Reconciled {
  readonly planned: Planned;
  /** What was carried out; null when nothing was. */
  readonly carriedOut: Plan | null;
  /** What is wrong with clients.yaml. */
  readonly problems: readonly Problem[];
  /** What came out only when it was carried out, and held up one entry alone. */
  readonly late: readonly Refusal[];
}

/** Plans, shows, carries out what no refusal touches, and insists that nothing is left to do. */
export async function reconcile(options: ReconcileOptions): Promise<Reconciled> {
  const { root } = options;
  return withLock(commonDirectory(root), "reconcile", async () => {
    await installFilter(root);
    const seen = await loadWorkingTree(root, options.now);
    const tip = await newestTip(openGit(root));
    const loaded = await withHistory(seen, root, tip);
    const { problems } = loaded;
    const signatures = await signaturesOfTree(loaded, root, tip?.id ?? null);
    const made = planFor(loaded, loaded.state, options, signatures);
    const planned = { ...made, plan: await withAnewAdvice(made.plan, root, loaded.state) };
    options.show(planned);
    if (options.digest !== null && options.digest !== planned.plan.digest) {
      throw new UserError(
        `the plan has digest ${planned.plan.digest}, not ${options.digest}; nothing was done`,
        "look at it again: npm run plan",
      );
    }
    const { applicable } = planned;
    const nothing = { planned, problems, carriedOut: null, late: [] };
    if (applicable === null) return nothing;
    await tidyTemporaries(root, directoriesOf(loaded, root));
    if (applicable.plan.changes.length === 0) return nothing;
    const version = gatehouseVersion();
    const secrets = options.secrets ?? secretsOf(process.env, null);
    const given = { tree: loaded.tree, state: loaded.state, vault: openVault(root, process.env) };
    const work = { ...options, ...given, secrets, version };
    const state = await carryOut(applicable, work);
    const after = planFor(loaded, state, options, signatures);
    insistOnNothingToDo(after, applicable);
    const known = new Set(planned.plan.refusals.map(({ message }) => message));
    const late = after.plan.refusals.filter(({ code, message }) => code === "KeyLost" && !known.has(message));
    return { planned, problems, carriedOut: applicable.plan, late };
  });
}

function planFor(
  { registry, problems }: Loaded,
  state: State,
  { now, checkClock, allowLosses }: ReconcileOptions,
  signatures: Signatures,
): Planned {
  const policy = { ...NO_POLICY, checkClock, allowLosses, ...signatures };
  return makePlan({ registry, problems, state, now, version: gatehouseVersion(), policy });
}

/** A plan that is not empty after it was carried out is a bug of ours, and must not pass in silence. */
function insistOnNothingToDo({ applicable }: Planned, done: ApplicablePlan): void {
  const left = applicable?.plan.changes ?? [];
  if (left.length === 0 || done.plan.changes.every(({ kind }) => kind === "crl")) return;
  const first = left[0];
  const what = first === undefined ? "" : `${first.kind}: ${describe(first)}`;
  throw new Error(`after reconcile ${left.length} changes are left, the first is ${what}`);
}

function describe(change: Plan["changes"][number]): string {
  if (change.kind === "file") return `${change.path} ${change.reason}`;
  if (change.kind === "crl") return describeCrl(change);
  return change.kind === "definition" ? change.message : `${change.identity}: ${change.message}`;
}

function describeCrl({ number, reason, message }: CrlChange): string {
  return `${number} ${reason}: ${message}`;
}

/** Every directory in which a killed run may have left temporary files, perhaps with nothing else in it yet. */
function directoriesOf({ tree }: Loaded, root: string): Set<string> {
  const directories = new Set<string>(["pki", ...Object.values(paths.DIR)]);
  for (const { path } of tree.walk("pki")) directories.add(posix.dirname(path));
  for (const top of paths.SERVER_DIRS) {
    if (!existsSync(posix.join(root, top))) continue;
    for (const entry of readdirSync(posix.join(root, top), { recursive: true, withFileTypes: true }))
      if (entry.isDirectory()) directories.add(posix.join(posix.relative(root, entry.parentPath), entry.name));
  }
  return directories;
}
