/** The first line of every file that is generated for a server or a client: what made it, and where to change it. */
const MADE_BY = "Made by Gatehouse from clients.yaml: change it there, then run `npm run reconcile`.";

/** The sentence as a comment. @param mark what begins a comment in the file's format */
export function madeBy(mark = "#"): string {
  return `${mark} ${MADE_BY}`;
}
