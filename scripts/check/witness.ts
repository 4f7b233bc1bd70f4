import { posix } from "node:path";
import { parseRevocation } from "../model/facts.ts";
import * as paths from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import type { Doubt, Revocation } from "../model/state.ts";
import { ancestors, type LineCommit } from "../system/first-parents.ts";
import type { Git } from "../system/git.ts";
import { nameOfBranch, type Place } from "../system/head.ts";
import { catBlobs } from "../system/objects.ts";
import { blobId, FACTS, type First, firstVersion, isFact, readHistory } from "./history.ts";

/** What git tells of facts that the tree does not hold as they were first committed. */
export interface Testimony {
  readonly doubts: readonly Doubt[];
  /** As they were first committed. */
  readonly revocations: readonly Revocation[];
}

export interface Asked {
  readonly git: Git;
  readonly head: string;
  /** Commits that lead there and that no earlier run has looked at. */
  readonly fresh: readonly string[];
  /** Commits that origin's branch once had, and has no more. */
  readonly dropped: readonly string[];
  readonly read: (path: string) => Buffer | null;
  /** The working tree is looked at, and may differ from the head; false: the tree of a commit that has the head's facts. */
  readonly uncommitted: boolean;
}

const NAMES = ["--no-renames", "--name-only", "-z"] as const;

/**
 * Certificates and revocations that any commit before HEAD, or one that was pushed over at origin, ever held. Facts
 * are written once: so it is enough to look for commits that change or drop one, and closely only where there are any.
 */
export async function askHistory(asked: Asked): Promise<Testimony> {
  const { git, head, fresh, dropped } = asked;
  const [changed, lost, uncommitted] = await Promise.all([
    named(git, fresh, "MDT"),
    named(git, dropped, "A"),
    asked.uncommitted
      ? git.raw(["diff", "--no-ext-diff", "--no-textconv", ...NAMES, "--diff-filter=MDTU", head, "--", ...FACTS])
      : "",
  ]);
  const suspects = new Set([...changed, ...lost, ...uncommitted.split("\0")].filter(isFact));
  if (suspects.size === 0) return { doubts: [], revocations: [] };
  return examine(suspects, asked);
}

/** Facts that these commits changed, against each of their parents: a merge may drop what one side has. */
async function named(git: Git, commits: readonly string[], filter: string): Promise<string[]> {
  if (commits.length === 0) return [];
  const options = [
    "--stdin",
    "--no-commit-id",
    "-m",
    "-r",
    "--root",
    ...NAMES,
    `--diff-filter=${filter}`,
    "--",
    ...FACTS,
  ];
  return (await git.raw(["diff-tree", ...options], `${commits.join("\n")}\n`)).split("\0");
}

/** Where origin's branch of this name is and ever was, as far as this clone saw. */
export interface SeenAtOrigin {
  readonly ref: string;
  readonly tips: readonly string[];
}

/** Null where nothing was seen, as without an origin. */
export async function seenAtOrigin(git: Git, { branch, atOrigin }: Place): Promise<SeenAtOrigin | null> {
  if (branch === null) return null;
  const ref = `refs/remotes/origin/${nameOfBranch(branch)}`;
  if (!atOrigin.has(ref) && !(await git.succeeds(["reflog", "exists", ref]))) return null;
  const noted = lines(await git.raw(["rev-list", "--walk-reflogs", ref, "--"]));
  return { ref, tips: [...new Set([...noted, ...(await beforeNotes(git, ref, noted.length))])] };
}

/**
 * Where the ref was before git noted anything of it: a clone notes nothing, and its first fetch may be of a forced push.
 * git counts that as the entry behind the oldest; 128 where the oldest made the ref. The notes were read just before.
 */
async function beforeNotes(git: Git, ref: string, notes: number): Promise<string[]> {
  if (notes === 0) return [];
  const asked = ["rev-parse", "--verify", "--quiet", `${ref}@{${notes}}`];
  const { code, stdout } = await git.answer(asked, [0, 1, 128]);
  return code === 0 ? lines(stdout).filter((id) => /[^0]/.test(id)) : [];
}

/** Commits that origin's branch had and has no more: a forced push. `known`: commits that lead to the head. */
export async function droppedAtOrigin(
  git: Git,
  seen: SeenAtOrigin | null,
  head: string,
  known: readonly LineCommit[],
): Promise<string[]> {
  if (seen === null) return [];
  const here = new Set(known.map(({ id }) => id));
  const tips = seen.tips.filter((id) => !here.has(id));
  return tips.length === 0 ? [] : lines(await git.raw(["rev-list", ...tips, `^${seen.ref}`, `^${head}`]));
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

async function examine(suspects: ReadonlySet<string>, { git, head, dropped, read }: Asked) {
  const commits = await ancestors(git, [head, ...dropped]);
  const history = await readHistory(git, { id: head, shallow: false }, commits);
  const wrong = new Map<string, First>();
  const doubts: Doubt[] = [];
  for (const path of suspects) {
    const first = history.first.get(path);
    const bytes = read(path);
    if (first === undefined || (bytes !== null && blobId(bytes, first.blob.length) === first.blob)) continue;
    wrong.set(path, first);
    const what = bytes === null ? "is gone, but git's history holds it" : "is not as it was first committed";
    doubts.push({ path, message: `${what}. Bring it back: ${firstVersion(history, path)}` });
  }
  return { doubts, revocations: await revocationsIn(git, wrong) };
}

async function revocationsIn(git: Git, facts: ReadonlyMap<string, First>): Promise<Revocation[]> {
  const revoked = [...facts].filter(([path]) => path.startsWith(`${paths.DIR.revoked}/`));
  const blobs = await catBlobs(
    git,
    revoked.map(([, { blob }]) => blob),
  );
  return revoked.flatMap(([path, { blob }]) => {
    try {
      return [parseRevocation(blobs.get(blob)?.toString("utf8") ?? "", posix.basename(path, ".yaml"))];
    } catch (error) {
      if (error instanceof UserError) return [];
      throw error;
    }
  });
}
