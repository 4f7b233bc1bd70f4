import type { Commit } from "./merging.ts";
import type { Files } from "./objects.ts";
import type { Way } from "./operations.ts";
import type { Worktree } from "./worktree.ts";

/**
 * Merges a branch into main as a forge does, by git itself. Leaves the working tree on main, at what came of it; null
 * where the forge would refuse.
 */
export function land(worktree: Worktree, main: Commit, head: Commit, way: Way): Files | null {
  worktree.checkout("main", main.id, main.files);
  const landed = BY[way](worktree, main, head);
  if (landed) return worktree.follow();
  worktree.forget();
  return null;
}

function isLinear(head: Commit, main: Commit): boolean {
  for (let at: Commit | undefined = head; at !== undefined && at.parents.length < 2; at = at.parents[0])
    if (at.id === main.id) return true;
  return false;
}

const BY: { readonly [K in Way]: (worktree: Worktree, main: Commit, head: Commit) => boolean } = {
  merge: (worktree, _, { id }) => worktree.git(["merge", "--quiet", "--no-ff", "--no-edit", id]).code === 0,
  forward: (worktree, main, head) =>
    isLinear(head, main)
      ? worktree.git(["merge", "--quiet", "--ff-only", head.id]).code === 0
      : BY.merge(worktree, main, head),
  squash: (worktree, _, { id }) => {
    if (worktree.git(["merge", "--quiet", "--squash", id]).code !== 0) return false;
    return worktree.git(["commit", "--quiet", "--allow-empty", "--message=Squashed"]).code === 0;
  },
  rebase: (worktree, main, head) => {
    worktree.detach(head.id, head.files);
    if (worktree.git(["rebase", "--quiet", main.id]).code !== 0) return false;
    const files = worktree.follow();
    worktree.checkout("main", worktree.head(), files);
    return true;
  },
};
