import type { Plan } from "../../model/plan.ts";
import { formatProblem, type Problem } from "../../model/problem.ts";
import { formatInstant } from "../../model/time.ts";
import { count, figures } from "../../model/words.ts";
import { diffBlock, diffLines, folded, inert } from "../markdown.ts";
import { proofStatements } from "./certificates.ts";
import { isEmpty } from "./headline.ts";
import { Budget, type Piece } from "./length-limit.ts";
import { type Review, reviewOf } from "./review.ts";
import { fold, LOOKS, listings, type Statement } from "./statement.ts";

/** The first line, which nobody sees: by it the comment is found again to be updated in place. */
const MARK = "<!-- gatehouse plan -->";

/**
 * GitHub and Forgejo refuse comments over 65,536 characters. The frame (headings, headline, digest) has some 1,500;
 * the rest is shared out. What must not be missing takes its share first.
 */
const CONTENT = 58_000;
const SHARE = { alarms: 10_000, definitions: 12_000, refusals: 11_000 };

/**
 * A plan as a comment for a reviewer with one minute, in GitHub's Markdown: always under 60,000 characters.
 *
 * What comes from the registry stands in code blocks alone, one escaped line each; outside of them are only our own
 * words and numbers. Where a plan is too long, long messages and lists are shortened before anything is left out, and
 * what is left out is counted. Alarms, definitions and refusals have room of their own that no crowd of clients can
 * take, and are left out, and counted by section or code, only where thousands of them exceed it even at their shortest.
 */
export function planMarkdown(plan: Plan): string {
  const review = reviewOf(plan);
  const budget = new Budget(CONTENT);
  const spend = (statements: readonly Statement[], most: number) =>
    diffBlock(budget.spend(statements.map(piece), most));
  const alarms = spend(review.alarms, SHARE.alarms);
  const definitions = spend(review.definitions, SHARE.definitions);
  const refusals = spend(review.refusals, SHARE.refusals);
  const access = spend(review.access, budget.left / 3);
  const edits = spend(review.edits, budget.left / 3);
  const rest = spend(review.rest, budget.left / 4);
  const certificates = spend(fold(review.certificates), budget.left / 3);
  const warnings = spend(review.warnings, budget.left / 2);
  const { access: changes, alarms: loud } = review;
  const named = listings([...loud, ...changes, ...review.edits]);
  const details = [...named, ...proofStatements(plan)];
  return page([
    opening(plan, review),
    alarms,
    isEmpty(plan) ? [] : [review.figures],
    section("Definitions, policy, code", definitions),
    section("Who loses and gains access", access),
    section("Changed in clients.yaml", edits),
    section("Certificates and files", certificates),
    rest,
    folded(`Names, reasons and serial numbers (${figures(details.length)})`, spend(details, budget.left)),
    section("Warnings", warnings),
    section("Refused", refusals),
    [`Digest: \`${plan.digest.replace(/[^0-9a-z:]/g, "").slice(0, 80)}\``],
  ]);
}

/** The same place for a clients.yaml that cannot be read. */
export function problemsMarkdown(problems: readonly Problem[]): string {
  const pieces = problems.map((problem) => ({
    what: "problems",
    size: 1,
    lines: ({ characters }: { characters: number }) => diffLines("!", inert(formatProblem(problem), characters)),
  }));
  const headline = `**clients.yaml cannot be read: ${count(problems.length, "problem")}.** There is no plan.`;
  return page([[headline], diffBlock(new Budget(CONTENT).spend(pieces, CONTENT))]);
}

function piece({ tone, what, size, say }: Statement): Piece {
  return {
    what,
    size,
    lines: (room) => diffLines(LOOKS[tone].diff, inert(say({ ...room, listed: Number.POSITIVE_INFINITY }))),
  };
}

function page(blocks: readonly (readonly string[])[]): string {
  const filled = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${MARK}\n${filled.join("\n\n")}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`#### ${title}`, "", ...lines];
}

function opening(plan: Plan, review: Review): string[] {
  const instant = formatInstant(plan.asOf);
  if (isEmpty(plan)) return [`**Nothing to do**: as of ${instant}, \`pki/\` is what \`clients.yaml\` asks for.`];
  return [`**${review.headline}**`];
}
