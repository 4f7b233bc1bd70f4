import type { Plan, Warning } from "../../model/plan.ts";
import { oneLine } from "../../model/printable.ts";
import { accessStatements } from "./access.ts";
import { compromisedStatements, sensitiveStatements } from "./alarms.ts";
import { besides } from "./besides.ts";
import { certificateStatements } from "./certificates.ts";
import { definitionStatements, SHIFTS_MEANING } from "./definitions.ts";
import { editStatements } from "./edits.ts";
import { absent, figuresOf, headline } from "./headline.ts";
import { peopleOf } from "./people.ts";
import type { Statement } from "./statement.ts";

/**
 * What a reviewer reads, in this order, before anything knows whether it becomes text or Markdown: nothing that one of
 * the two says can be missing from the other.
 */
export interface Review {
  readonly headline: string;
  readonly figures: string;
  readonly alarms: readonly Statement[];
  readonly definitions: readonly Statement[];
  readonly access: readonly Statement[];
  readonly edits: readonly Statement[];
  readonly certificates: readonly Statement[];
  /** Files, time, and what there is none of. */
  readonly rest: readonly Statement[];
  readonly warnings: readonly Statement[];
  readonly refusals: readonly Statement[];
}

export function reviewOf(plan: Plan): Review {
  const people = peopleOf(plan);
  const definitions = definitionStatements(plan, people);
  const changed = definitions.filter(({ what }) => what.startsWith("in ")).length;
  return {
    headline: headline(plan, people),
    figures: figuresOf(plan, changed),
    alarms: [...compromisedStatements(people), ...sensitiveStatements(plan, people)],
    definitions,
    access: accessStatements(people),
    edits: editStatements(plan, people),
    certificates: certificateStatements(plan),
    rest: besides(plan, absent(plan, people, changed)),
    warnings: plan.warnings.filter((one) => !isToldElsewhere(one)).map((one) => coded("warning", one)),
    refusals: plan.refusals.map((one) => coded("refusal", one)),
  };
}

function isToldElsewhere({ code }: Warning): boolean {
  return code === "SensitiveGroup" || SHIFTS_MEANING.includes(code);
}

/** What is said with a code. */
function coded(
  tone: "warning" | "refusal",
  { code, message }: { readonly code: string; readonly message: string },
): Statement {
  return { tone, what: code, size: 1, say: ({ characters }) => `${code}: ${oneLine(message, characters)}` };
}
