import { differing } from "./files.ts";
import { type Answer, codesOf } from "./flows.ts";
import { DAY, type History } from "./history.ts";
import { factLies, lies } from "./judge.ts";
import { land } from "./land.ts";
import type { Lie } from "./lie.ts";
import { type Commit, FIRST_DAY, mergeOf } from "./merging.ts";
import type { Files } from "./objects.ts";
import type { Story } from "./operations.ts";
import { readInForce, readTree } from "./reading.ts";
import { unfoundedRefusals } from "./unfounded.ts";
import type { Worktree } from "./worktree.ts";
import type { World } from "./world.ts";

/** How a case ended, for counting: `equal`, `nothing` (equal, and nothing changed), `refused CODE`, … */
export interface Verdict {
  readonly outcome: string;
  readonly lies: readonly Lie[];
}

/** What only a review can see: on main reconcile may go on, or call it by another name. */
const OF_REVIEWS = ["StateEdited", "ForeignCode", "MergeConflict", "Error"];

interface Landed {
  readonly files: Files;
  /** Not what merging the two would have given: a rebase may. */
  readonly another: boolean;
}

/** Plays a story, asks for the plan of the branch, merges it, carries it out, and compares. */
export async function trial(world: World, story: Story): Promise<Verdict> {
  const { history, worktree } = world.begin();
  for (const operation of story.operations) await history.do(operation);
  const head = history.toReview(story.review, story.last);
  history.edit(0, story.meanwhile);
  if (story.settled) await history.carryOut();
  const now = FIRST_DAY + (history.day + story.days) * DAY;
  const { main } = history;
  worktree.checkout("main", main.id, main.files);
  worktree.setRef("change", head.id);
  const said = await worktree.flows.planAt(worktree.root, "refs/heads/main", "refs/heads/change", now);
  const codes = codesOf(said);
  // What only a review sees is nothing that main could be compared with.
  if (codes.some((code) => OF_REVIEWS.includes(code))) return ofReview(codes, worktree, main, head);
  const waits = history.settledOn !== history.day || story.days > 0 || history.refused.length > 0;
  const unchanged =
    codes.length === 0 && waits ? await history.asAsked(now) : { files: main.files, refused: history.refused };
  const landed = landing(worktree, history, head, story);
  if (landed === null) return refusedByForge(codes, story);
  const done = await worktree.flows.reconcileAt(worktree.root, now);
  const files = worktree.scan();
  if (codes.length > 0) return refused(codes, done, { ...landed, stricter: stricterThanMain(history, codes) });
  if (codesOf(done).length > 0 && !landed.another)
    return { outcome: "carried out?", lies: [`not refused, but reconcile refuses: ${describe(done)}`] };
  if (said.plan === null) throw new Error("no plan, and no refusal");
  // Where main is held up by more than a limit, nobody sees on it what it asks for: only what is said of facts shows.
  // A registry that cannot be read asks for nothing, and what was carried out last is in force.
  const judge = unchanged.refused.some((code) => code !== "InvalidRegistry") ? factLies : lies;
  const read = unchanged.refused.includes("InvalidRegistry") ? readInForce : readTree;
  const told = judge(said.plan, {
    before: read(worktree.objects, main.files),
    unchanged: read(worktree.objects, unchanged.files),
    after: read(worktree.objects, files),
    base: main.files,
    merged: landed.files,
    carriedOut: files,
  });
  const digest = done.plan?.digest === said.plan.digest;
  if (landed.another) return anotherTree(told, digest);
  const base = said.plan.base === main.id ? [] : [`base: the plan says ${said.plan.base}, main is ${main.id}`];
  const all = [...told, ...base, ...(digest ? [] : ["the digest is another than what was carried out"])];
  return { outcome: differing(main.files, files).length === 0 ? "nothing" : "equal", lies: all };
}

