import { REGISTRY_FILE } from "../model/paths.ts";
import { UserError } from "../model/problem.ts";
import type { Instant } from "../model/time.ts";
import { type Base, makePlan, NO_POLICY, type Planned, type Policy } from "../plan/index.ts";
import { isOfPullRequests, POLICY_FILES } from "../plan/of-pull-requests.ts";
import { commitTree } from "../read/tree.ts";
import { type Git, openGit } from "../system/git.ts";
import { gatehouseVersion, type Loaded, load, loadToShow } from "./load.ts";
import { signaturesOfCommit, signaturesOfTree } from "./signed.ts";

export interface PreviewOptions {
  readonly root: string;
  readonly now: Instant;
  readonly checkClock: boolean;
  readonly allowLosses: number | null;
  /** A commit to look at without checking it out; null: the working tree. */
  readonly head: string | null;
  /** Compare access with clients.yaml at the merge base with this; null: with what was carried out last. */
  readonly base: string | null;
  /** The head is to become main as it is: a push. Otherwise, with a base, by a merge that somebody will have signed. */
  readonly asMain?: true;
}

export interface Preview extends Planned {
  readonly loaded: Loaded;
}

/**
 * What reconcile would do. Needs no secret, runs nothing of the branch it looks at, and writes nothing but what it
 * remembers of files that it has read (read/stat-cache.ts).
 */
export async function preview(options: PreviewOptions): Promise<Preview> {
  const { root, now, checkClock, allowLosses } = options;
  const git = openGit(root);
  const head = options.head === null ? null : await commitOf(git, options.head);
  const loaded =
    head === null ? await loadToShow(root, now) : await load(await commitTree(root, head, [REGISTRY_FILE]), now);
  const compared = options.base === null ? null : await compareWith(git, options.base, head, now);
  const { registry, problems, state } = loaded;
  const judged = head === null || options.base === null || options.asMain ? head : await commitOf(git, options.base);
  const signatures = await (judged === null
    ? signaturesOfTree(loaded, root)
    : signaturesOfCommit(loaded, root, judged));
  const policy = { ...NO_POLICY, ...compared?.policy, checkClock, allowLosses, ...signatures };
  const input = { registry, problems, state, now, version: gatehouseVersion(), policy };
  return { ...makePlan(compared === null ? input : { ...input, base: compared.base }), loaded };
}

export async function commitOf(git: Git, revision: string): Promise<string> {
  const commit = await git.resolve(revision);
  if (commit === null) throw new UserError(`${revision} is no commit here`, "fetch it first: git fetch");
  return commit;
}

interface Comparison {
  readonly base: Base;
  readonly policy: Pick<Policy, "stateEdited" | "codeChanged" | "policyChanged">;
}

/** The registry at the merge base, and what else the branch changes. */
async function compareWith(git: Git, base: string, head: string | null, now: Instant): Promise<Comparison> {
  const [from, to] = [await commitOf(git, base), head ?? (await commitOf(git, "HEAD"))];
  const mergeBase = await mergeBaseOf(git, from, to);
  const tree = await commitTree(git.root, mergeBase, [REGISTRY_FILE]);
  const before = tree.read(REGISTRY_FILE) === null ? null : await load(tree, now);
  const changed = await changedPaths(git, mergeBase, head);
  return {
    base: { registry: before?.registry ?? null, commit: mergeBase },
    policy: {
      stateEdited: changed.filter((path) => path.startsWith("pki/") && !isOfPullRequests(path)),
      codeChanged: changed.filter((path) => RUNS.test(path)),
      policyChanged: changed.filter((path) => POLICY_FILES.includes(path)),
    },
  };
}

export async function mergeBaseOf(git: Git, from: string, to: string): Promise<string> {
  if (!(await git.succeeds(["merge-base", from, to]))) {
    throw new UserError(
      `base ${from.slice(0, 12)} and head ${to.slice(0, 12)} have no commit in common here`,
      "if this clone is shallow, fetch the rest: git fetch --unshallow",
    );
  }
  return (await git.raw(["merge-base", from, to])).trim();
}

export async function changedPaths(git: Git, from: string, head: string | null): Promise<string[]> {
  const common = ["--no-renames", "--name-only", "-z"];
  const listing = await git.raw(
    head === null
      ? ["diff", "--no-ext-diff", "--no-textconv", ...common, from, "--"]
      : ["diff-tree", "-r", ...common, from, head, "--"],
  );
  return listing
    .split("\0")
    .filter((path) => path !== "")
    .sort();
}

/** What somebody's machine or CI runs. */
const RUNS =
  /^(?:scripts\/|\.husky\/|\.ci\/|\.github\/|\.forgejo\/|\.gitea\/|\.gitlab|package(?:-lock)?\.json$|\.npmrc$|(?:.*\/)?\.gitattributes$|\.gitmodules$)/;
