import { CARRIED_OUT } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { firstParents, NO_FILE, versionsOnLine } from "../system/first-parents.ts";
import type { Git } from "../system/git.ts";
import { isShallow } from "../system/head.ts";
import { blobsBelow } from "../system/objects.ts";
import { FACTS, isFact } from "./history.ts";

/**
 * State for which main would be doubted once a branch's commits are in its history, whatever the merged tree looks
 * like. Facts that a commit of the branch brought and that `tree` has not, or has otherwise; and pki/registry.yaml
 * where a commit gave it a form that main never had, which counts where the branch's commits come to stand on main's
 * own line (a rebase, a fast-forward). What came by merging main is main's own. All but the answer are full ids.
 *
 * Costs two git processes, and one more where facts came. Throws UserError where this clone has not the whole branch.
 */
export async function spoiledState(git: Git, into: string, head: string, tree: string): Promise<string[]> {
  const commits = await commitsOf(git, into, head);
  const brought = new Brought(commits);
  const forms = new Set<string>();
  const ids = [...commits.keys()].map((id) => `${id}\n`).join("");
  for (const change of await changesIn(git, ids, [...FACTS, CARRIED_OUT])) {
    const { commit, path, after } = change;
    if (isFact(path)) brought.see(change);
    // A rebase leaves merges out, and of a fast-forward over one the plan promises nothing.
    else if (path === CARRIED_OUT && after !== null && commits.get(commit) === 1) forms.add(after);
  }
  return [...(await factsOtherwise(git, tree, brought.facts)), ...(await recordOtherwise(git, into, forms))];
}

/** What one commit made of one path, against one of its parents. Blobs' ids; null where there is no file. */
interface Change {
  readonly commit: string;
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What commits (one id a line) change below these paths, against each of their parents: a merge may drop what one has. */
async function changesIn(git: Git, commits: string, below: readonly string[]): Promise<Iterable<Change>> {
  const trees = ["diff-tree", "--stdin", "-r", "-m", "--root", "--no-renames", "--raw", "--no-abbrev", "--", ...below];
  return parseChanges(commits === "" ? "" : await git.raw(trees, commits));
}

const CHANGE = /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) [A-Z]\t(.+)$/;

/** Lines of diff-tree. A path that git had to quote is none of ours. */
function* parseChanges(listing: string): Generator<Change> {
  let commit = "";
  const file = (mode: string, blob: string) => (NO_FILE.includes(mode) ? null : blob);
  for (const line of listing.split("\n")) {
    const [, modeBefore = "", modeAfter = "", before = "", after = "", path] = CHANGE.exec(line) ?? [];
    if (path === undefined) commit = line.slice(0, 64).trim() || commit;
    else yield { commit, path, before: file(modeBefore, before), after: file(modeAfter, after) };
  }
}

/** Facts as commits first brought them; what a merge took from one of its parents, that parent has brought. */
class Brought {
  readonly facts = new Map<string, Set<string>>();
  readonly #parents: ReadonlyMap<string, number>;
  readonly #without = new Map<string, number>();

  constructor(parents: ReadonlyMap<string, number>) {
    this.#parents = parents;
  }

  see({ commit, path, before, after }: Change): void {
    if (before !== null || after === null) return;
    const key = `${commit} ${path}`;
    const without = (this.#without.get(key) ?? 0) + 1;
    this.#without.set(key, without);
    if (without >= (this.#parents.get(commit) ?? 0))
      this.facts.set(path, (this.facts.get(path) ?? new Set()).add(after));
  }
}

/** Commits that a branch has and its base has not, with how many parents each has. */
async function commitsOf(git: Git, into: string, head: string): Promise<Map<string, number>> {
  const listing = await git.raw(["rev-list", "--parents", head, `^${into}`]);
  const lines = listing.split("\n").filter((line) => line !== "");
  const commits = new Map(lines.map((line) => [line.split(" ", 1)[0] ?? "", line.split(" ").length - 1]));
  if ([...commits.values()].includes(0) && (await isShallow(git)))
    throw new UserError("this clone is shallow, and some commits of the branch are not here", "git fetch --unshallow");
  return commits;
}

async function factsOtherwise(git: Git, tree: string, brought: ReadonlyMap<string, ReadonlySet<string>>) {
  if (brought.size === 0) return [];
  const there = await blobsBelow(git, tree, FACTS);
  return [...brought].flatMap(([path, blobs]) => ([...blobs].some((blob) => blob !== there.get(path)) ? [path] : []));
}

async function recordOtherwise(git: Git, into: string, forms: ReadonlySet<string>): Promise<string[]> {
  if (forms.size === 0) return [];
  const own = new Set((await versionsOnLine(git, await firstParents(git, into), CARRIED_OUT)).values());
  return [...forms].every((form) => own.has(form)) ? [] : [CARRIED_OUT];
}
