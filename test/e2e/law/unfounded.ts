import { differing } from "./files.ts";
import { OF_PULL_REQUESTS } from "./judge.ts";
import { type Commit, isAncestor } from "./merging.ts";
import type { Files } from "./objects.ts";

/** What npm or set-up would run. */
const FOREIGN = /^node_modules\/|(?:^|\/)npm-shrinkwrap\.json$|\/package\.json$/;
/** Rules about the bytes of files. */
const ATTRIBUTES = /\.gitattributes$/i;

/** Refusals of a review for which the branch, and what git makes of it and main, give no reason. */
export function unfoundedRefusals(codes: readonly string[], main: Commit, head: Commit, merged: Files): string[] {
  const changed = differing(main.files, merged);
  const reasons: Readonly<Record<string, () => boolean>> = {
    ForeignCode: () => changed.some((path) => FOREIGN.test(path)),
    StateEdited: () =>
      changed.some(
        (path) => isState(path) || ATTRIBUTES.test(path) || isDisguised(path) || isIrregular(path, merged),
      ) || ownCommits(main, head).some(touchesState),
  };
  return codes.filter((code) => reasons[code]?.() === false);
}

function isState(path: string): boolean {
  return path === "pki" || (path.startsWith("pki/") && !OF_PULL_REQUESTS.test(path));
}

/** Another spelling of our paths. */
function isDisguised(path: string): boolean {
  const ours = /^(?:pki(?:\/|$)|clients\.yaml$)/;
  return !ours.test(path) && ours.test(path.toLowerCase());
}

function isIrregular(path: string, files: Files): boolean {
  const mode = files.get(path)?.mode ?? "100644";
  return (path === "clients.yaml" || path.startsWith("pki")) && mode !== "100644";
}

/** Commits that the branch has and main has not. */
function ownCommits(main: Commit, head: Commit, seen = new Set<Commit>()): Commit[] {
  if (seen.has(head) || isAncestor(head, main)) return [];
  seen.add(head);
  return [head, ...head.parents.flatMap((parent) => ownCommits(main, parent, seen))];
}

/** Against each parent: what a merge took from main is main's own. */
function touchesState({ files, parents }: Commit): boolean {
  const changes = (parents.length === 0 ? [new Map()] : parents.map((parent) => parent.files)).map(
    (before) => new Set(differing(before, files).filter(isState)),
  );
  const [first = new Set<string>(), ...rest] = changes;
  return [...first].some((path) => rest.every((others) => others.has(path)));
}
