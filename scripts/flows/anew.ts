import { existsSync } from "node:fs";
import { join } from "node:path";
import * as paths from "../model/paths.ts";
import { formatProblem, UserError } from "../model/problem.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { isOfPullRequests } from "../plan/of-pull-requests.ts";
import { touching } from "../read/lost-authority.ts";
import { type Tree, workingTree } from "../read/tree.ts";
import { printable } from "../render/printable.ts";
import { commonDirectory, gitDirectory } from "../system/checkout.ts";
import { removeFiles, writeFiles } from "../system/files.ts";
import { type Git, openGit } from "../system/git.ts";
import { withLock } from "../system/lock.ts";
import { openVault } from "../vault/vault.ts";
import { waysIn } from "../vault/way-in.ts";
import { whyAtRemotes, whyNotAnew } from "./anew-reasons.ts";
import { loadWorkingTree } from "./load.ts";

/** Under git's common directory while an authority is being taken away: what was begun is finished, come what may. */
const MARKER = "gatehouse/beginning-anew";

/** Whether a run was killed while it took the authority away. */
export function isBeginningAnew(root: string): boolean {
  return existsSync(join(commonDirectory(root), MARKER));
}

/**
 * Takes the authority away, and all that it issued, out of the tree and out of the commits that nobody else has, so
 * that another can be made. Requests, policy, clients.yaml and whatever else is the user's stay as they are. Throws
 * UserError, and changes nothing, where somebody else may rely on it. A run that was killed is finished by the next.
 */
export async function beginAnew(root: string, now: Instant, say: (text: string) => void): Promise<void> {
  const common = commonDirectory(root);
  await withLock(common, "start --anew", async () => {
    if (openVault(root, process.env).state === "locked")
      throw new UserError("this clone is locked; nothing was removed", ...waysIn(root));
    const { registry, problems, state } = await loadWorkingTree(root, now);
    if (registry === null)
      throw new UserError("clients.yaml has errors; nothing was removed", ...problems.map(formatProblem));
    const git = openGit(root);
    const why = (await whyNotAnew(root, state)) ?? (await whyAtRemotes(git));
    if (why !== null) {
      // Of a run that was killed before, too: what is left then is told like any other loss.
      await removeFiles(common, [MARKER]);
      throw refused(why);
    }
    const base = await baseOf(git);
    await writeFiles(common, [{ path: MARKER, data: "" }]);
    if (base !== null) await uncommit(git, base, say);
    await removeState(root, git, state, say);
    await removeFiles(common, [MARKER]);
  });
}

function refused(why: string): UserError {
  return new UserError(
    `the authority is not given up: ${why}`,
    "nothing was removed; a lost or stolen key, or a new name, is for docs/recovery.md",
  );
}

/** Where the branch was before the authority; `commit` null: nowhere. Null: no commit has it. */
interface Base {
  readonly head: string;
  readonly commit: string | null;
}

async function baseOf(git: Git): Promise<Base | null> {
  const head = await git.resolve("HEAD");
  if (head === null || (await touching(git, [head], paths.CA_CERTIFICATE)).length === 0) return null;
  insistOnQuiet(git.root);
  const chain = (await git.raw(["rev-list", "--first-parent", head])).trimEnd().split("\n");
  let commit: string | null = null;
  for (const candidate of chain) {
    if ((await touching(git, [candidate], paths.CA_CERTIFICATE)).length > 0) continue;
    commit = candidate;
    break;
  }
  await insistOnOwn(git, head, commit);
  return { head, commit };
}

/** A merge or rebase under way has plans of its own with HEAD. */
function insistOnQuiet(root: string): void {
  const states = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply"];
  const found = states.find((name) => existsSync(join(gitDirectory(root), name)));
  if (found === undefined) return;
  throw new UserError("a merge, rebase or the like is under way; nothing was removed", "end it first: git status");
}

