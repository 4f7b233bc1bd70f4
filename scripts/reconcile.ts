import { askUnseen } from "./cli/ask.ts";
import { runCommand } from "./cli/run.ts";
import { secretsOf } from "./custody/secrets.ts";
import { publish } from "./flows/publish.ts";
import { printable } from "./model/printable.ts";
import { formatProblem, UserError } from "./model/problem.ts";
import { pushedText } from "./views/commit-message.ts";
import { planJson } from "./views/plan/json.ts";
import { planText } from "./views/plan/text.ts";

/** npm takes `--commit` without `--` for a setting of its own, and leaves no trace of it. */
const UNCOMMITTED = " Nothing is committed; to commit as well: npm run reconcile -- --commit";

await runCommand(
  {
    name: "reconcile",
    summary: "carry the plan out: issue, revoke, sign the CRL, render the servers' configuration",
    secrets: "the CA key, when something is to be signed",
    flags: {
      commit: { type: "boolean", description: "make one commit that says what was done" },
      push: { type: "boolean", description: "commit and push; when main moved, start over from there" },
      digest: { type: "string", argument: "DIGEST", description: "do nothing unless the plan has this digest" },
      allowLosses: { type: "integer", argument: "N", description: "exactly N clients may lose access" },
    },
  },
  async ({ root, now, nowGiven, flags, json, out, say, style, width, progress, interactive }) => {
    if (flags.push && nowGiven)
      throw new UserError("--now is a simulation, and is refused with --push", "leave one of them out");
    const { planned, carriedOut, problems, committed, pushed, late, faults } = await publish({
      root,
      now,
      checkClock: !nowGiven,
      allowLosses: flags.allowLosses,
      digest: flags.digest,
      secrets: secretsOf(process.env, interactive ? askUnseen : null),
      commit: flags.commit || flags.push,
      push: flags.push,
      show: ({ plan }) => {
        if (!json) out(planText(plan, { style: style.out, width }));
      },
      progress: (label, total) => progress(label, total),
      say,
    });
    for (const problem of problems) say(printable(formatProblem(problem)));
    const refusals = [...planned.plan.refusals, ...late];
    for (const { code, message } of late) say(printable(`${code}: ${message}`));
    for (const fault of faults) say(printable(fault));
    if (json) out(planJson({ ...(carriedOut ?? { ...planned.plan, changes: [] }), refusals }));
    if (carriedOut !== null)
      say(`Done: ${carriedOut.changes.length} changes carried out.${committed ? "" : UNCOMMITTED}`);
    if (committed) say("Committed.");
    if (pushed !== null) say(printable(pushedText(pushed)));
    else if (flags.push) say("Nothing to push: there is no commit yet.");
    return refusals.length + faults.length > 0 ? 1 : 0;
  },
);
