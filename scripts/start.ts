import { resolve } from "node:path";
import { ask, askUnseen } from "./cli/ask.ts";
import { runCommand } from "./cli/run.ts";
import { secretsOf } from "./custody/secrets.ts";
import { confirmExported } from "./flows/export.ts";
import { welcome } from "./flows/welcome.ts";
import { printable } from "./model/printable.ts";
import { UserError } from "./model/problem.ts";
import { nextSteps, unlockSteps } from "./views/next-steps.ts";
import { planText } from "./views/plan/text.ts";
import { reachText } from "./views/reach-text.ts";
import { ROWS_ON_TERMINAL, statusText } from "./views/status/text.ts";
import { statusJson } from "./views/status/words.ts";

await runCommand(
  {
    name: "start",
    summary: "set up, make the authority if there is none, reconcile, and show where things stand",
    secrets: "makes them",
    flags: {
      exported: {
        type: "string",
        argument: "FILE",
        description: "confirm that git-crypt's key is saved: FILE is the export",
      },
      anew: {
        type: "boolean",
        description: "take the authority away and make another; not where this clone knows of a push, deploy or export",
      },
    },
  },
  async ({ root, now, nowGiven, flags, json, out: print, say, style, width, progress, interactive }) => {
    const out = (text: string) => (json ? undefined : print(text));
    if (flags.exported !== null && flags.anew)
      throw new UserError("--exported keeps the authority and --anew takes it away: ask for one");
    if (flags.exported !== null) {
      confirmExported(root, resolve(flags.exported));
      say("That is the key. Keep the file where this machine cannot lose it.");
    }
    const view = { style: style.out, width };
    const { registry, status, reconciled, exportConfirmed, sample, ways } = await welcome(
      {
        root,
        now,
        checkClock: !nowGiven,
        allowLosses: null,
        digest: null,
        secrets: secretsOf(process.env, interactive && !json ? askUnseen : null),
        anew: flags.anew,
        ask: interactive && !json ? ask : null,
        progress: (label, total) => progress(label, total),
        show: ({ plan }) => {
          if (plan.changes.length + plan.refusals.length + plan.warnings.length > 0) out(planText(plan, view));
        },
      },
      say,
    );
    if (reconciled?.carriedOut) say("All of that is done. Nothing is committed, no service was started.\n");
    else if (reconciled) say("There is nothing to do: pki/ is what clients.yaml asks for.\n");
    out(reachText(registry, now, view));
    out(statusText(status, { ...view, rows: ROWS_ON_TERMINAL }));
    if (json) print(statusJson(status));
    for (const { code, message } of reconciled?.late ?? []) say(printable(`${code}: ${message}`));
    if ((reconciled?.planned.plan.refusals.length ?? 0) + (reconciled?.late.length ?? 0) > 0) {
      say("What is refused above (!) comes first; then run the same command again.");
      return 1;
    }
    say(reconciled === null ? unlockSteps(ways) : nextSteps({ exportConfirmed, sample }));
    return 0;
  },
);
