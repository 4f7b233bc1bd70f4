import { isBelowPki, isOfPullRequests, REGISTRY_FILE } from "../model/layout.ts";
import { changesOf, firstParents, type LineCommit, type PathChange } from "../system/first-parents.ts";
import { openHistory } from "./signed/index.ts";

/** What reconcile's newest commit carried out. */
export interface CarriedOut {
  readonly commit: string;
  /** Of the plan that was carried out; null where the commit's message does not say. */
  readonly digest: string | null;
  /** Commits of main that came since the commit of reconcile before it, oldest first. */
  readonly since: readonly Since[];
  /** Whether there are more of them than were looked at. */
  readonly more: boolean;
}

interface Since {
  readonly commit: string;
  /** Whether it changes what is carried out: clients.yaml, or what a pull request may bring under pki/. */
  readonly asks: boolean;
}

/** So far back: each commit is a question to the forge. */
const MOST = 200;

/** What HEAD carried out and for which commits; null where HEAD is no commit of reconcile's. */
export async function carriedOutByHead(root: string): Promise<CarriedOut | null> {
  const git = openHistory(root);
  const line = (await firstParents(git, "HEAD")).slice(-MOST).reverse();
  const changes = await changesOf(git, line);
  const isState = ({ id, parents }: LineCommit) => parents.length === 1 && (changes.get(id) ?? []).some(ofState);
  const [head, ...before] = line;
  if (head === undefined || !isState(head)) return null;
  const end = before.findIndex(isState);
  // The last of them too: whether reconcile made it, or somebody who merged what was refused, the forge will know.
  const since = before.slice(0, end < 0 ? before.length : end + 1);
  const message = await git.raw(["show", "--no-patch", "--no-show-signature", "--format=%B", head.id]);
  return {
    commit: head.id,
    digest: /^Digest: (sha256:[0-9a-f]{64})$/m.exec(message.trim().split("\n").at(-1) ?? "")?.[1] ?? null,
    since: since.map(({ id }) => ({ commit: id, asks: (changes.get(id) ?? []).some(ofBranches) })).reverse(),
    more: end < 0 && line.length === MOST,
  };
}

const ofState = ({ path }: PathChange) => isBelowPki(path) && !isOfPullRequests(path);
const ofBranches = ({ path }: PathChange) => path === REGISTRY_FILE || isOfPullRequests(path);
