import { REGISTRY_FILE } from "../model/paths.ts";
import type { Plan } from "../model/plan.ts";
import { UserError } from "../model/problem.ts";
import { commitMessage } from "../render/commit-message.ts";
import { openGit } from "../system/git.ts";

/**
 * One commit of pki/, saying in words what was done. False when git sees nothing to commit. `withRegistry`: and of
 * clients.yaml, where that is what was carried out.
 */
export async function commitState(root: string, plan: Plan | null, withRegistry: boolean): Promise<boolean> {
  const git = openGit(root);
  const pathspec = ["--", "pki", ...(withRegistry ? [REGISTRY_FILE] : [])];
  await git.raw(["add", "--all", ...pathspec]);
  if (await git.succeeds(["diff", "--cached", "--quiet", "--no-ext-diff", ...pathspec])) return false;
  await git.raw(["commit", "--quiet", "--file=-", ...pathspec], commitMessage(plan));
  return true;
}

/** Pushes the present branch. False when the remote has moved on meanwhile. */
export async function pushState(root: string): Promise<boolean> {
  const git = openGit(root);
  const branch = (await git.raw(["symbolic-ref", "--short", "HEAD"])).trim();
  if (await git.succeeds(["push", "--quiet", "origin", `HEAD:refs/heads/${branch}`])) return true;
  await git.raw(["fetch", "--quiet", "origin", branch]);
  if (await git.succeeds(["merge-base", "--is-ancestor", "FETCH_HEAD", "HEAD"])) {
    throw new UserError(
      `the push to origin was refused, though ${branch} there has nothing new`,
      `see why: git push origin ${branch}`,
    );
  }
  return false;
}

/** Drops our commit and goes to where the remote is now. Only for a working tree that holds nothing else. */
export async function startOver(root: string): Promise<void> {
  await openGit(root).raw(["reset", "--keep", "--quiet", "FETCH_HEAD"]);
}
