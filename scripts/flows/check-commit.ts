import { entriesOfCommit } from "../check/entries.ts";
import { readHistory } from "../check/history.ts";
import { block, type CheckInput } from "../check/input.ts";
import { restorer } from "../check/restore.ts";
import { attributesOfCommits } from "../guard/commit-attributes.ts";
import { quoted } from "../guard/protected.ts";
import { REGISTRY_FILE } from "../model/paths.ts";
import type { Finding } from "../model/problem.ts";
import type { Instant } from "../model/time.ts";
import { isOfPullRequests } from "../plan/of-pull-requests.ts";
import { commitTree } from "../read/tree.ts";
import type { Git } from "../system/git.ts";
import { listTree } from "../system/objects.ts";
import type { Vault } from "../vault/vault.ts";
import { gatehouseVersion, load } from "./load.ts";
import { changedPaths, commitOf, mergeBaseOf } from "./preview.ts";
import { openHistory, signaturesOfCommit } from "./signed.ts";

/** A commit to look at without checking it out. */
export interface CommitAsked {
  readonly head: string;
  /** What it is meant for: state must be as it was where the two parted; null: nobody says. */
  readonly base: string | null;
}

interface CommitOptions {
  readonly root: string;
  readonly now: Instant;
  readonly checkClock: boolean;
}

/**
 * What check looks at in a commit, as data: no working tree, none of its code, none of its keys. Where a base is
 * given, what was committed before is what the two have in common. Throws UserError for what is no commit here.
 */
export async function gatherCommit({ root, now, checkClock }: CommitOptions, { head, base }: CommitAsked) {
  const git = openHistory(root);
  const commit = await commitOf(git, head);
  const before = base === null ? commit : await mergeBaseOf(git, await commitOf(git, base), commit);
  const tree = await commitTree(root, commit, [REGISTRY_FILE]);
  const [loaded, history, listed] = await Promise.all([
    load(tree, now),
    readHistory(git, commit),
    listTree(git, commit, "pki"),
  ]);
  const { registry, problems, state } = loaded;
  const known = { registry, problems, state, signatures: await signaturesOfCommit(loaded, root, commit) };
  const read = (path: string) => tree.read(path);
  const restore = restorer(git, before, history, read, before.slice(0, 12));
  const common = { root, now, checkClock, version: gatehouseVersion(), git, head: before, history };
  const input: CheckInput = { ...common, ...known, read, restore, entries: entriesOfCommit(listed), vault: CLOSED };
  const asked = attributesOfCommits(git, [commit], commit, []);
  return { input, git: Promise.all([asked]), only: base === null ? [] : await stateEdited(git, before, commit) };
}

async function stateEdited(git: Git, before: string, commit: string): Promise<Finding[]> {
  const changed = await changedPaths(git, before, commit);
  const edited = changed.filter((path) => path.startsWith("pki/") && !isOfPullRequests(path));
  const known = new Set((edited.length === 0 ? [] : await listTree(git, before, "pki")).map(({ path }) => path));
  return edited.map((path) => {
    const message = "is changed on this branch; state is written by reconcile on main";
    const back = known.has(path) ? `git checkout ${before.slice(0, 12)}` : "git rm";
    return block("StateEdited", path, message, `${back} -- ${quoted(path)}`);
  });
}

/** A stranger's branch is not the place to open the vault for. */
const CLOSED: Vault = {
  state: "locked",
  treeUnlocked: false,
  key: null,
  keys: new Map(),
  read: closed,
  forTree: closed,
};

function closed(): never {
  throw new Error("the vault stays closed for a commit");
}
