import { CRL_FILE, DIR, isBelowPki, isOfPullRequests, REGISTRY_FILE } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { now as clock } from "../system/clock.ts";
import { openGit } from "../system/git.ts";
import { newestCommit } from "../system/head.ts";
import { branchToPush, type Committed, commitState, type Pushed, pushState, startOver } from "./commit.ts";
import { type Reconciled, type ReconcileOptions, reconcile } from "./reconcile.ts";
import { insistOnSignature, mustSign } from "./signed/commit.ts";

export interface PublishOptions extends ReconcileOptions {
  readonly commit: boolean;
  readonly push: boolean;
  readonly say: (text: string) => void;
}

export interface Published extends Reconciled, Committed {
  /** Null where nothing was to be pushed anywhere: not asked for, or no commit yet. */
  readonly pushed: Pushed | null;
}

const NOTHING: Committed = { committed: false, faults: [] };

/** So often the remote may move on while we work, until we give up. */
const TRIES = 20;

/**
 * Reconciles, then commits and pushes where asked. When the remote moved on meanwhile, our commit is dropped and
 * everything starts over from there: no two certificates for one change, no merge of state.
 */
export async function publish(options: PublishOptions): Promise<Published> {
  const { root } = options;
  const branch = options.push ? await branchToPush(root) : null;
  if (options.push) await requireClean(root);
  for (let attempt = 1; ; attempt++) {
    const now = options.push ? clock() : options.now;
    const before = options.commit ? await newestCommit(openGit(root)) : null;
    const signed = options.commit && (await mustSign(root, before));
    const done = await reconcile({ ...options, now });
    const paths = pathsOf(done);
    const commits = options.commit && paths.length > 0;
    const { committed, faults } = commits ? await commitState(root, done.carriedOut, paths) : NOTHING;
    if (committed && signed) await insistOnSignature(root, before);
    const made = { ...done, committed, faults };
    if (branch === null || (await newestCommit(openGit(root))) === null) return { ...made, pushed: null };
    const pushed = await pushState(root, branch);
    if (pushed !== null) return { ...made, pushed };
    if (before === null)
      throw new UserError(
        `${branch} at origin has begun otherwise than here; what was made here is committed, and not pushed`,
        "work in a clone of what is there: git clone",
      );
    if (attempt === TRIES)
      throw new UserError(`the remote moved on ${TRIES} times while we worked`, "run the same command again");
    options.say("The remote has moved on; starting over from there.");
    await startOver(root, before, branch);
  }
}

/**
 * What is ours to commit. clients.yaml, as it stands, only where it is what was carried out: not an edit that was
 * refused. While facts are in doubt only the CRL: what became of the rest here, nobody meant to publish.
 */
function pathsOf({ planned, problems, carriedOut }: Reconciled): string[] {
  if (planned.plan.refusals.some(({ code }) => code === "StateDoubtful")) return carriedOut === null ? [] : [CRL_FILE];
  return problems.length === 0 && planned.applicable?.plan === planned.plan ? ["pki", REGISTRY_FILE] : ["pki"];
}

/**
 * Starting over drops what is not on the remote: so nothing of the user's may be in the way. State that a killed run
 * left is none of it: it is made again.
 */
async function requireClean(root: string): Promise<void> {
  const git = openGit(root);
  const listings = [
    await git.raw(["diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", "HEAD", "--", ...BUT_KEYS]),
    await git.raw(["ls-files", "--others", "--exclude-standard", "-z", "--", "pki", REGISTRY_FILE]),
  ];
  const [first] = listings.flatMap((listing) => listing.split("\0")).filter(isTheUsers);
  if (first === undefined) return;
  throw new UserError(
    `there are uncommitted changes (${first}), and --push may have to start over`,
    "commit or stash them first",
  );
}

/** Keys are never the user's own to commit, and git cannot compare one that its filter refuses. */
const BUT_KEYS = [":/", `:(exclude,top)${DIR.private}`];

function isTheUsers(path: string): boolean {
  return path !== "" && (!isBelowPki(path) || isOfPullRequests(path));
}
