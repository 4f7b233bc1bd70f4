import { runCommand } from "./cli/run.ts";
import { check } from "./flows/check.ts";
import { UserError } from "./model/problem.ts";
import { findingsJson, findingsSummary, findingsText } from "./views/findings.ts";

await runCommand(
  {
    name: "check",
    summary: "every invariant of registry, state, derived files and repository",
    secrets: "none; with git-crypt's key, keys are compared with certificates",
    flags: {
      head: { type: "string", argument: "REF", description: "look at that commit as data, without checking it out" },
      base: {
        type: "string",
        argument: "REF",
        description: "with --head: state must be as it was where the two parted",
      },
    },
  },
  async ({ root, now, nowGiven, flags: { head, base }, json, out, say, style, progress }) => {
    if (base !== null && head === null)
      throw new UserError("--base belongs to --head", "write: npm run check -- --base main --head BRANCH");
    const commit = head === null ? null : { head, base };
    const options = { root, now, checkClock: !nowGiven, progress };
    const { findings, leftOut, certificates } = await check(options, commit);
    if (json) out(findingsJson(findings));
    else if (findings.length > 0) out(findingsText(findings, style.out));
    for (const text of leftOut) say(text);
    say(findingsSummary(findings, certificates));
    return findings.some(({ level }) => level === "block") ? 1 : 0;
  },
);
