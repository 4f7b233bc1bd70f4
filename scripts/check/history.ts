import { createHash } from "node:crypto";
import { quoted } from "../guard/protected.ts";
import * as paths from "../model/paths.ts";
import type { Git } from "../system/git.ts";

/** A fact as it was first committed. */
export interface First {
  readonly commit: string;
  readonly blob: string;
}

/** What the commits that lead to HEAD tell of facts that are written once: certificates and revocations. */
export interface History {
  readonly first: ReadonlyMap<string, First>;
  /** The clone does not hold every commit. */
  readonly shallow: boolean;
}

export const FACTS = [paths.DIR.certificates, paths.DIR.revoked] as const;

/**
 * Every fact that any commit before HEAD ever held, on side branches and in merges too, or one of `others`. Plumbing
 * only: the user's settings for log and diff change nothing.
 */
export async function readHistory(git: Git, head: string | null, others: readonly string[] = []): Promise<History> {
  if (head === null) return { first: new Map(), shallow: false };
  const heads = [head, ...others];
  const list = ["rev-list", "--full-history", "--topo-order", "--reverse", ...heads, "--", ...FACTS];
  const [commits, shallow] = await Promise.all([git.raw(list), git.raw(["rev-parse", "--is-shallow-repository"])]);
  return { first: parse(await changesIn(git, commits, FACTS)), shallow: shallow.trim() === "true" };
}

/** What one commit made of one path, against one of its parents. Blobs' ids; null where there is no file. */
export interface PathChange {
  readonly commit: string;
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What commits (one id a line) change below these paths, against each of their parents: a merge may drop what one has. */
export async function changesIn(git: Git, commits: string, below: readonly string[]): Promise<Iterable<PathChange>> {
  const trees = ["diff-tree", "--stdin", "-r", "-m", "--root", "--no-renames", "--raw", "--no-abbrev", "--", ...below];
  return parseChanges(commits === "" ? "" : await git.raw(trees, commits));
}

const CHANGE = /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) [A-Z]\t(.+)$/;
/** Nothing, or a submodule, which is no fact: its commit is in another repository. */
const NO_FILE: readonly string[] = ["000000", "160000"];
const FACT = new RegExp(`^(?:${FACTS[0]}/(.+)\\.pem|${FACTS[1]}/(.+)\\.yaml)$`);

/** Lines of diff-tree. A path that git had to quote is none of ours. */
function* parseChanges(listing: string): Generator<PathChange> {
  let commit = "";
  const file = (mode: string, blob: string) => (NO_FILE.includes(mode) ? null : blob);
  for (const line of listing.split("\n")) {
    const [, modeBefore = "", modeAfter = "", before = "", after = "", path] = CHANGE.exec(line) ?? [];
    if (path === undefined) commit = line.slice(0, 64).trim() || commit;
    else yield { commit, path, before: file(modeBefore, before), after: file(modeAfter, after) };
  }
}

/** Of changes, oldest commit first. */
function parse(changes: Iterable<PathChange>): Map<string, First> {
  const first = new Map<string, First>();
  for (const { commit, path, before, after } of changes) {
    if (!isFact(path) || first.has(path)) continue;
    // Below a shallow clone's edge, and against a merge's other parent, a fact may first be seen as it leaves.
    if (after !== null) first.set(path, { commit, blob: after });
    else if (before !== null) first.set(path, { commit: `${commit}~1`, blob: before });
  }
  return first;
}

export function isFact(path: string): boolean {
  const [, certificate, revocation] = FACT.exec(path) ?? [];
  return paths.SERIAL.test(certificate ?? revocation ?? "");
}

/** The command that brings a fact back as it was first committed; null where history does not know it. */
export function firstVersion({ first }: History, path: string): string | null {
  const known = first.get(path);
  return known === undefined ? null : `git checkout ${known.commit} -- ${quoted(path)}`;
}

/** The name that git gives to these bytes, by the length of its ids: SHA-1 or SHA-256. */
export function blobId(bytes: Buffer, length: number): string {
  const hash = createHash(length === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
