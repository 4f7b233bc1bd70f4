import * as paths from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { type LineCommit, type PathChange, versionsIn } from "../system/first-parents.ts";
import type { Git } from "../system/git.ts";
import { catBlobs, idsOf } from "../system/objects.ts";
import { readCrl, verifyCrl } from "../x509/crl-reader.ts";

/** A merge on main's line, which brings state that main did not write, or leaves out what another line carried out. */
export interface Strange {
  readonly merge: LineCommit;
  readonly path: string;
  /** The blob that it left there; null: none. */
  readonly blob: string | null;
  /** Where the path is as it should be. */
  readonly good: string;
  readonly what: string;
}

/**
 * Merges among these that change such state against their first parent, or leave out what their other parents carried
 * out, and in which reconcile did not run. `changes`: those of MUTABLE on main's line. `ca`: the authority's certificate.
 */
export async function strangeMerges(
  git: Git,
  changes: ReadonlyMap<string, readonly PathChange[]>,
  merges: readonly LineCommit[],
  ca: Buffer | null,
): Promise<Strange[]> {
  const own = new Set(versionsIn(changes, paths.CARRIED_OUT).values());
  const recordAt = (commit: string) => `${commit}:${paths.CARRIED_OUT}`;
  const others = await idsOf(
    git,
    merges.flatMap(({ parents }) => parents.slice(1).map(recordAt)),
  );
  const found = merges.flatMap((merge): Strange[] => {
    const [first = "", ...rest] = merge.parents;
    const changed = (changes.get(merge.id) ?? []).map(({ path, blob }) => {
      return { merge, path, blob, good: first, what: BROUGHT };
    });
    if (changed.some(({ path }) => path === paths.CARRIED_OUT)) return changed;
    const left = rest.flatMap((parent): Strange[] => {
      const blob = others.get(recordAt(parent)) ?? null;
      if (blob === null || own.has(blob)) return [];
      return [{ merge, path: paths.CARRIED_OUT, blob, good: parent, what: LEFT_OUT }];
    });
    return [...changed, ...left.slice(0, 1)];
  });
  const settled = await settledMerges(git, [...new Set(found.map(({ merge }) => merge))], ca);
  return found.filter(({ merge }) => !settled.has(merge.id));
}

export const BROUGHT = "was changed by the merge";
export const LEFT_OUT = "is not what another line of history carried out, and which was left out by the merge";

/** Merges in which reconcile ran: their CRL is newer than those of all their parents, and nobody else can sign one. */
async function settledMerges(git: Git, merges: readonly LineCommit[], ca: Buffer | null): Promise<Set<string>> {
  if (merges.length === 0 || ca === null) return new Set();
  const numbers = await crlNumbers(
    git,
    merges.flatMap(({ id, parents }) => [id, ...parents]),
    ca,
  );
  const numberAt = (commit: string) => numbers.get(commit) ?? 0;
  const newer = merges.filter(({ id, parents }) => parents.every((parent) => numberAt(id) > numberAt(parent)));
  return new Set(newer.map(({ id }) => id));
}

/** The number of the CRL in each of these commits (full ids); 0 where it has none that the authority has signed. */
export async function crlNumbers(git: Git, commits: readonly string[], ca: Buffer): Promise<Map<string, number>> {
  const named = (commit: string) => `${commit}:${paths.CRL_FILE}`;
  const ids = await idsOf(git, commits.map(named));
  const blobs = await catBlobs(
    git,
    [...ids.values()].flatMap((id) => id ?? []),
  );
  return new Map(commits.map((commit) => [commit, numberOfCrl(blobs.get(ids.get(named(commit)) ?? ""), ca)]));
}

/** 0 where it is not the authority's: whoever merges could write any number. */
function numberOfCrl(pem: Buffer | undefined, ca: Buffer): number {
  if (pem === undefined) return 0;
  try {
    const text = pem.toString("utf8");
    return verifyCrl(text, ca.toString("utf8")) ? readCrl(text).number : 0;
  } catch (error) {
    if (error instanceof UserError) return 0;
    throw error;
  }
}
