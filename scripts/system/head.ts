import { OBJECT_ID } from "../model/content.ts";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import type { Git } from "./git.ts";

/** Where HEAD leads. */
export type Head =
  | ({ readonly kind: "commit" } & Tip)
  /** To a branch that has no commit yet. `others`: whether the repository has commits all the same. */
  | { readonly kind: "unborn"; readonly branch: string; readonly others: boolean };

/** The commit at HEAD, and what git tells of its surroundings in the same breath. */
export interface Tip extends Place {
  /** Full. */
  readonly id: string;
  /** The clone does not hold every commit. */
  readonly shallow: boolean;
}

/** The branch that is checked out. */
export interface Place {
  /** `refs/heads/main`; null where HEAD is on no branch. */
  readonly branch: string | null;
  /** Refs of origin's branches. One that is not among them may still be there, and damaged. */
  readonly atOrigin: ReadonlySet<string>;
}

/**
 * Asks git: one process where there is a commit. A branch without a commit is not one whose ref is broken, whose commit
 * is missing, or which git may not look at: then this throws UserError.
 */
export async function headOf(git: Git): Promise<Head> {
  const tip = await tipOf(git);
  if (tip !== null) return { kind: "commit", ...tip };
  const id = await git.resolve("HEAD");
  const branch = await checkedOut(git);
  if (id !== null) return { kind: "commit", id, branch, atOrigin: new Set(), shallow: await isShallow(git) };
  if (branch === null) throw lost("HEAD leads to a commit that is not here", git.root);
  // git takes a ref that is gone for one that never was; with the ref it would have removed its log.
  if (await git.succeeds(["reflog", "exists", branch])) throw lost(`${branch} had commits, and is gone`, git.root);
  const others = (await git.raw(["rev-list", "--max-count=1", "--all", "--reflog"])) !== "";
  return { kind: "unborn", branch, others };
}

const ASKED = ["--is-shallow-repository", "HEAD^{commit}", "--symbolic-full-name", "HEAD", "--remotes=origin"];

/**
 * Null where git does not answer all of it as expected, and it is to be asked one by one: before the first commit, in
 * whatever is broken, and where a ref is there that has the name HEAD too.
 */
async function tipOf(git: Git): Promise<Tip | null> {
  const { code, stdout } = await git.answer(["rev-parse", ...ASKED], [0, 128]);
  const [shallow = "", id = "", branch = "", ...atOrigin] = stdout.split("\n");
  const isWhole = /^(?:true|false)$/.test(shallow) && OBJECT_ID.test(id);
  if (code !== 0 || !isWhole || !/^(?:HEAD$|refs\/heads\/)/.test(branch)) return null;
  const refs = new Set(atOrigin.filter((ref) => ref !== ""));
  return { id, branch: branch === "HEAD" ? null : branch, atOrigin: refs, shallow: shallow === "true" };
}

/** The ref of the branch that is checked out, whether or not it has a commit; null where HEAD is on none. */
async function checkedOut(git: Git): Promise<string | null> {
  return (await git.ask(["symbolic-ref", "--quiet", "HEAD"]))?.trim() ?? null;
}

/** `main` of `refs/heads/main`. Not git's own short form, which is heads/main where a tag has the same name. */
export function nameOfBranch(ref: string): string {
  return ref.replace(/^refs\/heads\//, "");
}

/** Where HEAD is, for a look at other commits: with the branch alone, for that needs no commit. */
export async function placeOf(git: Git): Promise<Place> {
  return { branch: await checkedOut(git), atOrigin: new Set() };
}

/**
 * The tip of what is checked out; null only where nothing was ever committed. Throws UserError as headOf does, and on a
 * branch without a commit in a repository that has others: there is a history, and HEAD does not lead to it.
 */
export async function newestTip(git: Git): Promise<Tip | null> {
  const head = await headOf(git);
  if (head.kind === "commit") return head;
  if (!head.others) return null;
  throw new UserError(
    `the branch ${nameOfBranch(head.branch)} has no commit, though this repository has some: there is nothing to compare its files with`,
    "see which branches there are: git branch --all; then go to yours: git switch BRANCH",
  );
}

/** The commit that HEAD leads to, as newestTip has it. */
export async function newestCommit(git: Git): Promise<string | null> {
  return (await newestTip(git))?.id ?? null;
}

export async function isShallow(git: Git): Promise<boolean> {
  return (await git.raw(["rev-parse", "--is-shallow-repository"])).trim() === "true";
}

function lost(what: string, root: string): UserError {
  return new UserError(
    `git cannot tell what was committed: ${what}`,
    `see what is broken: git -C ${shellWord(root)} fsck`,
    "what is at origin is whole: clone it again",
  );
}

/** The paths that differ from HEAD (all of them before the first commit), removed ones left out; true for new ones. */
export async function changedPaths(git: Git): Promise<Map<string, boolean>> {
  const options = ["--cached", "--raw", "--no-renames", "--diff-filter=d", "-z"];
  const head = await git.raw(["diff-index", ...options, "HEAD"]).catch(async (error: unknown) => {
    if ((await headOf(git)).kind === "commit") throw error;
    const empty = (await git.raw(["hash-object", "-t", "tree", "--stdin"], "")).trim();
    return git.raw(["diff-index", ...options, empty]);
  });
  const changed = new Map<string, boolean>();
  const fields = head.split("\0");
  for (let at = 0; at + 1 < fields.length; at += 2) {
    changed.set(fields[at + 1] ?? "", fields[at]?.endsWith(" A") ?? false);
  }
  return changed;
}
