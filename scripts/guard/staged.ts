import type { Git } from "../system/git.ts";

/** One entry of the index. */
export interface StagedEntry {
  /** `100644`, `100755`, `120000` (symlink), `160000` (submodule). */
  readonly mode: string;
  readonly id: string;
  readonly path: string;
}

/** Every entry of the index that the commit would hold, as git stores it: no filter, no textconv, no working tree. */
export async function indexEntries(git: Git): Promise<StagedEntry[]> {
  const listing = await git.raw(["ls-files", "--stage", "-z", "--full-name", ":/"]);
  return listing.split("\0").flatMap((line) => {
    const match = /^(\d{6}) ([0-9a-f]+) \d\t(.*)$/s.exec(line);
    return match ? [{ mode: match[1] ?? "", id: match[2] ?? "", path: match[3] ?? "" }] : [];
  });
}

/** The paths that differ from HEAD (all of them before the first commit), removed ones left out. */
export async function changedPaths(git: Git): Promise<Set<string>> {
  const head = (await git.resolve("HEAD")) ?? (await git.raw(["hash-object", "-t", "tree", "--stdin"], "")).trim();
  const changed = await git.raw([
    "diff-index",
    "--cached",
    "--name-only",
    "--no-renames",
    "--diff-filter=d",
    "-z",
    head,
  ]);
  return new Set(changed.split("\0").filter((path) => path !== ""));
}
