import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as paths from "../model/layout.ts";
import { printable } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { touching } from "../read/lost-authority.ts";
import { gitDirectory } from "../system/checkout.ts";
import { type Git, openGit } from "../system/git.ts";
import { newestCommit } from "../system/head.ts";

/** Where a branch is, and where it was before the authority; `base` null: its first commit has it. */
interface Stretch {
  readonly head: string;
  readonly base: string | null;
}

/**
 * The commits to take out of the branch, so that none that leads to HEAD has an authority; null where none has. Throws
 * UserError where they are not this branch's alone.
 */
export async function withAuthority(git: Git): Promise<Stretch | null> {
  const head = await newestCommit(git);
  if (head === null || !(await hasIt(git, head))) return null;
  insistOnQuiet(git.root);
  const chain = (await git.raw(["rev-list", "--first-parent", head])).trimEnd().split("\n");
  let base: string | null = null;
  for (const candidate of chain) {
    if (await hasIt(git, candidate)) continue;
    base = candidate;
    break;
  }
  await insistOnOwn(git, rangeOf({ head, base }));
  await insistOnNowhereElse(git);
  return { head, base };
}

async function hasIt(git: Git, commit: string): Promise<boolean> {
  return (await touching(git, [commit], paths.CA_CERTIFICATE)).length > 0;
}

function rangeOf({ head, base }: Stretch): string[] {
  return [head, ...(base === null ? [] : [`^${base}`])];
}

/** A merge or rebase under way has plans of its own with HEAD. */
function insistOnQuiet(root: string): void {
  const states = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply"];
  const found = states.find((name) => existsSync(join(gitDirectory(root), name)));
  if (found === undefined) return;
  throw new UserError("a merge, rebase or the like is under way; nothing was removed", "end it first: git status");
}

/** They stand one after another, and no remote has one of them. */
async function insistOnOwn(git: Git, range: readonly string[]): Promise<void> {
  const all = await git.raw(["rev-list", ...range]);
  const own = await git.raw(["rev-list", ...range, "--not", "--remotes"]);
  if (own === all && (await git.raw(["rev-list", "--merges", ...range])) === "") return;
  throw new UserError(
    "merges, or commits that others have, came after the authority's; nothing was removed",
    "take the commits with the authority out of this branch yourself: git rebase --interactive",
  );
}

async function insistOnNowhereElse(git: Git): Promise<void> {
  const current = (await git.raw(["rev-parse", "--symbolic-full-name", "HEAD"])).trim();
  const refs = ["refs/heads/", "refs/tags/", "refs/stash"];
  const listing = await git.raw(["for-each-ref", "--format=%(objectname) %(refname)", ...refs]);
  for (const line of listing.split("\n").filter((one) => one !== "")) {
    const [id = "", name = ""] = line.split(" ");
    if (name === current || !(await hasIt(git, id))) continue;
    const what = `${printable(name)} has the authority too; nothing was removed`;
    throw new UserError(what, "take it away first, if you mean it: git branch -D, git tag -d or git stash drop");
  }
}

/**
 * Moves the branch to before these commits. Their files stay, and what they changed but for state stays staged. One
 * step of git's: all or nothing.
 */
export async function uncommit(git: Git, stretch: Stretch, say: (text: string) => void): Promise<void> {
  const { head, base } = stretch;
  const told = await git.raw(["log", "--no-show-signature", "--format=  %h %s", ...rangeOf(stretch)]);
  await git.raw(["reset", "--soft", base ?? (await firstWithout(git, head))]);
  say("Took the authority out of these commits; what else they changed is kept, staged:");
  say(told.trimEnd().split("\n").map(printable).join("\n"));
  say(`They can be looked at for a while: git log ${head.slice(0, 12)}`);
}

/** The branch's first commit once more, by the same author and in the same words, without state. */
async function firstWithout(git: Git, head: string): Promise<string> {
  const first = (await git.raw(["rev-list", "--first-parent", head])).trimEnd().split("\n").at(-1) ?? head;
  const index = join(gitDirectory(git.root), "gatehouse-anew-index");
  const apart = openGit(git.root, { GIT_INDEX_FILE: index });
  try {
    await apart.raw(["read-tree", first]);
    const state = (await apart.raw(["ls-files", "-z", "--", "pki"])).split("\0").filter(paths.isState);
    const list = state.map((path) => `${path}\0`).join("");
    await apart.raw(["update-index", "--force-remove", "-z", "--stdin"], list);
    const tree = (await apart.raw(["write-tree"])).trim();
    const author = await git.raw(["show", "--no-patch", "--no-show-signature", "--format=%an%n%ae%n%aI%n%B", first]);
    const [name = "", email = "", date = "", ...message] = author.split("\n");
    const as = openGit(git.root, { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: date });
    return (await as.raw(["commit-tree", tree], message.join("\n"))).trim();
  } finally {
    rmSync(index, { force: true });
  }
}