/** MergeConflict is said of what git cannot merge, and of nothing else; the others of what the branch did. */
function ofReview(codes: readonly string[], worktree: Worktree, main: Commit, head: Commit): Verdict {
  const outcome = `refused ${codes.join(" ")}`;
  if (codes.includes("Error")) return { outcome, lies: [] };
  const merged = land(worktree, main, head, "merge");
  if (codes.includes("MergeConflict"))
    return { outcome, lies: merged === null ? [] : ["the plan says that git cannot merge it, and git can"] };
  if (merged === null) return { outcome, lies: ["git cannot merge it, and the plan does not say so"] };
  const unfounded = unfoundedRefusals(codes, main, head, merged);
  return { outcome, lies: unfounded.map((code) => `the plan says ${code}, and the branch did nothing of the kind`) };
}

function landing(worktree: Worktree, history: History, head: Commit, story: Story): Landed | null {
  const { main } = history;
  const files = land(worktree, main, head, story.way);
  if (files === null) return null;
  if (story.way !== "rebase") return { files, another: false };
  const merged = mergeOf(worktree, main.id, head.id);
  return { files, another: merged === null || differing(merged, files).length > 0 };
}

/** A conflict must have been told; a rebase may conflict where a merge does not. */
function refusedByForge(codes: readonly string[], { way }: Story): Verdict {
  if (way === "rebase") return { outcome: "cannot be rebased", lies: [] };
  const told = codes.includes("MergeConflict") || codes.includes("Error");
  return {
    outcome: "conflict",
    lies: told ? [] : [`git cannot merge it, and the plan says: ${codes.join(", ") || "fine"}`],
  };
}

/** What a plan may refuse where reconcile goes on: nothing, but for two things on main. */
function stricterThanMain({ main, settledOn, refused: held }: History, codes: readonly string[]): readonly string[] {
  // What waits on main, for its next run or held up by a refusal, may outweigh what a branch takes by itself, which is
  // refused all the same, and reconcile counts no losses against a pki/registry.yaml that it cannot read; and where the
  // branch cannot be read, what was carried out last stands for it.
  const apart = settledOn === null || held.length > 0 || codes.includes("InvalidRegistry");
  const limits = apart ? ["TooManyLosses", "LastSensitiveClient"] : [];
  // A submodule that somebody merged into pki/ is an empty directory in a checkout, and nothing there.
  const submodule = [...main.files].some(([path, { mode }]) => path.startsWith("pki/") && mode === "160000");
  // Whether an authority that is gone was there, reconcile asks history first.
  const gone = codes.includes("StateDoubtful") ? ["NoAuthority"] : [];
  return submodule ? [...limits, ...gone, "StateDoubtful", "PathBlocked"] : [...limits, ...gone];
}

function refused(
  codes: readonly string[],
  done: Answer,
  { another, stricter }: Landed & { readonly stricter: readonly string[] },
): Verdict {
  const outcome = `refused ${codes.join(" ")}`;
  const is = codesOf(done);
  // An error stops reconcile before it looks any closer.
  if (another || is.includes("Error")) return { outcome, lies: [] };
  const told = codes.every((code) => is.includes(code) || stricter.includes(code));
  if (told && is.every((code) => codes.includes(code))) return { outcome, lies: [] };
  return { outcome, lies: [`the plan refuses ${codes.join(" ")}, and reconcile refuses: ${describe(done)}`] };
}

/** A rebase that is no merge: where certificates or the registry come out differently, the digest tells (DESIGN 9). */
function anotherTree(told: readonly Lie[], digest: boolean): Verdict {
  const unseen = digest
    ? told.filter((lie) => /^(?:access|certificates|revocations|holds|releases|edits)\b/.test(lie))
    : [];
  return { outcome: "another tree by rebase", lies: unseen.map((lie) => `the same digest, but ${lie}`) };
}

function describe({ plan, error }: Answer): string {
  if (plan === null) return `Error ${error}`;
  return plan.refusals.map(({ code, message }) => `${code} ${message}`).join("; ") || "nothing";
}
