import { runCommand } from "./cli/run.ts";
import { buildAll, deploy, inventory } from "./flows/deploy.ts";
import { UserError } from "./model/problem.ts";
import { narrationText, outcomesJson, outcomesText } from "./views/deploy-text.ts";

await runCommand(
  {
    name: "deploy",
    summary: "a release of HEAD to each server: tested, activated, probed, switched back if it fails",
    secrets: "git-crypt's key, where a server's key is made here",
    flags: {
      only: { type: "string", argument: "NAME", description: "only this server; several with commas between" },
      dryRun: { type: "boolean", description: "build releases and let servers check them; change nothing" },
      rollback: {
        type: "boolean",
        description: "back to the configuration before; revocations and access lists stay the newest",
      },
      build: { type: "string", argument: "DIR", description: "write each release to DIR/NAME, and deploy nothing" },
      inventory: { type: "boolean", description: "print Ansible's inventory (YAML), and deploy nothing" },
    },
  },
  async ({ root, now, nowGiven, flags, json, out, say, style, width, progress }) => {
    const { only, dryRun, rollback, build } = flags;
    if (nowGiven) throw new UserError("--now is a simulation, and servers are real", "leave it out");
    if ([dryRun, rollback, build !== null, flags.inventory].filter(Boolean).length > 1)
      throw new UserError("--dry-run, --rollback, --build and --inventory are four errands: ask for one");
    if (flags.inventory) {
      out(await inventory({ root, now, say }));
      return 0;
    }
    const line = progress("deploying");
    const options = {
      root,
      now,
      say,
      only,
      report: (one: Parameters<typeof narrationText>[0] & { readonly narration: string }) => {
        const text = narrationText(one, one.narration);
        if (text !== "") say(text);
      },
    };
    const mode = dryRun ? "dry-run" : rollback ? "rollback" : "install";
    const reports = await (build === null
      ? deploy({ ...options, mode })
      : buildAll({ ...options, directory: build })
    ).finally(line.done);
    out(json ? outcomesJson(reports) : outcomesText(reports, { style: style.out, width }));
    const wanted = rollback ? ["rolled back"] : ["active", "unchanged"];
    return reports.every(({ state }) => wanted.includes(state)) ? 0 : 1;
  },
);
