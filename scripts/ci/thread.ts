import type { Comment, Forge } from "./forges.ts";

/** The branch that is carried out. */
export const MAIN = "main";

/** The first line of the plan's comment, which views/plan/markdown.ts writes. */
export const PLAN_MARK = "<!-- gatehouse plan -->";

/** One comment under a change, found by who wrote it and by its first line. */
export interface Place {
  readonly forge: Forge;
  readonly number: number;
  readonly mark: string;
}

/** What was written there last; null: nothing yet. */
export async function written({ forge, number, mark }: Place): Promise<Comment | null> {
  const author = await forge.bot();
  // Everybody can write that line: a comment that only looks like ours is not ours to fill, nor to believe.
  const ours = (comment: Comment) => comment.author === author && comment.body.startsWith(`${mark}\n`);
  return (await forge.comments(number)).find(ours) ?? null;
}

/** Writes it, or writes it anew in place; returns what was done. `text` begins with the mark. */
export async function write(place: Place, text: string): Promise<"commented" | "updated" | "unchanged"> {
  const { forge, number } = place;
  const own = await written(place);
  if (own?.body === text) return "unchanged";
  if (own === null) await forge.create(number, text);
  else await forge.update(number, own.id, text);
  return own === null ? "commented" : "updated";
}
