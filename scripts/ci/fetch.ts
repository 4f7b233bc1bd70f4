/**
 * Fetches a stranger's commit as data: sh scripts/ci/run.sh fetch REF COMMIT
 *
 * REF is where the forge keeps the head of a change (refs/pull/7/head), or the commit itself. Nothing is checked out.
 * CI_TOKEN, where it is set, is good for reading. Fails when COMMIT did not come (exit code 3): then a newer run decides.
 */
import { ciOutput } from "../cli/output.ts";
import { OBJECT_ID } from "../model/content.ts";
import { UserError } from "../model/problem.ts";
import { openGit } from "../system/git.ts";
import { job, signIn, take } from "./jobs.ts";

const MOVED_ON = 3;

await job(async () => {
  const [ref = "", commit = ""] = process.argv.slice(2);
  if (!OBJECT_ID.test(commit)) throw new UserError("not a commit");
  if (ref === "" || /^[-+]|:/.test(ref)) throw new UserError("not a ref");
  const git = openGit(process.cwd());
  const token = take("CI_TOKEN");
  if (token !== undefined) signIn((await git.raw(["config", "remote.origin.url"])).trim(), "x-access-token", token);
  const quietly = ["--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"];
  await git.raw(["fetch", ...quietly, "--", "origin", ref]);
  const found = (await git.raw(["cat-file", "--batch-check=%(objecttype)"], `${commit}^{commit}\n`)).trim();
  if (found === "commit") return 0;
  if (!found.endsWith(" missing")) throw new UserError(`git does not say whether ${commit} is here: ${found}`);
  ciOutput.say(`fetch: the branch has moved on from ${commit}: the run of its new head decides`);
  return MOVED_ON;
});
