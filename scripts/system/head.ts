import { UserError } from "../model/problem.ts";
import type { Git } from "./git.ts";

/** Where HEAD leads. */
export type Head =
  | { readonly kind: "commit"; readonly id: string }
  /** To a branch that has no commit yet. `others`: whether the repository has commits all the same. */
  | { readonly kind: "unborn"; readonly branch: string; readonly others: boolean };

/**
 * Asks git. A branch without a commit is not one whose ref is broken, whose commit is missing, or which git may not
 * look at: then this throws UserError.
 */
export async function headOf(git: Git): Promise<Head> {
  const id = await git.resolve("HEAD");
  if (id !== null) return { kind: "commit", id };
  const branch = (await git.ask(["symbolic-ref", "--quiet", "HEAD"]))?.trim();
  if (branch === undefined) throw lost("HEAD leads to a commit that is not here", git.root);
  // git takes a ref that is gone for one that never was; with the ref it would have removed its log.
  if (await git.succeeds(["reflog", "exists", branch])) throw lost(`${branch} had commits, and is gone`, git.root);
  const others = (await git.raw(["rev-list", "--max-count=1", "--all", "--reflog"])) !== "";
  return { kind: "unborn", branch, others };
}

/**
 * The commit that HEAD leads to; null only where nothing was ever committed. Throws UserError as headOf does, and on a
 * branch without a commit in a repository that has others: there is a history, and HEAD does not lead to it.
 */
export async function newestCommit(git: Git): Promise<string | null> {
  const head = await headOf(git);
  if (head.kind === "commit") return head.id;
  if (!head.others) return null;
  const branch = head.branch.replace(/^refs\/heads\//, "");
  throw new UserError(
    `the branch ${branch} has no commit, though this repository has some: there is nothing to compare its files with`,
    "see which branches there are: git branch --all; then go to yours: git switch BRANCH",
  );
}

function lost(what: string, root: string): UserError {
  return new UserError(
    `git cannot tell what was committed: ${what}`,
    `see what is broken: git -C '${root}' fsck`,
    "what is at origin is whole: clone it again",
  );
}
