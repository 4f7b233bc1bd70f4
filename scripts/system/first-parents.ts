import type { Instant } from "../model/time.ts";
import type { Git } from "./git.ts";

/** A commit on the first-parent line of another, which is main's own history. */
export interface LineCommit {
  readonly id: string;
  readonly parents: readonly string[];
  /** The committer's date. */
  readonly committed: Instant;
}

/** The first-parent line that ends at a commit (a full id), oldest first. */
export async function firstParents(git: Git, tip: string): Promise<LineCommit[]> {
  return read(await git.raw(["rev-list", "--first-parent", "--parents", "--timestamp", "--reverse", tip]));
}

/** Every commit that leads to these (full ids), they included, parents before children. */
export async function ancestors(git: Git, tips: readonly string[]): Promise<LineCommit[]> {
  return read(await git.raw(["rev-list", "--topo-order", "--parents", "--timestamp", "--reverse", ...tips]));
}

/** The first-parent line among all that leads to a commit, oldest first. */
export function lineAmong(commits: readonly LineCommit[], tip: string): LineCommit[] {
  const known = new Map(commits.map((commit) => [commit.id, commit]));
  const line: LineCommit[] = [];
  for (let at = known.get(tip); at !== undefined; at = known.get(at.parents[0] ?? "")) line.push(at);
  return line.reverse();
}

/** Commits by id, in the order given. */
export async function readCommits(git: Git, ids: readonly string[]): Promise<LineCommit[]> {
  if (ids.length === 0) return [];
  const list = ["rev-list", "--no-walk=unsorted", "--parents", "--timestamp", "--stdin"];
  return read(await git.raw(list, ids.map((id) => `${id}\n`).join("")));
}

/** `TIMESTAMP ID PARENT…` */
function read(listing: string): LineCommit[] {
  return lines(listing).map((line) => {
    const [at, id = "", ...parents] = line.split(" ");
    return { id, parents, committed: Number(at) };
  });
}

/**
 * Every commit that some path's contents came by, side branches included, children before their parents. `most`: so
 * many at most, whichever come first.
 */
export async function commitsTouching(
  git: Git,
  revisions: readonly string[],
  paths: readonly string[],
  most: number | null = null,
): Promise<string[]> {
  const limit = most === null ? ["--topo-order"] : [`--max-count=${most}`];
  return lines(await git.raw(["rev-list", "--full-history", ...limit, ...revisions, "--", ...paths]));
}

/** One path as a commit changed it, compared with its first parent alone. */
export interface PathChange {
  readonly path: string;
  /** The blob that is there afterwards; null when no file is: the path is gone, or a submodule has taken its place. */
  readonly blob: string | null;
}

/** Nothing, and a submodule, whose commit is in another repository. */
export const NO_FILE: readonly string[] = ["000000", "160000"];

/** What commits change against their first parent; commits that change nothing are left out. */
export async function changesOf(
  git: Git,
  commits: readonly LineCommit[],
  paths: readonly string[] = [],
): Promise<Map<string, PathChange[]>> {
  const changes = new Map<string, PathChange[]>();
  if (commits.length === 0) return changes;
  const input = commits.map(({ id, parents: [first] }) => `${id}${first === undefined ? "" : ` ${first}`}\n`).join("");
  const options = ["-r", "-z", "--root", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff"];
  const fields = (await git.raw(["diff-tree", "--stdin", ...options, "--", ...paths], input)).split("\0");
  let current: PathChange[] = [];
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at]?.trim() ?? "";
    const [, mode = "", blob] = /^:\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) [A-Z]$/.exec(field) ?? [];
    if (blob !== undefined) current.push({ path: fields[++at] ?? "", blob: NO_FILE.includes(mode) ? null : blob });
    else if (field !== "") {
      current = [];
      changes.set(field.slice(0, 64).trim(), current);
    }
  }
  return changes;
}

/** The commits of a line that change a path, each with the blob that is there afterwards. */
export async function versionsOnLine(
  git: Git,
  line: readonly LineCommit[],
  path: string,
): Promise<Map<string, string | null>> {
  return versionsIn(await changesOf(git, line, [path]), path);
}

/** The same of changes that were asked for already. */
export function versionsIn(changes: ReadonlyMap<string, readonly PathChange[]>, path: string) {
  const versions = new Map<string, string | null>();
  for (const [id, changed] of changes) {
    const own = changed.find((one) => one.path === path);
    if (own !== undefined) versions.set(id, own.blob);
  }
  return versions;
}

function lines(listing: string): string[] {
  return listing.split("\n").filter((line) => line !== "");
}
