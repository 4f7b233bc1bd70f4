import { replaceBelow } from "./files.ts";
import type { Files } from "./objects.ts";
import type { Merge } from "./operations.ts";
import type { Worktree } from "./worktree.ts";

/** Day 0: 2026-11-21T12:00:00Z. */
export const FIRST_DAY = 1_795_262_400;
export interface Commit {
  readonly id: string;
  readonly files: Files;
  readonly parents: readonly Commit[];
}

/** What git makes of two commits; null for a conflict. */
export function mergeOf(worktree: Worktree, ours: string, theirs: string): Files | null {
  const { code, out } = worktree.git(["merge-tree", "--write-tree", "--allow-unrelated-histories", ours, theirs]);
  return code === 0 ? worktree.objects.filesOf(out) : null;
}

interface Sides {
  readonly here: Commit;
  readonly other: Commit;
  /** Of an octopus. */
  readonly third: Commit;
}

/** The tree of a merge commit, as its author wants it. Where git's own conflicts, ours. */
export function merged(worktree: Worktree, { here, other, third }: Sides, how: Merge): Files {
  const git = () => mergeOf(worktree, here.id, other.id) ?? here.files;
  switch (how) {
    case "ours":
    case "forward":
      return here.files;
    case "theirs":
      return other.files;
    case "registry":
      return replaceBelow(git(), "clients.yaml", other.files);
    case "state":
      return replaceBelow(git(), "pki", other.files);
    case "git":
    case "squash":
      return git();
    case "octopus": {
      const both = worktree.objects.commit(worktree.objects.tree(git()), [here.id, other.id], FIRST_DAY, "Both");
      return mergeOf(worktree, both, third.id) ?? git();
    }
  }
}

/** Cherry-pick or revert: a merge whose base is the commit's parent, or the commit. Null for a conflict. */
export function picked(worktree: Worktree, onto: Files, commit: Commit, backwards: boolean): Files | null {
  const [parent] = commit.parents;
  if (parent === undefined) return null;
  const { objects } = worktree;
  const [from, to] = backwards ? [commit, parent] : [parent, commit];
  const base = objects.commit(objects.tree(from.files), [], FIRST_DAY, "Base");
  const side = (files: Files) => objects.commit(objects.tree(files), [base], FIRST_DAY, "Side");
  return mergeOf(worktree, side(onto), side(to.files));
}

export function isAncestor(one: Commit, of: Commit, seen = new Set<Commit>()): boolean {
  if (one === of) return true;
  if (seen.has(of)) return false;
  seen.add(of);
  return of.parents.some((parent) => isAncestor(one, parent, seen));
}
