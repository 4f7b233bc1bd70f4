import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ancestryOf, blobId, MUTABLE } from "../check/history.ts";
import { askLine, numberOf } from "../check/line.ts";
import { crlNumbers } from "../check/strange-merges.ts";
import { askHistory, droppedAtOrigin, seenAtOrigin, type Testimony } from "../check/witness.ts";
import { OBJECT_ID } from "../model/content.ts";
import { CA_CERTIFICATE, CARRIED_OUT } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { authorityDoubt, type Doubt, type State } from "../model/state.ts";
import { commonDirectory, gitDirectory } from "../system/checkout.ts";
import { tidyTemporaries, writeFiles } from "../system/files.ts";
import { changesOf } from "../system/first-parents.ts";
import { type Git, openGit } from "../system/git.ts";
import { type Place, placeOf, type Tip } from "../system/head.ts";
import { catFile } from "../system/objects.ts";
import { readRegularFile } from "../system/read-file.ts";
import type { Loaded } from "./load.ts";

/** Under git's common directory: the commit up to which all facts were found as they were first committed. */
const DIRECTORY = "gatehouse";
const MEMO = `${DIRECTORY}/facts-seen`;

/** So many commits are looked at again in less time than it takes to note that they were. */
const WORTH_NOTING = 100;

/**
 * The state with git's history as one more witness: facts that were dropped or changed are doubted, and what was
 * revoked counts as revoked; so are a registry as carried out, and holds, that did not come by reconcile. Every commit
 * is looked at once in each clone (2 ms each with 26,000 certificates).
 */
export async function withHistory(loaded: Loaded, root: string, head: Tip | null): Promise<Loaded> {
  if (head === null || isLost(loaded)) return loaded;
  return heardOf(loaded, openGit(root), head.id, head);
}

/** The same of a commit (a full id) and its tree. */
export async function withHistoryOf(loaded: Loaded, root: string, commit: string): Promise<Loaded> {
  return isLost(loaded) ? loaded : heardOf(loaded, openGit(root), commit, null);
}

/** One command brings everything back, and then there is something to compare. */
function isLost({ state }: Loaded): boolean {
  return state.authority === null && authorityDoubt(state) !== null;
}

/** `place`: of the working tree that was loaded; null: a commit's own tree was. */
async function heardOf(loaded: Loaded, git: Git, head: string, place: Place | null): Promise<Loaded> {
  const { root } = git;
  // Found without git where there is a checkout; a server's bare repository is its own.
  const common = existsSync(join(root, ".git")) ? commonDirectory(root) : await git.commonDir();
  const noted = readRegularFile(common, MEMO)?.toString("latin1").trim() ?? "";
  const since = OBJECT_ID.test(noted) ? noted : null;
  const [{ line, fresh }, atOrigin] = await Promise.all([
    ancestryOf(git, head, since),
    (place === null ? placeOf(git) : Promise.resolve(place)).then((at) => seenAtOrigin(git, at)),
  ]);
  const asked = { git, read: (path: string) => loaded.tree.read(path) };
  const [testimony, { faults, newest }, record] = await Promise.all([
    droppedAtOrigin(git, atOrigin, head, line).then((dropped) =>
      askHistory({ ...asked, head, fresh, dropped, uncommitted: place !== null }),
    ),
    changesOf(git, line, MUTABLE).then((changes) => askLine({ ...asked, line, changes, since })),
    lostRecord(loaded.state, git, head),
  ]);
  const strange = faults.map(({ path, message, fix }) => ({ path, message: `${message}. Bring it back: ${fix}` }));
  const doubts = [...testimony.doubts, ...strange, ...record];
  if (doubts.length === 0 && fresh.length > WORTH_NOTING) await note(common, head);
  const settles = place !== null ? await settlesOf(git, head, loaded) : null;
  const committed = await numberIn(git, head, newest, loaded);
  return { ...loaded, state: { ...heard(loaded.state, { ...testimony, doubts }), settles, committed } };
}

/**
 * The number of pki/registry.yaml in a commit that has this blob of it, where the tree has another form; else 0, for it
 * says nothing new.
 */
async function numberIn(git: Git, head: string, blob: string | null, { tree, state }: Loaded): Promise<number> {
  const bytes = tree.read(CARRIED_OUT);
  if (state.carriedOut === null || bytes === null) return 0;
  if (blob === null || blobId(bytes, blob.length) === blob) return 0;
  return numberOf((await catFile(git, head, CARRIED_OUT)) ?? Buffer.alloc(0));
}

/** While a merge is on its way in the working tree (git's MERGE_HEAD): the highest CRL number of its parents. */
async function settlesOf(git: Git, head: string, { tree, state }: Loaded): Promise<number | null> {
  const file = join(gitDirectory(git.root), "MERGE_HEAD");
  if (state.crl === null || !existsSync(file)) return null;
  const ca = tree.read(CA_CERTIFICATE);
  if (ca === null) return null;
  const others = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => OBJECT_ID.test(line));
  return Math.max(...(await crlNumbers(git, [head, ...others], ca)).values());
}

/** Without pki/registry.yaml nobody knows whom a change takes access from, and no limit holds. */
async function lostRecord({ carriedOut, doubts }: State, git: Git, head: string): Promise<Doubt[]> {
  if (carriedOut !== null || doubts.some(({ path }) => path === CARRIED_OUT)) return [];
  const last = (await git.raw(["rev-list", "--max-count=1", head, "--", CARRIED_OUT])).trim();
  if (last === "") return [];
  const there = await catFile(git, last, CARRIED_OUT);
  const from = there !== null ? last : `${last}~1`;
  return [{ path: CARRIED_OUT, message: `is gone. Bring it back: git checkout ${from} -- ${CARRIED_OUT}` }];
}

function heard(state: State, { doubts, revocations }: Testimony): State {
  if (doubts.length === 0) return state;
  const known = new Set(state.doubts.map(({ path }) => path));
  const all = [...state.doubts, ...doubts.filter(({ path }) => !known.has(path))];
  return {
    ...state,
    revocations: new Map([...state.revocations, ...revocations.map((one) => [one.serial, one] as const)]),
    doubts: all.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/** Only a saving of time: a disk that takes no more must not stop what matters. */
async function note(common: string, head: string): Promise<void> {
  try {
    await tidyTemporaries(common, [DIRECTORY]);
    await writeFiles(common, [{ path: MEMO, data: `${head}\n`, mode: 0o600 }]);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}
