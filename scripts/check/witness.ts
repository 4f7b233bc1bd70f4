import { posix } from "node:path";
import { parseRevocation } from "../model/facts.ts";
import * as paths from "../model/paths.ts";
import { UserError } from "../model/problem.ts";
import type { Doubt, Revocation } from "../model/state.ts";
import type { Git } from "../system/git.ts";
import { catBlobs } from "../system/objects.ts";
import { blobId, FACTS, type First, firstVersion, isFact, readHistory } from "./history.ts";

/** What git tells of facts that the tree does not hold as they were first committed. */
export interface Testimony {
  readonly doubts: readonly Doubt[];
  /** As they were first committed. */
  readonly revocations: readonly Revocation[];
  /** How many commits were looked at. */
  readonly commits: number;
}

export interface Asked {
  readonly git: Git;
  readonly head: string;
  /** A commit up to which an earlier run found every fact as it was first committed; null: look at all. */
  readonly since: string | null;
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
  const { git, head, since } = asked;
  const known = since !== null && (await isBefore(git, since, head));
  const [commits, dropped, uncommitted] = await Promise.all([
    git.raw(["rev-list", head, ...(known ? [`^${since}`] : [])]),
    droppedAtOrigin(git, head),
    asked.uncommitted
      ? git.raw(["diff", "--no-ext-diff", "--no-textconv", ...NAMES, "--diff-filter=MDTU", head, "--", ...FACTS])
      : "",
  ]);
  const [changed, lost] = await Promise.all([named(git, commits, "MDT"), named(git, dropped.join("\n"), "A")]);
  const suspects = new Set([...changed, ...lost, ...uncommitted.split("\0")].filter(isFact));
  const count = commits.split("\n").length - 1;
  if (suspects.size === 0) return { doubts: [], revocations: [], commits: count };
  return { ...(await examine(suspects, asked, dropped)), commits: count };
}

/** A commit that is no longer here, as after history was rewritten, is not. */
async function isBefore(git: Git, since: string, head: string): Promise<boolean> {
  return (await git.resolve(since)) !== null && git.succeeds(["merge-base", "--is-ancestor", since, head]);
}

/** Facts that these commits changed, against each of their parents: a merge may drop what one side has. */
async function named(git: Git, commits: string, filter: string): Promise<string[]> {
  if (commits.trim() === "") return [];
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
  return (await git.raw(["diff-tree", ...options], `${commits.trimEnd()}\n`)).split("\0");
}

/** Commits that origin's branch of this name once had, as far as this clone saw, and has no more: a forced push. */
export async function droppedAtOrigin(git: Git, head: string): Promise<string[]> {
  const branch = await git.ask(["symbolic-ref", "--quiet", "--short", "HEAD"]);
  if (branch === null) return [];
  const ref = `refs/remotes/origin/${branch.trim()}`;
  if (!(await git.succeeds(["reflog", "exists", ref]))) return [];
  const seen = await git.raw(["rev-list", "--walk-reflogs", ref, "--"]);
  const tips = [...new Set(lines(seen))];
  return tips.length === 0 ? [] : lines(await git.raw(["rev-list", ...tips, `^${ref}`, `^${head}`]));
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

async function examine(suspects: ReadonlySet<string>, { git, head, read }: Asked, dropped: readonly string[]) {
  const history = await readHistory(git, head, dropped);
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
