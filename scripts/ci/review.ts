/**
 * What main's scripts say of a commit that was fetched as data: sh scripts/ci/run.sh review COMMIT DIRECTORY
 *
 * Leaves the plan in DIRECTORY/plan.json and the names of what failed in DIRECTORY/failed, and exits 1 when anything did.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openGit } from "../system/git.ts";
import { codeOf, job, listening } from "./jobs.ts";

await job(async ($) => {
  const [commit = "", directory = ""] = process.argv.slice(2);
  const main = (await openGit(process.cwd()).raw(["rev-parse", "HEAD"])).trim();
  const file = join(directory, "plan.json");
  const planned = await listening($)`npm run -s plan -- --base HEAD --head ${commit} --json`;
  writeFileSync(file, planned.stdout);
  await $`npm run -s plan -- --from ${file}`;
  const codes = {
    plan: codeOf(planned),
    guard: codeOf(await $`npm run -s guard -- --range ${`${main}..${commit}`}`),
    check: codeOf(await $`npm run -s check -- --base HEAD --head ${commit}`),
  };
  const failed = Object.entries(codes).flatMap(([name, code]) => (code === 0 ? [] : [name]));
  writeFileSync(join(directory, "failed"), failed.join(", "));
  return failed.length === 0 ? 0 : 1;
});
