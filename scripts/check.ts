import { runCommand } from "./cli/run.ts";
import { check } from "./flows/check.ts";
import { findingsJson } from "./render/findings-json.ts";
import { findingsSummary, findingsText } from "./render/findings-text.ts";

await runCommand(
  {
    name: "check",
    summary: "every invariant of registry, state, derived files and repository",
    secrets: "none; with git-crypt's key, keys are compared with certificates",
    flags: {},
  },
  async ({ root, now, nowGiven, json, out, say, style, progress }) => {
    const { findings, leftOut, certificates } = await check({ root, now, checkClock: !nowGiven, progress });
    if (json) out(findingsJson(findings));
    else if (findings.length > 0) out(findingsText(findings, style.out));
    for (const text of leftOut) say(text);
    say(findingsSummary(findings, certificates));
    return findings.some(({ level }) => level === "block") ? 1 : 0;
  },
);
