/**
 * The one comment under a change, posted or updated in place. For CI; the plan's Markdown comes as a file.
 *
 *   node scripts/ci/comment.ts FORGE list                                    NUMBER COMMIT, a line per open change
 *   node scripts/ci/comment.ts FORGE post --head COMMIT --body FILE [--failed NAMES] [--log URL]
 *
 * FORGE: github, forgejo, gitlab. A change is found by its newest commit, never by a number that a stranger could
 * choose: a run whose commit is no longer the newest of any change comments on nothing.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { renderFailure } from "../cli/failure.ts";
import { UserError } from "../model/problem.ts";
import { PLAIN } from "../render/style.ts";
import { type Comment, Forge } from "./forges.ts";

/** The first line, which render/plan-markdown.ts writes. */
const MARKER = "<!-- gatehouse plan -->";
const MAIN = "main";

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      head: { type: "string" },
      body: { type: "string" },
      failed: { type: "string" },
      log: { type: "string" },
    },
  });
  const [name = "", verb] = positionals;
  const forge = new Forge(name, process.env);
  if (verb === "list") await list(forge);
  else if (verb === "post" && values.head !== undefined && values.body !== undefined)
    await post(forge, values.head, textOf(readFileSync(values.body, "utf8"), values));
  else throw new UserError("usage: comment.ts FORGE list | post --head COMMIT --body FILE");
} catch (error) {
  process.stderr.write(renderFailure(error, PLAIN));
  process.exitCode = 1;
}

async function list(forge: Forge): Promise<void> {
  for (const { number, head, base } of await forge.pulls()) if (base === MAIN) console.log(`${number} ${head}`);
}

async function post(forge: Forge, head: string, text: string): Promise<void> {
  const pulls = (await forge.pulls()).filter((pull) => pull.head === head && pull.base === MAIN);
  if (pulls.length === 0) console.log(`${head} is not the newest commit of any open change: nothing to comment on`);
  const author = await forge.bot();
  for (const { number } of pulls) {
    const own = (await forge.comments(number)).find((comment) => isOurs(comment, author));
    if (own === undefined) await forge.create(number, text);
    else if (own.body !== text) await forge.update(number, own.id, text);
    console.log(`${number}: ${own === undefined ? "commented" : own.body === text ? "unchanged" : "updated"}`);
  }
}

/** Whoever wrote a comment can change it later: one that only looks like ours is not ours to fill. */
function isOurs({ author, body }: Comment, bot: string): boolean {
  return author === bot && body.startsWith(MARKER);
}

/** The plan's Markdown, with what failed before it and which commit it is of after it. */
function textOf(plan: string, { head, failed, log }: Readonly<Record<string, string | undefined>>): string {
  const where = log === undefined ? "" : ` [What it said](${log})`;
  const failure = failed ? `**Not to be merged: ${failed} failed.**${where}\n\n` : "";
  const rest = plan.startsWith(MARKER) ? plan.slice(MARKER.length) : plan;
  return `${MARKER}\n${failure}${rest.trim()}\n\n<sub>Commit ${head}</sub>\n`;
}