/** What is taken out of the branch must be commits that stand one after another, and nowhere else. */
async function insistOnOwn(git: Git, head: string, base: string | null): Promise<void> {
  const range = [head, ...(base === null ? [] : [`^${base}`])];
  const [own, merges] = [
    await git.raw(["rev-list", ...range, "--not", "--remotes"]),
    await git.raw(["rev-list", "--merges", ...range]),
  ];
  const all = await git.raw(["rev-list", ...range]);
  if (merges !== "" || own !== all)
    throw new UserError(
      "merges, or commits that others have, came after the authority's; nothing was removed",
      "take the commits with the authority out of this branch yourself: git rebase --interactive",
    );
  const current = (await git.raw(["rev-parse", "--symbolic-full-name", "HEAD"])).trim();
  const listing = await git.raw([
    "for-each-ref",
    "--format=%(objectname) %(refname)",
    "refs/heads/",
    "refs/tags/",
    "refs/stash",
  ]);
  const others = listing.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ")]));
  for (const [id = "", name = ""] of others) {
    if (name === current || (await touching(git, [id], paths.CA_CERTIFICATE)).length === 0) continue;
    throw new UserError(
      `${printable(name)} has the authority too; nothing was removed`,
      "take it away first, if you mean it",
    );
  }
}

/** The files of these commits stay, and what they changed but for state is staged. One step of git's: all or nothing. */
async function uncommit(git: Git, { head, commit }: Base, say: (text: string) => void): Promise<void> {
  const range = [head, ...(commit === null ? [] : [`^${commit}`])];
  const told = await git.raw(["log", "--no-show-signature", "--format=  %h %s", ...range]);
  if (commit === null) await git.raw(["update-ref", "-d", "HEAD", head]);
  else await git.raw(["reset", "--soft", commit]);
  say("Took these commits out of the branch; what else they changed is kept, staged:");
  say(told.trimEnd().split("\n").map(printable).join("\n"));
  say(`They can be looked at for a while: git log ${head.slice(0, 12)}`);
}

async function removeState(root: string, git: Git, state: State, say: (text: string) => void): Promise<void> {
  const doomed = stateFiles(workingTree(root), state);
  await removeFiles(root, doomed);
  const gone = (await git.raw(["ls-files", "-z", "--deleted", "--", "pki"])).split("\0").filter(isState);
  if (gone.length > 0)
    await git.raw(["update-index", "--force-remove", "-z", "--stdin"], gone.map((path) => `${path}\0`).join(""));
  if (state.authority === null && doomed.length === 0) return say("There was no authority to take away.");
  const whose =
    state.authority === null ? "what was left of the authority" : `the authority ${state.authority.subject}`;
  say(
    `Took away ${printable(whose)}: ${doomed.length} files under pki/, ${state.certificates.size} certificates among them.`,
  );
}

const isState = (path: string) => path !== "" && !isOfPullRequests(path) && !path.endsWith("/.gitkeep");

const SINGLE = [paths.INDEX, paths.INDEX_ATTR, paths.CRL_FILE, paths.CARRIED_OUT];
const DERIVED = ["keys", "issued", "renewals", "nginx", "apache", "stunnel", "held", "revoked"] as const;

/** What Gatehouse wrote, in an order in which a killed run leaves what tells the next one of the rest. */
function stateFiles(tree: Tree, { certificates }: State): string[] {
  const there = new Set(tree.walk("pki").map(({ path }) => path));
  const below = (directory: string) => [...there].filter((path) => path.startsWith(`${directory}/`) && isState(path));
  const names = new Set([...certificates.values()].map(({ identity }) => identity));
  const wanted = [
    ...[...names].map(paths.path.key),
    ...DERIVED.flatMap((name) => below(paths.DIR[name])),
    ...SINGLE,
    ...below(paths.DIR.certificates),
    paths.CA_KEY,
    paths.CA_CERTIFICATE,
  ];
  return wanted.filter((path) => there.has(path));
}
