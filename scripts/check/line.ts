import { headOfCarriedOut } from "../model/canonical.ts";
import * as paths from "../model/layout.ts";
import { shellWord } from "../model/printable.ts";
import type { Finding } from "../model/problem.ts";
import { type LineCommit, type PathChange, versionsIn } from "../system/first-parents.ts";
import type { Git } from "../system/git.ts";
import { catBlobs, idsOf } from "../system/objects.ts";
import { blobId } from "./history.ts";
import { block, type CheckInput } from "./input.ts";
import { BROUGHT, LEFT_OUT, type Strange, strangeMerges } from "./strange-merges.ts";

export interface LineAsked {
  readonly git: Git;
  /** Main's own history, oldest first, and what its commits change of MUTABLE. */
  readonly line: readonly LineCommit[];
  readonly changes: ReadonlyMap<string, readonly PathChange[]>;
  /** A commit up to which merges were looked at and nothing was found; null: none. */
  readonly since: string | null;
  /** What the tree that is judged holds. */
  readonly read: (path: string) => Buffer | null;
}

/** What is not as it should be, and the command that brings it back. */
interface LineFault {
  readonly path: string;
  readonly message: string;
  readonly fix: string;
}

export interface LineTestimony {
  readonly faults: readonly LineFault[];
  /** The blob of pki/registry.yaml in the head; null where it has none. */
  readonly newest: string | null;
}

/**
 * Faults of the registry as last carried out and of holds. reconcile alone writes them, and each form of
 * pki/registry.yaml has a number of its own: so an earlier form that comes back has been there before, and a merge that
 * changes them has brought them in, unless a CRL newer than those of all its parents tells that reconcile ran in it.
 */
export async function askLine(asked: LineAsked): Promise<LineTestimony> {
  const { git, line, changes, since } = asked;
  const versions = versionsIn(changes, paths.CARRIED_OUT);
  if (versions.size === 0) return { faults: [], newest: null };
  const seen = line.findIndex(({ id }) => id === since);
  const merges = line.slice(seen + 1).filter(({ parents }) => parents.length > 1);
  const strange = await strangeMerges(git, changes, merges, asked.read(paths.CA_CERTIFICATE));
  const registry = await registryFault(asked, line, versions, strange);
  const holds = await heldFaults(
    asked,
    new Map(line.flatMap(({ id }) => (changes.get(id) ?? []).map(({ path }) => [path, id] as const))),
    strange.filter(({ path }) => path !== paths.CARRIED_OUT),
  );
  const newest = line.findLast(({ id }) => versions.has(id))?.id ?? "";
  return { faults: [...(registry === null ? [] : [registry]), ...holds], newest: versions.get(newest) ?? null };
}

/** A form of pki/registry.yaml, and a commit that has it. */
interface Version {
  readonly commit: string;
  readonly blob: string | null;
}

interface Walked {
  /** The last form that is as reconcile wrote it, and the one before. */
  readonly good: Version;
  readonly before: Version | null;
  /** What is wrong with the line's newest form; null where nothing is. */
  readonly why: string | null;
  /** The forms that reconcile wrote: what a fault brought may well be written once more, and rightly. */
  readonly seen: ReadonlySet<string | null>;
}

/** Follows pki/registry.yaml along the line. What was brought back after a fault is good again. */
function walk(events: readonly Version[], strange: ReadonlyMap<string, Strange>, replayed: Replayed): Walked {
  const seen = new Set<string | null>();
  let good: Version = { commit: "", blob: null };
  let before: Version | null = null;
  let why: string | null = null;
  for (const event of events) {
    const merge = strange.get(event.commit);
    const at = event.commit.slice(0, 12);
    if (merge?.what === LEFT_OUT) [good, why] = [{ commit: merge.good, blob: merge.blob }, `${LEFT_OUT} ${at}`];
    else if (event.blob === good.blob) why = null;
    // Gone is no form: what comes after it is compared with what was there before.
    else if (event.blob === null) why = `was taken away in ${at}`;
    else if (merge !== undefined) why = `${BROUGHT} ${at}`;
    else if (seen.has(event.blob) && replayed(event.blob)) why = `${WENT_BACK} in ${at}`;
    else {
      [before, good, why] = [good.commit === "" ? null : good, event, null];
      seen.add(event.blob);
    }
  }
  return { good, before, why, seen };
}

/** Whether a form that was there before and comes back cannot be a new one: it has a number. */
type Replayed = (blob: string | null) => boolean;

const WENT_BACK = "went back to an earlier form";

