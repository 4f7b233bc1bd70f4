import type { Git } from "../system/git.ts";
import { headOf } from "../system/head.ts";

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
    const tab = line.indexOf("\t");
    const [mode = "", id = ""] = line.slice(0, tab).split(" ");
    return tab > 0 ? [{ mode, id, path: line.slice(tab + 1) }] : [];
  });
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
