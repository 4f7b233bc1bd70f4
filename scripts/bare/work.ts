import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import { openGit } from "../system/git.ts";
import { headOf } from "../system/head.ts";
import { mainOf, placesIn } from "./places.ts";

/**
 * What is special about the clone: no hooks; the name under which commits are made; and its pushes are taken without
 * the repository's hooks, which refuse state that anybody else pushes, and would set off the next run. This is no door
 * for others: nothing is sent that could be found out or repeated. The clone's owner may write to the repository's
 * files anyhow, and whoever pushes by ssh gets no say in what runs there where the account's shell is git-shell. git's
 * own guarantees stay: the ref moves only from where the clone believes it is, and only forward.
 */
const SETTINGS = `[core]
	hooksPath = /dev/null
[include]
	path = ../../gitconfig
[remote "origin"]
	receivepack = git -c core.hooksPath=/dev/null receive-pack
`;

/**
 * Brings the private clone to where the repository's main is, clean of whatever a killed run left in it; makes it where
 * it is not there or cannot be mended. Returns its directory and the commit; null while main is not there.
 */
export async function refreshWork(
  bare: string,
  say: (text: string) => void,
): Promise<{ readonly work: string; readonly commit: string } | null> {
  const main = await mainOf(openGit(bare));
  if ((await headOf(openGit(bare))).kind === "unborn") return null;
  const { work } = placesIn(bare);
  if (existsSync(work)) {
    try {
      dropLocks(join(work, ".git"));
      return { work, commit: await update(work, main) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      say(`${work} cannot be used (${error.message}); making it again`);
    }
  }
  await clone(bare);
  return { work, commit: await update(work, main) };
}

/** Whole or not at all. */
async function clone(bare: string): Promise<void> {
  const { work } = placesIn(bare);
  const draft = `${work}.new`;
  for (const directory of [draft, work]) rmSync(directory, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  await openGit(bare).raw(["clone", "--quiet", "--no-checkout", "--no-tags", "--template=", "--", bare, draft]);
  appendFileSync(join(draft, ".git", "config"), SETTINGS);
  renameSync(draft, work);
}

async function update(work: string, main: string): Promise<string> {
  const git = openGit(work);
  const branch = main.replace(/^refs\/heads\//, "");
  const remote = `refs/remotes/origin/${branch}`;
  await git.raw(["fetch", "--quiet", "--no-tags", "origin", `+${main}:${remote}`]);
  await git.raw(["checkout", "--quiet", "--force", "--no-track", "-B", branch, remote]);
  await git.raw(["clean", "-ffdxq"]);
  return (await git.raw(["rev-parse", "HEAD"])).trim();
}

/** Only one run works here, so that a lock of git's is one that a killed run left. */
function dropLocks(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "objects") dropLocks(path);
    } else if (entry.name.endsWith(".lock")) rmSync(path, { force: true });
  }
}
