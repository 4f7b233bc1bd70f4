import { spoiledState } from "../check/spoiled.ts";
import { convertedAt, isAttributes } from "../guard/commit-attributes.ts";
import { placesWhere, REGISTRY_FILE } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import type { Instant } from "../model/time.ts";
import { codeOf, type Faulty, faultsOf, materialOf, policiesOf } from "../plan/branch.ts";
import { type Base, makePlan, NO_POLICY, type Planned, type Policy } from "../plan/index.ts";
import { commitTree } from "../read/tree.ts";
import { type Git, openGit } from "../system/git.ts";
import { newestTip } from "../system/head.ts";
import { listTree } from "../system/objects.ts";
import { refuseExploding } from "../system/trees.ts";
import { withAnewAdvice } from "./anew-reasons.ts";
import { withHistory, withHistoryOf } from "./history.ts";
import { gatehouseVersion, type Loaded, load, loadRegistry, loadToShow } from "./load.ts";
import { commitOfWorkingTree, type Differing, differences, type Merged, mergeInMemory } from "./merge.ts";
import { type Signatures, signaturesOfCommit, signaturesOfTree } from "./signed/index.ts";

export interface PreviewOptions {
  readonly root: string;
  readonly now: Instant;
  readonly checkClock: boolean;
  readonly allowLosses: number | null;
  /** A commit to look at without checking it out; null: the working tree. */
  readonly head: string | null;
  /** What the head would be merged into; null: look at it as it is, beside what was carried out last. */
  readonly base: string | null;
  /** The head is to become main as it is: a push. */
  readonly asMain?: true;
}

export interface Preview extends Planned {
  readonly loaded: Loaded;
}

interface Looked {
  readonly loaded: Loaded;
  readonly signatures: Signatures;
  readonly base?: Base;
  readonly policy?: Partial<Policy>;
}

/**
 * What reconcile would do. Needs no secret, runs nothing of the branch it looks at, and writes nothing but what it
 * remembers of files that it has read (read/stat-cache.ts) and objects of the merge that no ref reaches.
 */
export async function preview(options: PreviewOptions): Promise<Preview> {
  const { now, checkClock, allowLosses } = options;
  const { loaded, signatures, base, policy } = await lookAt(options);
  const { registry, problems, state } = loaded;
  const judged = { ...NO_POLICY, ...policy, checkClock, allowLosses, ...signatures };
  const input = { registry, problems, state, now, version: gatehouseVersion(), policy: judged };
  const planned = makePlan(base === undefined ? input : { ...input, base });
  // A commit elsewhere has been seen by somebody.
  const own = options.head === null && options.base === null;
  return { ...planned, plan: own ? await withAnewAdvice(planned.plan, options.root, state) : planned.plan, loaded };
}

async function lookAt({ root, now, head, base, asMain }: PreviewOptions): Promise<Looked> {
  const git = openGit(root);
  if (base !== null) return lookAtMerge(git, now, await judgedMerge(git, { base, head, asMain: asMain === true }));
  if (head === null) {
    const seen = await loadToShow(root, now);
    const tip = await newestTip(git);
    const loaded = await withHistory(seen, root, tip);
    return { loaded, signatures: await signaturesOfTree(loaded, root, tip?.id ?? null) };
  }
  const commit = await commitOf(git, head);
  const seen = await load(await commitTree(root, commit, [REGISTRY_FILE]), now);
  const loaded = await withHistoryOf(seen, root, commit);
  return { loaded, signatures: await signaturesOfCommit(loaded, root, commit) };
}

/** A merge that somebody is to judge. */
export interface Judged extends Merged {
  /** The tip of what is merged into (a full id). */
  readonly into: string;
  /** The commit by whose history signatures are judged: of a merge it is the base's, for somebody will have signed that. */
  readonly vouched: string;
  readonly changed: readonly Differing[];
  readonly faults: readonly Faulty[];
}

export interface MergeAsked {
  readonly base: string;
  /** Null: the working tree. */
  readonly head: string | null;
  readonly asMain: boolean;
}

/** What main would be if the head were merged into the base as that is now, and what that changes. */
export async function judgedMerge(git: Git, { base, head, asMain }: MergeAsked): Promise<Judged> {
  const into = await commitOf(git, base);
  const other = head === null ? await commitOfWorkingTree(git) : await commitOf(git, head);
  await refuseExploding(git, await newTrees(git, into, other));
  const merged = asMain ? { tree: other, conflicts: [], unrelated: false } : await mergeInMemory(git, into, other);
  const changed = await differences(git, into, merged.tree);
  const nested = changed.some(({ path }) => /\/package\.json$/i.test(path));
  const known = nested ? (await listTree(git, into, "")).filter(({ path }) => /\/package\.json$/i.test(path)) : [];
  const vouched = asMain ? other : into;
  const told = new Set(changed.map(({ path }) => path));
  // A push brings its own line, which is asked as main's. What cannot be merged has no tree to compare with.
  const apart = asMain || merged.unrelated || merged.conflicts.length > 0;
  const spoiled = apart ? [] : await spoiledState(git, into, other, merged.tree);
  const rules = changed.some(({ path }) => isAttributes(path)) ? await convertedAt(git, merged.tree) : null;
  const faults = [
    ...faultsOf(changed, new Set(known.map(({ path }) => path))),
    ...spoiled.filter((path) => !told.has(path)).map((path) => ({ path, fault: "spoiled" as const })),
    ...(rules === null ? [] : [{ path: rules.path, fault: "converted" as const }]),
  ];
  return { ...merged, into, vouched, changed, faults };
}

/** Ids of what a commit brings that is no blob; commits among them are passed over. */
async function newTrees(git: Git, into: string, other: string): Promise<string[]> {
  const listing = await git.raw(["rev-list", "--objects", "--filter=blob:none", other, `^${into}`]);
  return listing.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ", 1)[0] ?? ""]));
}

async function lookAtMerge(git: Git, now: Instant, merge: Judged): Promise<Looked> {
  const { into, tree, conflicts, unrelated, changed, faults } = merge;
  const seen = await load(await commitTree(git.root, tree, [REGISTRY_FILE]), now);
  const loaded = await withHistoryOf(seen, git.root, merge.vouched);
  return {
    loaded,
    signatures: await signaturesOfCommit(loaded, git.root, merge.vouched),
    base: { commit: into, registry: await registryAt(git, loaded, merge, now) },
    policy: {
      unrelated,
      conflicts,
      faults,
      codeChanged: codeOf(changed),
      policyChanged: policiesOf(changed),
      material: materialOf(changed),
    },
  };
}

/** What a registry is read with: requests and signing keys that its entries name. */
const READ_WITH = /^(?:clients\.yaml$|pki\/(?:reqs|signing)\/)/;

/** The base's registry: the very same object where the merge changes nothing of it, so that nobody need compare. */
async function registryAt(git: Git, loaded: Loaded, { into, changed }: Judged, now: Instant) {
  if (!changed.some(({ path }) => READ_WITH.test(path))) return loaded.registry;
  const tree = await commitTree(
    git.root,
    into,
    [REGISTRY_FILE],
    placesWhere(({ nature }) => nature === "proposed"),
  );
  return (await loadRegistry(tree, now)).registry;
}

export async function commitOf(git: Git, revision: string): Promise<string> {
  const commit = await git.resolve(revision);
  if (commit === null) throw new UserError(`${revision} is no commit here`, "fetch it first: git fetch");
  return commit;
}
