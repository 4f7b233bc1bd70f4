import { existsSync } from "node:fs";
import { join } from "node:path";
import * as paths from "../model/layout.ts";
import { printable } from "../model/printable.ts";
import { formatProblem, UserError } from "../model/problem.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { type Tree, workingTree } from "../read/tree.ts";
import { commonDirectory } from "../system/checkout.ts";
import { removeFiles, writeFiles } from "../system/files.ts";
import { type Git, openGit } from "../system/git.ts";
import { withLock } from "../system/lock.ts";
import { openVault } from "../vault/vault.ts";
import { waysIn } from "../vault/way-in.ts";
import { UNKNOWN, whyAtRemotes, whyNotAnew } from "./anew-reasons.ts";
import { loadWorkingTree } from "./load.ts";
import { uncommit, withAuthority } from "./uncommit.ts";

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
    const stretch = await withAuthority(git);
    await writeFiles(common, [{ path: MARKER, data: "" }]);
    if (stretch !== null) await uncommit(git, stretch, say);
    await removeState(root, git, state, say);
    say(`Nobody who has the old authority is told: ${UNKNOWN}. Take it out of wherever it may be.`);
    await removeFiles(common, [MARKER]);
  });
}

function refused(why: string): UserError {
  return new UserError(
    `the authority is not given up: ${why}`,
    "nothing was removed; a lost or stolen key, or a new name, is for docs/recovery.md",
  );
}

async function removeState(root: string, git: Git, state: State, say: (text: string) => void): Promise<void> {
  const doomed = stateFiles(workingTree(root), state);
  await removeFiles(root, doomed);
  const gone = (await git.raw(["ls-files", "-z", "--deleted", "--", "pki"])).split("\0").filter(paths.isState);
  if (gone.length > 0)
    await git.raw(["update-index", "--force-remove", "-z", "--stdin"], gone.map((path) => `${path}\0`).join(""));
  if (state.authority === null && doomed.length === 0) return say("There was no authority to take away.");
  const whose =
    state.authority === null ? "what was left of the authority" : `the authority ${state.authority.subject}`;
  say(
    `Took away ${printable(whose)}: ${doomed.length} files under pki/, ${state.certificates.size} certificates among them.`,
  );
}

/** What Gatehouse wrote, and what lies among it, in an order in which a killed run leaves what tells of the rest. */
function stateFiles(tree: Tree, { certificates }: State): string[] {
  const names = new Set([...certificates.values()].map(({ identity }) => identity));
  const doomed = tree.walk("pki").flatMap(({ path }) => {
    if (!paths.isState(path)) return [];
    const placed = paths.placeOf(path);
    const isOurs =
      placed?.place === "private"
        ? names.has(placed.key)
        : placed !== null || OURS.some((one) => path.startsWith(`${one}/`));
    return isOurs ? [{ path, rank: rankOf(path) }] : [];
  });
  return doomed.sort((a, b) => a.rank - b.rank || (a.path < b.path ? -1 : 1)).map(({ path }) => path);
}

/** Directories of nothing but Gatehouse's files: pki/private has other people's keys, too. */
const OURS = paths.placesWhere(
  ({ each, nature, at }) => each !== null && nature !== "proposed" && at !== paths.DIR.private,
);

/**
 * Certificates tell whose keys are Gatehouse's, and so they go after those. What says which certificates are revoked or
 * held goes after these, or a reconcile in between would admit them again; and the authority's own files after all else.
 */
const LAST: readonly paths.PlaceName[] = [
  "certificates",
  "held",
  "revoked",
  "index",
  "indexAttr",
  "crl",
  "carriedOut",
  "caKey",
  "caCertificate",
];

function rankOf(path: string): number {
  const home = paths.homeOf(path);
  return home === null ? -1 : LAST.indexOf(home);
}
