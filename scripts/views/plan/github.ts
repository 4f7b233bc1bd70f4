import { REGISTRY_FILE } from "../../model/layout.ts";
import type { Plan, Refusal, Warning } from "../../model/plan.ts";
import { inert, oneLine, printable } from "../../model/printable.ts";
import type { Problem } from "../../model/problem.ts";
import { figures } from "../../model/words.ts";
import { type Places, type Spot, spotAt, spotOf } from "./places.ts";
import { reviewOf } from "./review.ts";
import { NAMED, type Room, type Statement } from "./statement.ts";

type Level = "error" | "warning" | "notice";

interface Annotation extends Spot {
  readonly level: Level;
  readonly title: string;
  readonly message: string;
}

/** GitHub shows so many of each level for a step, and drops the others without a word. */
const MOST_SHOWN = 10;

/**
 * Workflow commands, one a line: what is refused; alarms and warnings; who loses access. Each stands where what it is
 * about is written, so that a reviewer meets it beside the line that asks for it.
 */
export function planAnnotations(plan: Plan, places: Places): string[] {
  const { alarms, access } = reviewOf(plan);
  const losses = access.filter(({ tone }) => tone === "loss" || tone === "pause");
  const rest = plan.warnings.filter(({ code }) => code !== "SensitiveGroup");
  return commands([
    ...plan.refusals.map((refusal) => coded("error", refusal, places)),
    ...alarms.map((one) => said("warning", one.tone === "alarm" ? "KeyCompromised" : "SensitiveGroup", one, places)),
    ...rest.map((warning) => coded("warning", warning, places)),
    ...losses.map((one) => said("notice", "LosesAccess", one, places)),
  ]);
}

function coded(level: Level, told: Refusal | Warning, places: Places): Annotation {
  return { level, title: told.code, message: told.message, ...spotOf(told, places) };
}

/** As many names as a sentence takes: there is no list below. */
const ROOM: Room = { names: NAMED, characters: 400, listed: 0 };

function said(level: Level, title: string, { say, about = [] }: Statement, places: Places): Annotation {
  return { level, title, message: oneLine(say(ROOM)), ...spotAt(about, places) };
}

/** The same for a clients.yaml that cannot be read. */
export function problemAnnotations(problems: readonly Problem[]): string[] {
  return commands(
    problems.map(({ file, line, column, message, hint }) => ({
      level: "error",
      title: REGISTRY_FILE,
      message: hint === null ? message : `${message} (${hint})`,
      file,
      place: { line, column },
    })),
  );
}

function commands(all: readonly Annotation[]): string[] {
  return (["error", "warning", "notice"] as const).flatMap((level) => {
    const these = all.filter((one) => one.level === level);
    if (these.length <= MOST_SHOWN) return these.map(command);
    const left = these.length - MOST_SHOWN + 1;
    const message = `and ${figures(left)} more, all in the step's summary`;
    const rest: Annotation = { level, title: "And more", message, file: null, place: null };
    return [...these.slice(0, MOST_SHOWN - 1), rest].map(command);
  });
}

/** A few times what the page of annotations shows. */
const LONGEST = 4000;

/** `::error file=…,line=…,col=…,title=…::message` */
function command({ level, title, message, file, place }: Annotation): string {
  const fields = [
    ...(file === null ? [] : [`file=${property(file)}`]),
    ...(place === null ? [] : [`line=${place.line}`, `col=${place.column}`]),
    `title=${property(title)}`,
  ];
  const lines = message.slice(0, LONGEST).split(/\r?\n/).map(printable);
  // A runner that knows no `::` of this name would look for the older form behind it.
  return `::${inert(`${level} ${fields.join(",")}::${data(lines.join("\n"))}`)}`;
}

/** Escapes as the runner undoes them (actions/toolkit, packages/core/src/command.ts); `%` first. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(printable(text)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** What later steps may ask for, as lines for the file that GITHUB_OUTPUT names. */
export function planOutputs({ digest, changes, summary, refusals }: Plan): string {
  return outputs({
    digest,
    changes: String(changes.length > 0),
    lose: String(summary.lose),
    refused: String(refusals.length > 0),
  });
}

/** The same for a clients.yaml that cannot be read: no digest, and refused. */
export function problemOutputs(): string {
  return outputs({ digest: "", changes: "false", lose: "0", refused: "true" });
}

/** `name<<DELIMITER`, value, DELIMITER: a delimiter that the value holds is made longer until it does not. */
function outputs(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      let delimiter = "END_OF_VALUE";
      while (value.includes(delimiter)) delimiter += "_";
      return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
    })
    .join("");
}
