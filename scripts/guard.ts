import { renderFailure } from "./cli/failure.ts";
import { runCommand } from "./cli/run.ts";
import { guardStaged } from "./guard/index.ts";
import type { Finding } from "./model/problem.ts";
import { printable } from "./render/printable.ts";

/** What it cannot decide blocks just the same, but a caller can tell the two apart. */
const UNDECIDED = 2;

await runCommand(
  { name: "guard", summary: "no private key in the clear: looks at what is staged", flags: {}, secrets: "none" },
  async ({ root, json, out, say, style }) => {
    try {
      const findings = await guardStaged(root);
      if (json) out(JSON.stringify({ findings }, null, 2));
      else for (const finding of findings) out(line(finding));
      return findings.some(({ level }) => level === "block") ? 1 : 0;
    } catch (error) {
      say(renderFailure(error, style.err));
      return UNDECIDED;
    }
  },
);

/** `PATH: what is wrong; mend it with: COMMAND` */
function line({ path, message, fix }: Finding): string {
  return printable(`guard: ${path}: ${message}${fix === null ? "" : `; mend it with: ${fix}`}`);
}
