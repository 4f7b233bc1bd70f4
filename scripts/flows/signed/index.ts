import { CARRIED_OUT, DIR, isOfPullRequests, POLICY_FILES, REGISTRY_FILE, SIGNERS_FILE } from "../../model/layout.ts";
import { plainText } from "../../model/text.ts";
import type { Policy } from "../../plan/index.ts";
import { TURNED_AROUND, type Unsigned, type UnsignedCommit } from "../../plan/unsigned.ts";
import {
  changesOf,
  commitsTouching,
  firstParents,
  type LineCommit,
  readCommits,
  versionsOnLine,
} from "../../system/first-parents.ts";
import { type Git, openGit } from "../../system/git.ts";
import { isShallow } from "../../system/head.ts";
import { catBlobs } from "../../system/objects.ts";
import { openVerifier } from "../../system/signatures.ts";
import type { Loaded } from "../load.ts";
import { asksForSignatures, judgeStretch, Policies, type Stretch } from "./stretch.ts";

/** Grafts and replaced objects are this clone's own, and are not pushed: history without them counts. */
export function openHistory(root: string): Git {
  return openGit(root, { GIT_GRAFT_FILE: "/dev/null" });
}

export type Signatures = Pick<Policy, "unsigned" | "signers">;
type Read = Pick<Loaded, "tree" | "state">;

/** Of the working tree: HEAD (a full id; null before the first) with all that leads to it, and what is in no commit. */
export async function signaturesOfTree({ tree, state }: Read, root: string, head: string | null): Promise<Signatures> {
  const signed = state.carriedOut?.registry.limits.signed === true;
  const unsigned = await unsignedOf(root, head, { signed });
  return { unsigned, signers: plainText(tree.read(SIGNERS_FILE)) };
}

/** Of a commit (a full id): it, with all that leads to it. */
export async function signaturesOfCommit({ tree }: Read, root: string, tip: string): Promise<Signatures> {
  return { unsigned: await unsignedOf(root, tip, null), signers: plainText(tree.read(SIGNERS_FILE)) };
}

/** Why a commit (a full id) is not signed as what is before it asks; null when it is. */
export async function whyNotSigned(root: string, id: string): Promise<string | null> {
  const unsigned = await unsignedOf(root, id, null);
  return unsigned?.commits.find((commit) => commit.id === id)?.why ?? null;
}

/**
 * What keeps a history from being carried out; null where signatures were never asked for. Every commit on the
 * first-parent line whose parent had limits.signed carried out must be signed, by the rules of that parent. Where
 * allowed_signers stayed the same, a signed commit that carried something out vouches for what came before it.
 */
async function unsignedOf(
  root: string,
  tip: string | null,
  workingTree: { readonly signed: boolean } | null,
): Promise<Unsigned | null> {
  if (tip === null) return null;
  const git = openHistory(root);
  // The one look that a repository pays for that never asked for signatures.
  const [seen] = await commitsTouching(git, [tip], [SIGNERS_FILE], 1);
  const registry = seen === undefined ? [] : await commitsTouching(git, [tip], [CARRIED_OUT]);
  const asked = seen !== undefined || workingTree?.signed === true;
  if (!asked) return null;
  const shallow = await isShallow(git);
  if (shallow) return { commits: [], uncommitted: [], shallow, good: null, tip };
  const line = await firstParents(git, tip);
  const turned = await turnedAround(git, line, registry);
  const { faults, signed } = await judgeLine(git, line);
  const asksNow = workingTree !== null && (workingTree.signed || signed);
  const uncommitted = asksNow ? await uncommittedPaths(git) : [];
  const first = line.findIndex(({ id }) => id === faults[0]?.id);
  const good = turned.at(-1)?.id ?? line[first - 1]?.id ?? null;
  return { commits: [...turned, ...faults], uncommitted, shallow, good, tip };
}

interface Judged {
  readonly faults: readonly UnsignedCommit[];
  /** limits.signed as carried out at the end of the line. */
  readonly signed: boolean;
}

async function judgeLine(git: Git, line: readonly LineCommit[]): Promise<Judged> {
  const [signers, registries] = await Promise.all([
    versionsOnLine(git, line, SIGNERS_FILE),
    versionsOnLine(git, line, CARRIED_OUT),
  ]);
  const policies = new Policies(git, line, registries);
  const faults: UnsignedCommit[] = [];
  const verifier = await openVerifier(git);
  try {
    for (const stretch of stretchesOf(line, signers)) {
      faults.push(...(await judgeStretch({ git, line, policies, verifier }, stretch)));
    }
  } finally {
    await verifier[Symbol.asyncDispose]();
  }
  return { faults, signed: await policies.isSigned(line.length - 1) };
}

/** Runs of commits whose parents have the same allowed_signers. Before the first version of it nobody could sign. */
function stretchesOf(line: readonly LineCommit[], versions: ReadonlyMap<string, string | null>): Stretch[] {
  const stretches: { from: number; to: number; signers: string | null }[] = [];
  let signers: string | null | undefined;
  for (const [at, { id }] of line.entries()) {
    const last = stretches.at(-1);
    if (signers !== undefined && last?.signers === signers && last.to === at - 1) last.to = at;
    else if (signers !== undefined) stretches.push({ from: at, to: at, signers });
    const version = versions.get(id);
    if (version !== undefined) signers = version;
  }
  return stretches;
}

/**
 * Commits that carried something out and are not on the line, oldest first. Whoever can push could merge main into an
 * old commit, or into a history of his own, whose rules suit him better: then what main carried out since is no longer
 * among the first parents.
 */
async function turnedAround(git: Git, line: readonly LineCommit[], registry: readonly string[]) {
  const own = new Set(line.map(({ id }) => id));
  const beside = registry.filter((id) => !own.has(id)).reverse();
  if (beside.length === 0) return [];
  const changes = await changesOf(git, await readCommits(git, beside), [CARRIED_OUT]);
  const blobs = new Map([...changes].flatMap(([id, [change]]) => (change?.blob ? [[id, change.blob] as const] : [])));
  const contents = await catBlobs(git, blobs.values());
  const signed = [...blobs].filter(([, blob]) => asksForSignatures(contents.get(blob)));
  return Promise.all(signed.map(([id]) => nameOf(git, id)));
}

async function nameOf(git: Git, id: string): Promise<UnsignedCommit> {
  const words = await git.raw(["show", "--no-patch", "--no-show-signature", "--format=%an%n%s", id]);
  const [author = "", subject = ""] = words.split("\n");
  return { id, author, subject, why: TURNED_AROUND, touchesFacts: true };
}

/** What reconcile reads and people write, where it differs from HEAD. */
async function uncommittedPaths(git: Git): Promise<string[]> {
  const places = [REGISTRY_FILE, DIR.requests, DIR.signing, ...POLICY_FILES];
  const listings = await Promise.all([
    git.raw(["diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", "HEAD", "--", ...places]),
    // Ignored files are read as any other.
    git.raw(["ls-files", "--others", "-z", "--", ...places]),
  ]);
  const paths = new Set(listings.flatMap((listing) => listing.split("\0")));
  return [...paths].filter((path) => path === REGISTRY_FILE || isOfPullRequests(path)).sort();
}
