import { ancestors, firstParents, type LineCommit, lineAmong } from "../system/first-parents.ts";
import type { Git } from "../system/git.ts";

/** What leads to a commit. */
export interface Ancestry {
  /** Main's own history: the first-parent line that ends there, oldest first. */
  readonly line: readonly LineCommit[];
  /** Commits that nobody has looked at: all, or those since the one up to which somebody did. */
  readonly fresh: readonly string[];
}

/**
 * The ancestry of a commit (a full id). `since`: one up to which all was looked at, null for none; one that is no
 * longer here, or does not lead there, as after history was rewritten, counts as none.
 */
export async function ancestryOf(git: Git, head: string, since: string | null): Promise<Ancestry> {
  if (since === null) {
    const all = await ancestors(git, [head]);
    return { line: lineAmong(all, head), fresh: all.map(({ id }) => id) };
  }
  const line = await firstParents(git, head);
  const seen = line.findIndex(({ id }) => id === since);
  const after = line.slice(seen + 1);
  // Where nothing was merged since, the line has them all.
  if (seen >= 0 && after.every(({ parents }) => parents.length === 1))
    return { line, fresh: after.map(({ id }) => id) };
  const known = seen >= 0 || (await isBefore(git, since, head));
  const listing = await git.raw(["rev-list", head, ...(known ? [`^${since}`] : [])]);
  return { line, fresh: listing.split("\n").filter((id) => id !== "") };
}

async function isBefore(git: Git, since: string, head: string): Promise<boolean> {
  return (await git.resolve(since)) !== null && git.succeeds(["merge-base", "--is-ancestor", since, head]);
}
