import { createHash } from "node:crypto";
import * as paths from "../model/layout.ts";
import { shellWord } from "../model/printable.ts";
import {
  ancestors,
  changesOf,
  firstParents,
  type LineCommit,
  lineAmong,
  type PathChange,
} from "../system/first-parents.ts";
import type { Git } from "../system/git.ts";
import type { Tip } from "../system/head.ts";

/** A fact as it was first committed. */
export interface First {
  readonly commit: string;
  readonly blob: string;
}

/** What the commits that lead to HEAD tell. */
export interface History {
  /** Facts that are written once: certificates and revocations. */
  readonly first: ReadonlyMap<string, First>;
  /** Main's own history, oldest first, and what its commits change of the state that changes. */
  readonly line: readonly LineCommit[];
  readonly changes: ReadonlyMap<string, readonly PathChange[]>;
  /** The clone does not hold every commit. */
  readonly shallow: boolean;
}

export const FACTS = paths.placesWhere(({ witness }) => witness === "first");

/** State that changes, and that nothing but main's own history can vouch for. */
export const MUTABLE = paths.placesWhere(({ witness }) => witness === "line");

export const NO_HISTORY: History = { first: new Map(), line: [], changes: new Map(), shallow: false };

/**
 * What commits tell: all that lead to a head, on side branches and in merges too, and to others whose facts count, as
 * `ancestors` lists them. Plumbing only: the user's settings for log and diff change nothing.
 */
export async function readHistory(
  git: Git,
  { id: head, shallow }: Pick<Tip, "id" | "shallow">,
  commits: readonly LineCommit[],
): Promise<History> {
  // Each commit comes after all of its parents: what a merge has from another one was seen there first.
  const changed = await changesOf(git, commits, [...FACTS, ...MUTABLE]);
  const line = lineAmong(commits, head);
  const changes = new Map(
    line.flatMap(({ id }) => {
      const own = (changed.get(id) ?? []).filter(({ path }) => isMutable(path));
      return own.length === 0 ? [] : [[id, own] as const];
    }),
  );
  return { first: firstOf(changed), line, changes, shallow };
}

function isMutable(path: string): boolean {
  return MUTABLE.some((one) => path === one || path.startsWith(`${one}/`));
}

/** Of changes, oldest commit first. */
function firstOf(changed: ReadonlyMap<string, readonly PathChange[]>): Map<string, First> {
  const first = new Map<string, First>();
  for (const [commit, changes] of changed) {
    for (const { path, blob } of changes) {
      if (blob !== null && isFact(path) && !first.has(path)) first.set(path, { commit, blob });
    }
  }
  return first;
}

export function isFact(path: string): boolean {
  const placed = paths.placeOf(path);
  return placed !== null && paths.LAYOUT[placed.place].witness === "first" && paths.isNamed(placed);
}

/** The command that brings a fact back as it was first committed; null where history does not know it. */
export function firstVersion({ first }: History, path: string): string | null {
  const known = first.get(path);
  return known === undefined ? null : `git checkout ${known.commit} -- ${shellWord(path)}`;
}

/** The name that git gives to these bytes, by the length of its ids: SHA-1 or SHA-256. */
export function blobId(bytes: Buffer, length: number): string {
  const hash = createHash(length === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

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
