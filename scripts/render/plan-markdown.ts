import type { Plan } from "../model/plan.ts";
import { formatProblem, type Problem } from "../model/problem.ts";
import { formatInstant } from "../model/time.ts";
import { Budget } from "./fit.ts";
import { diffBlock, diffLines, folded, inert } from "./markdown.ts";
import {
  accessPieces,
  certificatePieces,
  definitionPieces,
  proofPieces,
  refusalPieces,
  sensitivePieces,
  warningPieces,
} from "./plan-pieces.ts";
import { inFigures } from "./plan-words.ts";
import { count, figures } from "./words.ts";

/** The first line, which nobody sees: by it the comment is found again to be updated in place. */
const MARK = "<!-- gatehouse plan -->";

/**
 * GitHub and Forgejo refuse comments over 65,536 characters. The frame (headings, summary, digest) has some 1,500;
 * the rest is shared out. What must not be missing takes its share first.
 */
const CONTENT = 58_000;
const SHARE = { definitions: 14_000, refusals: 12_000, sensitive: 7_000 };

/**
 * A plan as a comment for a reviewer with one minute, in GitHub's Markdown: always under 60,000 characters.
 *
 * What comes from the registry stands in code blocks alone, one escaped line each; outside of them are only our own
 * words and numbers. Where a plan is too long, long messages and lists are shortened before anything is left out, and
 * what is left out is counted. Definitions, sensitive groups and refusals have room of their own that no crowd of
 * clients can take, and are left out, and counted by section or code, only where thousands of them exceed it even at
 * their shortest.
 */
export function planMarkdown(plan: Plan): string {
  const budget = new Budget(CONTENT);
  const definitions = budget.spend(definitionPieces(plan), SHARE.definitions);
  const refusals = budget.spend(refusalPieces(plan), SHARE.refusals);
  const sensitive = budget.spend(sensitivePieces(plan), SHARE.sensitive);
  const access = budget.spend(accessPieces(plan.access), budget.left / 2);
  const certificates = budget.spend(certificatePieces(plan), budget.left / 3);
  const warnings = budget.spend(warningPieces(plan), budget.left / 2);
  const proofs = proofPieces(plan);
  return page([
    opening(plan),
    section("Definitions, policy, code", diffBlock(definitions)),
    section("Who gains and loses access", diffBlock([...sensitive, ...access])),
    section("Certificates and files", diffBlock(certificates)),
    folded(
      `Reasons, keys and serial numbers (${figures(proofs.length)})`,
      diffBlock(budget.spend(proofs, budget.left)),
    ),
    section("Warnings", diffBlock(warnings)),
    section("Refused", diffBlock(refusals)),
    [`Digest: \`${plan.digest.replace(/[^0-9a-z:]/g, "").slice(0, 80)}\``],
  ]);
}

/** The same place for a clients.yaml that cannot be read. */
export function problemsMarkdown(problems: readonly Problem[]): string {
  const pieces = problems.map((problem) => ({
    what: "problems",
    lines: ({ characters }: { characters: number }) => diffLines("!", inert(formatProblem(problem), characters)),
  }));
  const headline = `**clients.yaml cannot be read: ${count(problems.length, "problem")}.** There is no plan.`;
  return page([[headline], diffBlock(new Budget(CONTENT).spend(pieces, CONTENT))]);
}

function page(blocks: readonly (readonly string[])[]): string {
  const filled = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${MARK}\n${filled.join("\n\n")}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`#### ${title}`, "", ...lines];
}

function opening({ asOf, changes, access, warnings, refusals, summary }: Plan): string[] {
  const instant = formatInstant(asOf);
  if (changes.length + access.length + refusals.length === 0)
    return [`**Nothing to do**: as of ${instant}, \`pki/\` is what \`clients.yaml\` asks for.`];
  const sensitive = warnings.some(({ code }) => code === "SensitiveGroup");
  const sentences = [
    ...(refusals.length > 0 ? [`**Refused, for ${count(refusals.length, "reason")} named below.**`] : []),
    `**Plan as of ${instant}.** ${inFigures(summary)}`,
    ...(summary.definition > 0 ? [`${count(summary.definition, "definition")} changed.`] : []),
    ...(sensitive ? ["**Sensitive groups are widened.**"] : []),
  ];
  return [sentences.join(" ")];
}
