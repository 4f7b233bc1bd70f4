export interface Comment {
  readonly id: number;
  readonly author: string;
  body: string;
}

export interface Pull {
  readonly number: number;
  /** The branch that it is to be merged into. */
  base: string;
  head: string;
  /** What it became on main, oldest first; null: it is open. */
  merged: readonly string[] | null;
}

/** The same object in three dialects, GitHub's, Forgejo's and GitLab's: each client takes the fields that it knows. */
export function asPull({ number, head, base, merged }: Pull) {
  return {
    id: 1000 + number,
    number,
    iid: number,
    head: { sha: head },
    sha: head,
    base: { ref: base },
    target_branch: base,
    merged_at: merged === null ? null : "2026-11-21T12:00:00Z",
    state: merged === null ? "opened" : "merged",
  };
}

export function asComment({ id, author, body }: Comment) {
  return { id, body, user: { login: author }, author: { username: author } };
}
