import { entriesOfCommit } from "../check/entries.ts";
import { type History, readHistory } from "../check/history.ts";
import { block, type CheckInput, committedIn } from "../check/input.ts";
import { restorer } from "../check/restore.ts";
import { attributesOfCommits } from "../guard/commit-attributes.ts";
import { foreignFindings, foreignInCommit } from "../guard/foreign.ts";
import { REGISTRY_FILE } from "../model/layout.ts";
import { gitMove, meantPlace } from "../model/misplaced.ts";
import { shellWord } from "../model/printable.ts";
import type { Finding } from "../model/problem.ts";
import type { Instant } from "../model/time.ts";
import { type Faulty, WHY } from "../plan/branch.ts";
import { commitTree } from "../read/tree.ts";
import { ancestors } from "../system/first-parents.ts";
import type { Git } from "../system/git.ts";
import { isShallow } from "../system/head.ts";
import { listTree } from "../system/objects.ts";
import type { Vault } from "../vault/vault.ts";
import { gatehouseVersion, load } from "./load.ts";
import { commitOf, type Judged, judgedMerge } from "./preview.ts";
import { openHistory, signaturesOfCommit } from "./signed/index.ts";

/** A commit to look at without checking it out. */
export interface CommitAsked {
  readonly head: string;
  /** What it is meant for: then the merge of both is looked at, and state must be the base's; null: nobody says. */
  readonly base: string | null;
}

interface CommitOptions {
  readonly root: string;
  readonly now: Instant;
  readonly checkClock: boolean;
}

/**
 * What check looks at in a commit, or in the merge of one into its base, as data: no working tree, none of its code,
 * none of its keys. Throws UserError for what is no commit here.
 */
export async function gatherCommit({ root, now, checkClock }: CommitOptions, { head, base }: CommitAsked) {
  const git = openHistory(root);
  const commit = await commitOf(git, head);
  const merge = base === null ? null : await judgedMerge(git, { base, head: commit, asMain: false });
  const [looked, before] = merge === null ? [commit, commit] : [merge.tree, merge.into];
  const tree = await commitTree(root, looked, [REGISTRY_FILE]);
  const [loaded, history, listed] = await Promise.all([
    load(tree, now),
    historyOf(git, before, commit),
    listTree(git, looked, "pki"),
  ]);
  const { registry, problems, state } = loaded;
  const known = { registry, problems, state, signatures: await signaturesOfCommit(loaded, root, commit) };
  const read = (path: string) => tree.read(path);
  const restore = restorer(git, before, history, read, before.slice(0, 12));
  const common = {
    root,
    now,
    checkClock,
    version: gatehouseVersion(),
    git,
    head: before,
    committed: committedIn(git, before),
  };
  const input: CheckInput = {
    ...{ ...common, ...known, read, restore, entries: entriesOfCommit(listed), vault: CLOSED },
    history: withoutSpoiled(history, merge),
  };
  const asked = attributesOfCommits(git, [commit], commit, []);
  const only = merge === null ? foreignInCommit(git, commit, null) : mergeFindings(git, merge, commit);
  return { input, git: Promise.all([asked]), only: await only };
}

/** Of what was there before, with the facts of the commit. */
async function historyOf(git: Git, before: string, commit: string): Promise<History> {
  const [commits, shallow] = await Promise.all([ancestors(git, [before, commit]), isShallow(git)]);
  return readHistory(git, { id: before, shallow }, commits);
}

/** What a branch wrote and took back is nothing to bring back: that it did so is a finding of its own. */
function withoutSpoiled(history: History, merge: Judged | null): History {
  const spoiled = new Set(merge?.faults.flatMap(({ path, fault }) => (fault === "spoiled" ? [path] : [])));
  return { ...history, first: new Map([...history.first].filter(([path]) => !spoiled.has(path))) };
}

/** What plan refuses of a merge, with the command that mends each on the branch. */
async function mergeFindings(git: Git, merge: Judged, head: string): Promise<Finding[]> {
  const { into, conflicts, unrelated, faults } = merge;
  const known = new Set((faults.length === 0 ? [] : await listTree(git, into, "")).map(({ path }) => path));
  const short = into.slice(0, 12);
  const take = `git merge ${short}`;
  const foreign = faults.filter(({ fault }) => fault === "foreign").map(({ path }) => path);
  return [
    ...(unrelated ? [block("MergeConflict", ".git", UNRELATED, "git fetch --unshallow")] : []),
    ...conflicts.map((path) =>
      block("MergeConflict", path, "was changed on both sides, and git cannot merge it", take),
    ),
    ...foreignFindings(foreign, new Set(), head),
    ...faults
      .filter(({ fault }) => fault !== "foreign")
      .map(({ path, fault }) => block(WHY[fault].code, path, WHY[fault].brief, mend(path, fault, short, known))),
  ];
}

/** `base`: its short id; `known`: paths that it has. */
function mend(path: string, fault: Faulty["fault"], base: string, known: ReadonlySet<string>): string {
  if (fault === "converted") return `git checkout ${base} -- .gitattributes`;
  const meant = fault === "misplaced" ? meantPlace(path) : null;
  if (meant !== null) return gitMove(path, meant);
  if (fault === "spoiled") return `git reset --soft $(git merge-base ${base} HEAD) && git commit`;
  return known.has(path) ? `git checkout ${base} -- ${shellWord(path)}` : `git rm -- ${shellWord(path)}`;
}

const UNRELATED = "this branch and the base have no commit in common here";

/** A stranger's branch is not the place to open the vault for. */
const CLOSED: Vault = {
  state: "locked",
  treeUnlocked: false,
  key: null,
  keys: new Map(),
  read: closed,
  forTree: closed,
  waysIn: closed,
};

function closed(): never {
  throw new Error("the vault stays closed for a commit");
}
