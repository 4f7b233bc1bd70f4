import { accessSync, constants } from "node:fs";
import { delimiter } from "node:path";
import { planToShow } from "../flows/plan-to-show.ts";
import { findingLine } from "../guard/finding.ts";
import { guardRange } from "../guard/range.ts";
import { printable } from "../model/printable.ts";
import { formatProblem, UserError } from "../model/problem.ts";
import type { Instant } from "../model/time.ts";
import { type Git, openGit } from "../system/git.ts";
import { headOf } from "../system/head.ts";
import { planText } from "../views/plan/text.ts";
import { PLAIN } from "../views/style.ts";
import { keyFiles, mainOf } from "./places.ts";

export interface Push {
  /** The bare repository. */
  readonly root: string;
  readonly now: Instant;
  /** As git gives them to pre-receive: `OLD NEW REF` for each. */
  readonly lines: string;
  readonly say: (text: string) => void;
}

interface Update {
  readonly old: string | null;
  readonly new: string | null;
  readonly ref: string;
}

/**
 * Whether a push may be taken, in the words that guard and plan have for it locally: for it is they that judge. Every
 * ref: no private key in the clear in anything new. The main branch also: it only goes forward, clients.yaml is valid,
 * state is untouched, nothing in the plan is refused. The push's objects are still in quarantine. Throws where it cannot
 * judge, which refuses the push as well.
 */
export async function receive({ root, now, lines, say }: Push): Promise<boolean> {
  const git = openGit(root);
  const main = await mainOf(git);
  const head = await headOf(git);
  const policy = head.kind === "commit" ? head.id : null;
  offerKey(root);
  // Refs are as they were before the push. What an earlier update of the same push brings is looked at once.
  const known = ["--all"];
  let refused = false;
  for (const update of parseUpdates(lines)) {
    const words =
      update.ref === main ? await judgeMain(git, update, policy, now) : await judge(git, update, known, policy, now);
    for (const text of words.said) say(text);
    refused ||= words.refused;
    if (update.new !== null) known.push(update.new);
  }
  return !refused;
}

/**
 * With the key the guard also proves that ciphertext is what it seems; children are never given it. Somebody else who
 * pushes, with an account of their own, cannot read it.
 */
function offerKey(root: string): void {
  const files = keyFiles(root);
  if (files === null) return;
  try {
    for (const file of files) accessSync(file, constants.R_OK);
  } catch {
    return;
  }
  process.env["GATEHOUSE_KEY_FILE"] = files.join(delimiter);
}

function parseUpdates(lines: string): Update[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, before = "", after = "", ref = ""] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (refs\/.+)$/.exec(line) ?? [];
      if (ref === "") throw new UserError("git did not say what is pushed", "push again with a newer git");
      return { old: idOf(before), new: idOf(after), ref };
    });
}

/** git's all zeros: not there. */
function idOf(text: string): string | null {
  return /^0+$/.test(text) ? null : text;
}

interface Words {
  readonly refused: boolean;
  readonly said: readonly string[];
}

const FINE: Words = { refused: false, said: [] };

/** Any ref but main: what it had is not new; for a new one, nothing is that any ref reaches. */
async function judge(
  git: Git,
  update: Update,
  known: readonly string[],
  policy: string | null,
  now: Instant,
): Promise<Words> {
  if (update.new === null) return FINE;
  const range = `${update.old ?? "0"}..${update.new}`;
  return guard(git, range, { known: update.old === null ? known : [], policy, now });
}

async function guard(git: Git, range: string, options: Parameters<typeof guardRange>[2]): Promise<Words> {
  const findings = await guardRange(git.root, range, options);
  return { refused: findings.some(({ level }) => level === "block"), said: findings.map(findingLine) };
}

async function judgeMain(
  git: Git,
  { old, new: tip, ref }: Update,
  policy: string | null,
  now: Instant,
): Promise<Words> {
  const name = printable(ref.replace(/^refs\/heads\//, ""));
  if (tip === null) return refuse(`${name} is what is carried out, and cannot be deleted`);
  if (old !== null && !(await git.succeeds(["merge-base", "--is-ancestor", old, tip])))
    return refuse(
      `${name} only goes forward: this push would drop commits that are there`,
      `put yours on top: git pull --rebase origin ${name}, then push without force`,
    );
  const [keys, plan] = await Promise.all([
    // Whoever founds the repository brings its state, and the exceptions that go with it.
    guard(git, `${old ?? "0"}..${tip}`, { known: [], policy: policy ?? tip, now }),
    planned(git, old, tip, now),
  ]);
  return { refused: keys.refused || plan.refused, said: [...keys.said, ...plan.said] };
}

function refuse(message: string, ...hints: readonly string[]): Words {
  return { refused: true, said: [`gatehouse: ${message}`, ...hints.map((hint) => `  ${hint}`)] };
}

/** As `plan --base OLD --head NEW`. What is not refused is shown when it is carried out. */
async function planned(git: Git, base: string | null, head: string, now: Instant): Promise<Words> {
  const shown = await planToShow({
    root: git.root,
    now,
    checkClock: true,
    allowLosses: null,
    base,
    head,
    asMain: true,
  });
  if (shown.problems)
    return { refused: true, said: shown.problems.map((problem) => printable(formatProblem(problem))) };
  if (shown.plan.refusals.length === 0) return FINE;
  return { refused: true, said: [planText(shown.plan, { style: PLAIN, width: 80 })] };
}
