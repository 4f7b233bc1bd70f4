import type { Git } from "../system/git.ts";
import type { Item } from "./finding.ts";

/** Every object that these revisions reach, and a path it has somewhere; in git's order, commits newest first. */
export async function reachable(git: Git, revisions: readonly string[]): Promise<Map<string, string>> {
  const listing = await git.raw(["rev-list", "--objects", ...revisions]);
  const objects = new Map<string, string>();
  for (const line of listing.split("\n")) {
    const space = line.indexOf(" ");
    if (line !== "") objects.set(space < 0 ? line : line.slice(0, space), space < 0 ? "" : line.slice(space + 1));
  }
  return objects;
}

/** What each commit changed, against each of its parents; a root against nothing. Plumbing: no setting changes it. */
export async function changesOf(git: Git, commits: readonly string[]): Promise<Item[]> {
  if (commits.length === 0) return [];
  const options = ["--stdin", "-r", "-m", "--root", "--no-renames", "--raw", "--no-abbrev", "-z", "--diff-filter=d"];
  const input = `${commits.join("\n")}\n`;
  const [listing, roots] = await Promise.all([git.raw(["diff-tree", ...options], input), rootsOf(git, commits)]);
  const items = new Map<string, Item>();
  const fields = listing.split("\0");
  let commit = "";
  for (let at = 0; at < fields.length; at += 1) {
    const field = fields[at] ?? "";
    if (!field.startsWith(":")) {
      commit = field;
      continue;
    }
    const [, mode = "", , id = ""] = field.slice(1).split(" ");
    const path = fields[at + 1] ?? "";
    at += 1;
    // Of many commits that have the same bytes in the same place, the oldest says most.
    const remove = rewrite(commit, roots);
    items.set(`${id} ${mode} ${path}`, { mode, id, path, commit, remove });
  }
  return [...items.values()];
}

/** Those that have no parent. */
export async function rootsOf(git: Git, commits: readonly string[]): Promise<ReadonlySet<string>> {
  if (commits.length === 0) return new Set();
  const listing = await git.raw(["rev-list", "--no-walk", "--max-parents=0", "--stdin"], `${commits.join("\n")}\n`);
  return new Set(listing.split("\n"));
}

/** What takes a commit that is not yet merged out of a branch again. */
export function rewrite(commit: string, roots: ReadonlySet<string>): string {
  return `git rebase --interactive ${roots.has(commit) ? "--root" : `${commit}^`}`;
}
