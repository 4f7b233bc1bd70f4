/**
 * The one comment under a change, posted or updated in place. For CI; the plan's Markdown comes as a file.
 * CI_COMMENT_TOKEN may write comments.
 *
 *   node scripts/ci/comment.ts FORGE list                                    NUMBER COMMIT, a line per open change
 *   node scripts/ci/comment.ts FORGE post --head COMMIT --body FILE [--main COMMIT] [--failed NAMES] [--log URL]
 *
 * --main: the commit of main that it was planned for, where that is not HEAD. --failed: what failed, in words; --log:
 * where to read it. FORGE: github, forgejo, gitlab. A change is found by its newest commit, never by a number that a
 * stranger could choose: a run whose commit is no longer the newest of any change comments on nothing.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { renderFailure } from "../cli/failure.ts";
import { ciOutput } from "../cli/output.ts";
import { UserError } from "../model/problem.ts";
import { openGit } from "../system/git.ts";
import { PLAIN } from "../views/style.ts";
import { Forge } from "./forges.ts";
import { MAIN, PLAN_MARK, write } from "./thread.ts";

const { out, say } = ciOutput;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      head: { type: "string" },
      main: { type: "string" },
      body: { type: "string" },
      failed: { type: "string" },
      log: { type: "string" },
    },
  });
  const [name = "", verb] = positionals;
  const forge = new Forge(name, process.env);
  if (verb === "list") await list(forge);
  else if (verb === "post" && values.head && values.body) {
    const main = values.main ?? (await openGit(process.cwd()).raw(["rev-parse", "HEAD"])).trim();
    await post(forge, values.head, textOf(readFileSync(values.body, "utf8"), { ...values, main }));
  } else throw new UserError("usage: comment.ts FORGE list | post --head COMMIT --body FILE");
} catch (error) {
  say(renderFailure(error, PLAIN));
  process.exitCode = 1;
}

async function list(forge: Forge): Promise<void> {
  for (const { number, head, base } of await forge.pulls()) if (base === MAIN) out(`${number} ${head}`);
}

async function post(forge: Forge, head: string, text: string): Promise<void> {
  const pulls = (await forge.pulls()).filter((pull) => pull.head === head && pull.base === MAIN);
  if (pulls.length === 0) out(`${head} is not the newest commit of any open change: nothing to comment on`);
  for (const { number } of pulls) out(`${number}: ${await write({ forge, number, mark: PLAN_MARK }, text)}`);
}

/** The plan's Markdown, with what failed before it, and after it which commit is merged into which. */
function textOf(plan: string, { head, main, failed, log }: Readonly<Record<string, string | undefined>>): string {
  const where = !log ? "" : ` [What it said](${log})`;
  const failure = failed ? `**Not to be merged: ${failed} failed.**${where}\n\n` : "";
  const rest = plan.startsWith(PLAN_MARK) ? plan.slice(PLAN_MARK.length) : plan;
  return `${PLAN_MARK}\n${failure}${rest.trim()}\n\n<sub>Commit ${head}, merged into main at ${main}</sub>\n`;
}
