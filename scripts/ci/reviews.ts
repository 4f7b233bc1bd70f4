/**
 * A comment under every open merge request, by main's scripts, with the branches as data: sh scripts/ci/run.sh reviews
 *
 * For GitLab, which gives a fork's pipeline to the fork. CI_COMMENT_TOKEN may read the project and write notes.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Shell } from "zx";
import { ciOutput } from "../cli/output.ts";
import { codeOf, job, listening, take, withDirectory } from "./jobs.ts";

interface Change {
  readonly head: string;
  /** For its plan and comment. */
  readonly directory: string;
  /** zx's `$` for what may write the comment. */
  readonly allowed: Shell;
}

await job(($) =>
  withDirectory(async (directory) => {
    // For the comments alone: what reads a stranger's files has no use for it.
    const env = { ...process.env, CI_COMMENT_TOKEN: take("CI_COMMENT_TOKEN") ?? "" };
    take("GATEHOUSE_COMMENT_TOKEN");
    const allowed = $({ env });
    const listed = await listening(allowed)`node scripts/ci/comment.ts gitlab list`;
    if (codeOf(listed) !== 0) return 1;
    let worst = 0;
    for (const line of listed.stdout.split("\n").filter((one) => one !== "")) {
      const [number = "", head = ""] = line.split(" ");
      ciOutput.out(`== merge request ${number}, ${head}`);
      const change = { head, directory: join(directory, number), allowed };
      mkdirSync(change.directory);
      // One that cannot be read must not keep the others waiting; one that has moved on has a run of its own.
      const fetched = codeOf(await $`node scripts/ci/fetch.ts ${`refs/merge-requests/${number}/head`} ${head}`);
      if (fetched === 0 ? !(await comment($, change)) : fetched !== 3) worst = 1;
    }
    return worst;
  }),
);

async function comment($: Shell, { head, directory, allowed }: Change): Promise<boolean> {
  const at = (name: string) => join(directory, name);
  await $`node scripts/ci/review.ts ${head} ${directory}`;
  const from = ["--from", at("plan.json"), "--markdown"];
  const text = await listening($)`npm run -s plan -- ${from}`;
  if (codeOf(text) !== 0) return false;
  writeFileSync(at("comment.md"), text.stdout);
  const said = ["--head", head, "--body", at("comment.md"), "--failed", readFileSync(at("failed"), "utf8")];
  return (
    codeOf(await allowed`node scripts/ci/comment.ts gitlab post ${said} --log ${process.env["CI_JOB_URL"] ?? ""}`) === 0
  );
}
