import { ATTRIBUTE_RULES } from "../model/layout.ts";
import type { Plan } from "../model/plan.ts";
import { type Finding, UserError } from "../model/problem.ts";
import { type Git, hasRemote, openGit } from "../system/git.ts";
import { nameOfBranch, placeOf } from "../system/head.ts";
import { commitMessage } from "../views/commit-message.ts";
import { blockedPaths, judgeStaged, refusedByFilter } from "./commit-unfit.ts";

const ATTRIBUTES = ".gitattributes";

export interface Committed {
  /** False when git sees nothing to commit. */
  readonly committed: boolean;
  /** What does not belong into a commit, and held up nothing else: left out, or in git already. */
  readonly faults: readonly string[];
}

/** One commit of these paths, saying in words what was done: pki/, and clients.yaml where that is what was carried out. */
export async function commitState(root: string, plan: Plan | null, paths: readonly string[]): Promise<Committed> {
  const git = openGit(root);
  // Without its rule the next clone would take keys in the clear.
  const rule = (await git.raw(["ls-files", "--others", "--", ATTRIBUTES])).trim();
  const wanted = [...paths, ...(rule === "" ? [] : [ATTRIBUTES])];
  // The plan has told of these.
  const blocked = blockedPaths(root);
  const { left, standing } = await stage(git, wanted, blocked);
  const faults = [
    ...left.map(({ path, why }) => `${path}: ${why}. It is not committed; everything else is.`),
    ...standing.map(({ path, why }) => `${path}: ${why}. It is in git like that already; see: npm run check`),
  ];
  const pathspec = pathspecOf(wanted, [...blocked, ...left.map(({ path }) => path)]);
  if (await git.succeeds(["diff", "--cached", "--quiet", "--no-ext-diff", ...pathspec]))
    return { committed: false, faults };
  // Hooks would refuse once more, for what is in HEAD already, what has just passed the same guard.
  const hooks = standing.length === 0 ? [] : ["-c", "core.hooksPath=/dev/null"];
  await git.raw([...hooks, "commit", "--quiet", "--file=-", ...pathspec], commitMessage(plan));
  return { committed: true, faults };
}

function pathspecOf(paths: readonly string[], left: readonly string[]): string[] {
  return ["--", ...paths, ...left.map((path) => `:(exclude,literal)${path}`)];
}

/** Adds what can be committed. Throws UserError, and takes everything out again, where the rest cannot go without. */
async function stage(git: Git, paths: readonly string[], blocked: readonly string[]) {
  const refused = await refusedByFilter(git);
  const without = [...blocked, ...refused.map(({ path }) => path)];
  await git.raw(["add", "--all", ...pathspecOf(paths, without)]);
  const { unfit, standing, fatal } = await judgeStaged(git);
  if (fatal !== null) throw await refuse(git, fatal);
  const left = [...new Map([...refused, ...unfit].map((one) => [one.path, one])).values()];
  if (left.length > 0) await git.raw(["reset", "--quiet", "--", ...left.map(({ path }) => `:(literal)${path}`)]);
  return { left, standing };
}

/** Without .gitattributes or with its filter gone git takes keys as they are, and without a word; hooks may be off. */
async function refuse(git: Git, { path, message }: Finding): Promise<UserError> {
  await git.raw(["reset", "--quiet", "--", "pki"]);
  return new UserError(
    `${path}: ${message}; nothing was committed`,
    `see that .gitattributes has the line: ${ATTRIBUTE_RULES[1]}`,
    "and that git-crypt is set up here: git config --get filter.git-crypt.clean",
  );
}

/** The branch that is pushed. Throws UserError where there is none, or no origin: before anything is signed. */
export async function branchToPush(root: string): Promise<string> {
  const git = openGit(root);
  const { branch } = await placeOf(git);
  if (branch === null)
    throw new UserError("HEAD is detached: there is no branch to push", "check it out first: git checkout -B main");
  if (!(await hasRemote(git, "origin")))
    throw new UserError("there is no remote origin to push to", "name it: git remote add origin URL");
  return nameOfBranch(branch);
}

/** What a push to origin did. Ids of commits are as git shortens them. */
export interface Pushed {
  readonly branch: string;
  /** Where the branch was there; null where it is new. The same as `to` where there was nothing to push. */
  readonly from: string | null;
  readonly to: string;
}

/** Pushes the branch. Null when the remote has moved on meanwhile; FETCH_HEAD is then where it is now. */
export async function pushState(root: string, branch: string): Promise<Pushed | null> {
  const git = openGit(root);
  const done = await git
    .raw(["push", "--porcelain", "origin", `HEAD:refs/heads/${branch}`])
    .then((said) => ({ said }), userError);
  if ("said" in done) return pushedFrom(done.said, branch, (await git.raw(["rev-parse", "--short", "HEAD"])).trim());
  // The full name: git would take a tag of that name first, and tags are anybody's who may push a branch.
  await git.raw(["fetch", "--quiet", "--no-tags", "origin", `refs/heads/${branch}`]);
  if (await git.succeeds(["merge-base", "--is-ancestor", "FETCH_HEAD", "HEAD"])) {
    throw new UserError(
      `the push to origin was refused, though ${branch} there has nothing new`,
      done.message,
      `see why: git push origin ${branch}`,
    );
  }
  return null;
}

/** By git-push(1), OUTPUT: a flag, a tab, the refs, a tab, `OLD..NEW` or a word in brackets. */
function pushedFrom(said: string, branch: string, head: string): Pushed {
  const [, flag, old] = /^([ *=+])\t\S+\t(?:([0-9a-f]+)\.\.|\[)/m.exec(said) ?? [];
  return { branch, from: flag === "=" ? head : (old ?? null), to: head };
}

function userError(error: unknown): UserError {
  if (error instanceof UserError) return error;
  throw error;
}

/**
 * Drops our own commit, back to `before`, and goes to where the remote is now. Commits of the user's that are not on
 * the remote are not ours to drop, nor to put on top of what we do not know.
 */
export async function startOver(root: string, before: string, branch: string): Promise<void> {
  const git = openGit(root);
  await git.raw(["reset", "--keep", "--quiet", before]);
  if (!(await git.succeeds(["merge-base", "--is-ancestor", before, "FETCH_HEAD"]))) {
    throw new UserError(
      `${branch} has moved on at origin, and this clone has commits that are not there; what was made here was undone`,
      `put them on top: git pull --rebase origin ${branch}, then run the same command again`,
    );
  }
  await git.raw(["reset", "--keep", "--quiet", "FETCH_HEAD"]);
}
