import { UserError } from "../model/problem.ts";
import { now as clock } from "../system/clock.ts";
import { openGit } from "../system/git.ts";
import { commitState, pushState, startOver } from "./commit.ts";
import { type Reconciled, type ReconcileOptions, reconcile } from "./reconcile.ts";

export interface PublishOptions extends ReconcileOptions {
  readonly commit: boolean;
  readonly push: boolean;
  readonly say: (text: string) => void;
}

export interface Published extends Reconciled {
  readonly committed: boolean;
}

/** So often the remote may move on while we work, until we give up. */
const TRIES = 20;

/**
 * Reconciles, then commits and pushes where asked. When the remote moved on meanwhile, our commit is dropped and
 * everything starts over from there: no two certificates for one change, no merge of state.
 */
export async function publish(options: PublishOptions): Promise<Published> {
  if (options.push) await requireClean(options.root);
  for (let attempt = 1; ; attempt++) {
    const now = options.push ? clock() : options.now;
    const done = await reconcile({ ...options, now });
    const committed = options.commit && (await commitState(options.root, done.carriedOut, isInForce(done)));
    if (!options.push || (await pushState(options.root))) return { ...done, committed };
    if (attempt === TRIES)
      throw new UserError(`the remote moved on ${TRIES} times while we worked`, "run the same command again");
    options.say("The remote has moved on; starting over from there.");
    await startOver(options.root);
  }
}

/** Whether clients.yaml, as it stands, is what was carried out: an edit that was refused is not ours to commit. */
function isInForce({ planned, problems }: Reconciled): boolean {
  return problems.length === 0 && planned.errand?.plan === planned.plan;
}

/** Starting over drops what is not on the remote: so nothing of the user's may be in the way. */
async function requireClean(root: string): Promise<void> {
  const changes = await openGit(root).raw(["status", "--porcelain", "--untracked-files=no"]);
  if (changes.trim() !== "")
    throw new UserError(
      "there are uncommitted changes, and --push may have to start over",
      "commit or stash them first",
    );
}