/** The same for check, which looks at all of main's history. */
export async function lineFindings({ git, history: { line, changes }, read }: CheckInput): Promise<Finding[]> {
  const { faults } = await askLine({ git, line, changes, since: null, read });
  return faults.map(({ path, message, fix }) => block("StateDoubtful", path, message, fix));
}

async function registryFault(
  { git, read }: LineAsked,
  line: readonly LineCommit[],
  versions: ReadonlyMap<string, string | null>,
  strange: readonly Strange[],
): Promise<LineFault | null> {
  const bytes = read(paths.CARRIED_OUT);
  const merges = new Map(strange.flatMap((one) => (one.path === paths.CARRIED_OUT ? [[one.merge.id, one]] : [])));
  const events = eventsOf(line, versions, merges);
  const numbers = await numbersOf(git, repeated(events));
  const walked = walk(events, merges, (blob) => (numbers.get(blob ?? "") ?? 0) > 0);
  const { good, why } = walked;
  if (bytes === null || good.blob === null) return null;
  const there = blobId(bytes, good.blob.length);
  const fault = (what: string, from: Version) => faultOf(paths.CARRIED_OUT, what, from.commit);
  if (there !== good.blob) {
    if (there === events.at(-1)?.blob) return why === null ? null : fault(why, good);
    return walked.seen.has(there) && numberOf(bytes) > 0 ? fault(WENT_BACK, good) : null;
  }
  const byHand = await changedByHand(git, walked, line);
  return byHand === null ? null : fault(`was changed by hand in ${good.commit.slice(0, 12)}`, byHand);
}

function faultOf(path: string, what: string, from: string): LineFault {
  return { path, message: what, fix: `git checkout ${from.slice(0, 12)} -- ${shellWord(path)}` };
}

/** Where the form of pki/registry.yaml changes on the line, and where a merge leaves another out. */
function eventsOf(
  line: readonly LineCommit[],
  versions: ReadonlyMap<string, string | null>,
  merges: ReadonlyMap<string, Strange>,
): Version[] {
  const events: Version[] = [];
  for (const { id } of line) {
    const blob = versions.has(id) ? (versions.get(id) ?? null) : (events.at(-1)?.blob ?? null);
    if (versions.has(id) || merges.has(id)) events.push({ commit: id, blob });
  }
  return events;
}

/** Forms that the line has more than once. */
function repeated(events: readonly Version[]): string[] {
  const seen = new Set<string>();
  return events.flatMap(({ blob }) => {
    if (blob === null) return [];
    if (seen.has(blob)) return [blob];
    seen.add(blob);
    return [];
  });
}

/** The form before the newest, where that has no higher number than it; a merge in which reconcile ran joins two. */
async function changedByHand(git: Git, { good, before }: Walked, line: readonly LineCommit[]): Promise<Version | null> {
  const commit = line.find(({ id }) => id === good.commit);
  if (before === null || commit === undefined || commit.parents.length > 1) return null;
  const numbers = await numbersOf(
    git,
    [good.blob, before.blob].flatMap((blob) => blob ?? []),
  );
  const [last, newest] = [numbers.get(before.blob ?? "") ?? 0, numbers.get(good.blob ?? "") ?? 0];
  return last > 0 && newest <= last ? before : null;
}

async function numbersOf(git: Git, blobs: readonly string[]): Promise<Map<string, number>> {
  const contents = await catBlobs(git, blobs);
  return new Map([...contents].map(([blob, bytes]) => [blob, numberOf(bytes)]));
}

/** The number that pki/registry.yaml begins with; 0 where there is none. */
export function numberOf(bytes: Buffer): number {
  return headOfCarriedOut(bytes.toString("latin1"))?.number ?? 0;
}

/** Holds that a merge changed, and that are still as it left them. `last`: the commit that changed each path last. */
async function heldFaults(
  { git, read }: LineAsked,
  last: ReadonlyMap<string, string>,
  strange: readonly Strange[],
): Promise<LineFault[]> {
  if (strange.length === 0) return [];
  const good = await idsOf(
    git,
    strange.map(({ good: commit, path }) => `${commit}:${path}`),
  );
  return strange.flatMap(({ merge, path, blob, good: commit, what }) => {
    const bytes = read(path);
    const there = bytes === null ? null : blobId(bytes, merge.id.length);
    if (there !== blob || last.get(path) !== merge.id) return [];
    const fault = faultOf(path, `${what} ${merge.id.slice(0, 12)}`, commit);
    return [
      (good.get(`${commit}:${path}`) ?? null) === null ? { ...fault, fix: `git rm -- ${shellWord(path)}` } : fault,
    ];
  });
}
