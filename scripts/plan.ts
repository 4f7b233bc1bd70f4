import { runCommand } from "./cli/run.ts";
import { planFromFile, planToShow, reportToGithub, type ToShow } from "./flows/plan-to-show.ts";
import { printable } from "./model/printable.ts";
import { formatProblem, UserError } from "./model/problem.ts";
import { planJson, problemsJson } from "./views/plan/json.ts";
import { planMarkdown, problemsMarkdown } from "./views/plan/markdown.ts";
import { planText } from "./views/plan/text.ts";

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
      markdown: { type: "boolean", description: "a comment for the pull request, under 60,000 characters" },
      github: { type: "boolean", description: "annotations, step summary and outputs for GitHub Actions" },
      from: {
        type: "string",
        argument: "FILE",
        description: "show the plan that plan --json wrote there (-: standard input); 0 whatever it says",
      },
    },
  },
  async ({ root, now, nowGiven, flags, json, out, say, obey, style, width }) => {
    const { base, head, allowLosses, detailedExitcode, from, markdown, github } = flags;
    if (json && markdown) throw new UserError("--json and --markdown are two answers: ask for one");
    const making = [base, head, allowLosses].some((value) => value !== null) || detailedExitcode || nowGiven;
    if (from !== null && making)
      throw new UserError("--from shows a plan as it was made; --base, --head and the like belong where it is made");
    const shown =
      from === null
        ? await planToShow({ root, now, checkClock: !nowGiven, allowLosses, head, base })
        : await planFromFile(from);
    const machine = json ? asJson(shown) : markdown ? asMarkdown(shown) : null;
    if (machine !== null) out(machine);
    else if (shown.plan) out(planText(shown.plan, { style: style.out, width }));
    if (github) {
      const { annotations, missing } = reportToGithub(shown, process.env);
      for (const line of annotations) obey(line, machine === null ? "stdout" : "stderr");
      if (missing.length > 0) say(`${missing.join(", ")}: not set here, so nothing was written there`);
    } else if (!json) for (const problem of shown.problems ?? []) say(printable(formatProblem(problem)));
    if (from !== null) return 0;
    if (shown.problems || shown.plan.refusals.length > 0) return 1;
    return detailedExitcode && shown.plan.changes.length > 0 ? CHANGES_PENDING : 0;
  },
);

function asJson({ plan, problems }: ToShow): string {
  return plan === undefined ? problemsJson(problems) : planJson(plan);
}

function asMarkdown({ plan, problems }: ToShow): string {
  return plan === undefined ? problemsMarkdown(problems) : planMarkdown(plan);
}
