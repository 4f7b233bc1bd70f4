import { CA_CERTIFICATE } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import type { Git } from "../system/git.ts";
import { headOf } from "../system/head.ts";

/**
 * The command that brings back an authority that the working tree lacks and git has: in the index, in any commit that
 * leads to HEAD, or in what this clone ever saw of remote branches. Null where git has none. Throws where git cannot
 * be asked: a second authority over the first would lock every client out.
 */
export async function lostAuthority(git: Git): Promise<string | null> {
  // First, for it fails where git may not look at this repository at all.
  const staged = await git.raw(["ls-files", "-z", "--", CA_CERTIFICATE]);
  const found = await headOf(git);
  const head = found.kind === "commit" ? found.id : null;
  const commit = await newestWith(git, head === null ? [] : [head], CA_CERTIFICATE);
  if (commit !== null && commit === head) return bringBack(git, "HEAD");
  if (staged !== "") return bringBack(git, null);
  const elsewhere = commit ?? (await newestWith(git, await remoteTips(git), CA_CERTIFICATE));
  return elsewhere === null ? null : bringBack(git, elsewhere.slice(0, 12));
}

/**
 * One command that brings back everything below pki/ that is gone and that a commit (null: the index) holds; what is
 * there and differs stays as it is.
 */
export async function bringBack(git: Git, commit: string | null): Promise<string> {
  const source = commit === null ? "" : ` ${commit}`;
  const compare = ["--no-ext-diff", "--no-textconv", "--no-renames", "--name-only", "-z"];
  const changed = await git.raw([
    "diff",
    ...compare,
    "--diff-filter=MTU",
    ...(commit === null ? [] : [commit]),
    "--",
    "pki",
  ]);
  const list = `git diff --name-only --no-renames --diff-filter=D -z${source} -- pki`;
  return changed === ""
    ? `git checkout${source} -- pki`
    : `${list} | git checkout${source} --pathspec-from-file=- --pathspec-file-nul`;
}

/** Where remote branches are, and where the one of this branch's name ever was: a forced push drops no authority. */
export async function remoteTips(git: Git): Promise<string[]> {
  const [listing, current] = await Promise.all([
    git.raw(["for-each-ref", "--format=%(objectname) %(refname)", "refs/remotes/"]),
    git.raw(["branch", "--show-current"]),
  ]);
  const tips = new Set<string>();
  for (const line of lines(listing)) {
    const [id = "", ref = ""] = line.split(" ");
    tips.add(id);
    if (current.trim() === "" || !ref.endsWith(`/${current.trim()}`)) continue;
    for (const seen of lines(await git.raw(["rev-list", "--walk-reflogs", ref]))) tips.add(seen);
  }
  return [...tips];
}

/** The commits, newest first, that made or took away a file, among all that lead to these. */
export async function touching(git: Git, heads: readonly string[], path: string): Promise<string[]> {
  if (heads.length === 0) return [];
  const options = ["--full-history", "--topo-order", "--stdin", "--", path];
  return lines(await git.raw(["rev-list", ...options], `${heads.join("\n")}\n`));
}

/** So many comings and goings of a file are looked through. */
const MOST = 1000;

/** The newest commit that holds a file: one of these heads, or among those that lead to them; null for none. */
export async function newestWith(git: Git, heads: readonly string[], path: string): Promise<string | null> {
  const commits = (await touching(git, heads, path)).slice(0, MOST);
  if (commits.length === 0) return null;
  // Of a commit that took the file away, it is a parent that has it.
  const families = await git.raw(["rev-list", "--no-walk=unsorted", "--parents", "--stdin"], `${commits.join("\n")}\n`);
  const candidates = [...heads, ...families.split(/\s+/).filter((id) => id !== "")];
  const asked = candidates.map((id) => `${id}:${path}\n`).join("");
  const answers = lines(await git.raw(["cat-file", "--batch-check"], asked));
  const holder = candidates[answers.findIndex((answer) => !answer.endsWith(" missing"))];
  if (holder !== undefined) return holder;
  // One of them made it, or took it away: what git does not have is no file that never was.
  throw new UserError(`${path} is in git's history, and git does not have it`, "see what is broken: git fsck");
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
