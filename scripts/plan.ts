import { runCommand } from "./cli/run.ts";
import { preview } from "./flows/preview.ts";
import { formatProblem } from "./model/problem.ts";
import { planJson, problemsJson } from "./render/plan-json.ts";
import { planText } from "./render/plan-text.ts";
import { printable } from "./render/printable.ts";

const CHANGES_PENDING = 2;

await runCommand(
  {
    name: "plan",
    summary: "what reconcile would do, and who gains or loses access",
    secrets: "none",
    flags: {
      base: {
        type: "string",
        argument: "REF",
        description: "compare access with clients.yaml at the merge base with REF",
      },
      head: { type: "string", argument: "REF", description: "look at that commit without checking it out" },
      allowLosses: { type: "integer", argument: "N", description: "exactly N clients may lose access" },
      detailedExitcode: { type: "boolean", description: "exit 2 when there are changes" },
    },
  },
  async ({ root, now, nowGiven, flags, json, out, say, style, width }) => {
    const { base, head, allowLosses } = flags;
    const { plan, loaded } = await preview({ root, now, checkClock: !nowGiven, allowLosses, head, base });
    if (loaded.registry === null) {
      if (json) out(problemsJson(loaded.problems));
      else for (const problem of loaded.problems) say(printable(formatProblem(problem)));
      return 1;
    }
    out(json ? planJson(plan) : planText(plan, { style: style.out, width }));
    if (plan.refusals.length > 0) return 1;
    return flags.detailedExitcode && plan.changes.length > 0 ? CHANGES_PENDING : 0;
  },
);
