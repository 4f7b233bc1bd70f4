/**
 * A file that is a function of registry, state and instant. `copyOf` names another file of the repository
 * whose bytes it repeats (keys: they are copied as they are, sealed or not). Text is ASCII.
 */
export type DerivedFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly copyOf: string };

/** The first line of every file that is generated for a server or a client: what made it, and where to change it. */
const MADE_BY = "Made by Gatehouse from clients.yaml: change it there, then run `npm run reconcile`.";

/** The sentence as a comment. @param mark what begins a comment in the file's format */
export function madeBy(mark = "#"): string {
  return `${mark} ${MADE_BY}`;
}
