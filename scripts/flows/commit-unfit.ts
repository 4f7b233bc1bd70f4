import { guardStaged } from "../guard/index.ts";
import * as paths from "../model/layout.ts";
import { type Finding, UserError } from "../model/problem.ts";
import { workingTree } from "../read/tree.ts";
import type { Git } from "../system/git.ts";
import { changedPaths } from "../system/head.ts";
import { indexEntries } from "../system/objects.ts";
import { readRegularFile } from "../system/read-file.ts";
import { keyNames } from "../vault/attributes.ts";
import { blobId } from "../vault/blob-id.ts";
import { clean } from "../vault/convert.ts";
import { repositoryKeys } from "../vault/key-source.ts";
import { isSealed } from "../vault/seal.ts";

/** A file below pki/ that is not committed, and why, as the rest of a sentence. */
export interface Unfit {
  readonly path: string;
  readonly why: string;
}

/** Protected files that git's filter would refuse, and then git the whole of what is added with them. */
export async function refusedByFilter(git: Git): Promise<Unfit[]> {
  const { root } = git;
  const keys = repositoryKeys(root);
  const nameFor = keyNames(root);
  const stored = new Map<string, string>();
  for (const { path, id } of await indexEntries(git)) stored.set(path, id);
  return workingTree(root)
    .walk(paths.DIR.private)
    .flatMap(({ path, kind }): Unfit[] => {
      if (kind !== "file") return [];
      try {
        const bytes = readRegularFile(root, path) ?? Buffer.alloc(0);
        const key = keys.get(nameFor(path)) ?? null;
        // What is to be sealed is always taken.
        if (key !== null && !isSealed(bytes)) return [];
        const id = stored.get(path);
        clean(bytes, key, () => id !== undefined && id === blobId(bytes, id));
        return [];
      } catch (error) {
        if (!(error instanceof UserError) || paths.fileOfOne(path) === null) throw error;
        return [{ path, why: error.message }];
      }
    });
}

/** Where a file of one client belongs and something else stands: git refuses some of that, and all else with it. */
export function blockedPaths(root: string): string[] {
  const found = workingTree(root)
    .walk("pki")
    .flatMap(({ path, kind }) => {
      const own = paths.fileOfOne(path);
      return own !== null && (own !== path || kind !== "file") ? [own] : [];
    });
  return [...new Set(found)];
}

export interface Judged {
  /** To be left out of the commit. */
  readonly unfit: readonly Unfit[];
  /** In HEAD already, as they are: to commit the rest makes nothing worse, and this is told. */
  readonly standing: readonly Unfit[];
  /** What lets nothing be committed. */
  readonly fatal: Finding | null;
}

/** More files than this that do not fit are no longer somebody's own trouble. */
const MOST_UNFIT = 100;

/** The guard over what is staged: which files it refuses, and whether the others can go without them. */
export async function judgeStaged(git: Git): Promise<Judged> {
  const blocking = (await guardStaged(git.root)).filter(
    ({ level, path }) => level === "block" && paths.isBelowPki(path),
  );
  if (blocking.length === 0) return { unfit: [], standing: [], fatal: null };
  const changed = await changedPaths(git);
  const told = ({ path, message }: Finding): Unfit => ({ path, why: message });
  const isStanding = ({ path, code }: Finding) => code !== "Attributes" && !changed.has(path);
  const rest = blocking.filter((one) => !isStanding(one));
  return {
    standing: blocking.filter(isStanding).map(told),
    unfit: rest.map(told),
    fatal: rest.find((one) => !isSeparable(one)) ?? rest[MOST_UNFIT] ?? null,
  };
}

/**
 * Files of one client, and what pull requests bring, can wait. In the clear none may: then encryption itself does not
 * work here, and certificates must not be committed without their keys.
 */
function isSeparable({ path, code }: Finding): boolean {
  if (code === "Attributes" || code === "Plaintext") return false;
  return paths.fileOfOne(path) !== null || paths.isOfPullRequests(path) || code === "Place";
}
