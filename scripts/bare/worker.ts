import { delimiter } from "node:path";
import { deploy } from "../flows/deploy.ts";
import { publish } from "../flows/publish.ts";
import { printable, shellWord } from "../model/printable.ts";
import { formatProblem, UserError } from "../model/problem.ts";
import { formatInstant } from "../model/time.ts";
import { now } from "../system/clock.ts";
import { openGit } from "../system/git.ts";
import { newestCommit } from "../system/head.ts";
import { pushedText } from "../views/commit-message.ts";
import { narrationText, outcomesText } from "../views/deploy-text.ts";
import { planText } from "../views/plan/text.ts";
import { PLAIN } from "../views/style.ts";
import { rotate, writer } from "./log.ts";
import { authorityVariables, keyFiles, placesIn } from "./places.ts";
import { answer, pending, tryWork } from "./queue.ts";
import { refreshWork } from "./work.ts";

const WIDTH = 80;

/** Runs as long as anybody wants a run, one at a time; everything that happens goes to the log. */
export async function work(bare: string, describe: (error: unknown) => string): Promise<number> {
  const { log } = placesIn(bare);
  const say = writer(log);
  while (pending(bare).length > 0) {
    const mine = await tryWork(bare, async () => {
      for (let ids = pending(bare); ids.length > 0; ids = pending(bare)) {
        rotate(log);
        answer(bare, ids, await runOnce(bare, say, describe));
      }
    });
    // Whoever holds the lock looks for requests again after letting go of it.
    if (!mine) return 0;
  }
  return 0;
}

/** Reconciles and deploys main as it is now. The exit code; what goes wrong is in the log, and never thrown. */
async function runOnce(
  bare: string,
  say: (text: string) => void,
  describe: (error: unknown) => string,
): Promise<number> {
  try {
    const fresh = await refreshWork(bare, say);
    if (fresh === null) {
      say(`${formatInstant(now())} nothing has been pushed yet`);
      return 0;
    }
    say(`${formatInstant(now())} carrying out ${fresh.commit.slice(0, 12)}`);
    openVaultHere(bare);
    const reconciled = await reconcileMain(fresh.work, say);
    const deployed = await deployMain(fresh.work, say);
    say(`${formatInstant(now())} ended`);
    return Math.max(reconciled, deployed);
  } catch (error) {
    say(describe(error));
    say(`${formatInstant(now())} failed`);
    return 1;
  }
}

/** For this process alone: git and other programs that we start are not given it. */
function openVaultHere(bare: string): void {
  const files = keyFiles(bare);
  const { key, run } = placesIn(bare);
  if (files === null) {
    throw new UserError(
      `git-crypt's key is not here, and nothing can be signed without it`,
      `in an unlocked clone: git-crypt export-key ${shellWord(key)}`,
      `then here: chmod 600 ${shellWord(key)} && ${shellWord(run)}`,
    );
  }
  process.env["GATEHOUSE_KEY_FILE"] = files.join(delimiter);
  Object.assign(process.env, authorityVariables(bare));
}

/** `reconcile --commit --push` in the private clone. */
async function reconcileMain(root: string, say: (text: string) => void): Promise<number> {
  const { planned, problems, committed, pushed, late, faults } = await publish({
    root,
    now: now(),
    checkClock: true,
    allowLosses: null,
    digest: null,
    commit: true,
    push: true,
    show: ({ plan }) => say(planText(plan, { style: PLAIN, width: WIDTH })),
    progress: () => ({ tick: () => {}, done: () => {} }),
    say,
  });
  for (const problem of problems) say(printable(formatProblem(problem)));
  for (const { code, message } of late) say(printable(`${code}: ${message}`));
  for (const fault of faults) say(printable(fault));
  if (committed) {
    const id = await newestCommit(openGit(root));
    say(`Committed and pushed as ${id?.slice(0, 12) ?? "HEAD"}.`);
    // What a run that was killed had committed.
  } else if (pushed !== null && pushed.from !== pushed.to) say(printable(pushedText(pushed)));
  return planned.plan.refusals.length + late.length + faults.length > 0 ? 1 : 0;
}

/** `deploy`: its exit code. */
async function deployMain(root: string, say: (text: string) => void): Promise<number> {
  const reports = await deploy({
    root,
    now: now(),
    say,
    only: null,
    mode: "install",
    onlySaid: true,
    report: (report) => {
      const text = narrationText(report, report.narration);
      if (text !== "") say(text);
    },
  });
  if (reports.length > 0) say(outcomesText(reports, { style: PLAIN, width: WIDTH }));
  return reports.every(({ state }) => state === "active" || state === "unchanged") ? 0 : 1;
}
