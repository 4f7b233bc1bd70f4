import type { Change, Plan, Warning } from "../model/plan.ts";
import { formatInstant } from "../model/time.ts";
import { accessLines } from "./plan-access.ts";
import { byKind, changeLines, fold, LOOK } from "./plan-changes.ts";
import { byTime, inFigures, LOUD, SHIFTS_MEANING } from "./plan-words.ts";
import type { Style } from "./style.ts";
import { count } from "./words.ts";
import { wrap } from "./wrap.ts";

export interface TextOptions {
  readonly style: Style;
  /** Columns. */
  readonly width: number;
}

/**
 * A plan for a reviewer with one minute: what shifts meaning, who gains and loses what, certificates and why, the rest
 * in a line each, and last, where the eye rests, what is refused. Long lists are folded, but never definitions, sensitive
 * groups and refusals: nothing may hide behind a crowd.
 */
export function planText(plan: Plan, { style, width }: TextOptions): string {
  const asked = plan.changes.filter(({ due }) => due === "registry");
  const sections = [
    opening(plan, { style, width }),
    section("Definitions, policy, code", meaning(plan, { style, width }), style),
    section("Who gains and loses access", access(plan, { style, width }), style),
    section("Certificates", certificates(asked, { style, width }), style),
    [...rewritten(asked, width), ...timeLines(plan.changes, width)],
    section("Warnings", warnings(plan.warnings, { style, width }), style),
    section("Refused", refusals(plan, { style, width }), style),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : [style.bold(title), ...lines];
}

function opening(
  { asOf, changes, access: differences, refusals: refused, summary, digest }: Plan,
  options: TextOptions,
) {
  const { style, width } = options;
  const instant = formatInstant(asOf);
  if (changes.length + differences.length + refused.length === 0) {
    return wrap(`Nothing to do: as of ${instant}, pki/ is what clients.yaml asks for.`, width);
  }
  const text = `Plan as of ${instant}. ${inFigures(summary)}`;
  return [...wrap(text, width, { paint: style.bold }), ...wrap(`digest ${digest}`, width, { paint: style.dim })];
}

function meaning(plan: Plan, { style, width }: TextOptions): string[] {
  const definitions = plan.changes.filter(({ kind }) => LOOK[kind].what === "definition");
  const shifts = plan.warnings.filter(({ code }) => SHIFTS_MEANING.includes(code));
  return [
    ...definitions.flatMap((change) => changeLines(change, style, width)),
    ...shifts.flatMap(({ message }) => wrap(message, width, { first: "  * ", paint: style.bold })),
  ];
}

function access(plan: Plan, { style, width }: TextOptions): string[] {
  const loud = plan.warnings.filter(({ code }) => LOUD.includes(code));
  const paint = (line: string) => style.bold(style.magenta(line));
  return [
    ...accessLines(plan.access, style, width),
    ...loud.flatMap(({ message }) => wrap(`SENSITIVE: ${message}`, width, { first: "  # ", paint })),
  ];
}

function certificates(asked: readonly Change[], { style, width }: TextOptions): string[] {
  const ours = asked.filter(({ kind }) => LOOK[kind].what === "certificate");
  return byKind(ours).flatMap((alike) => fold(alike, (change) => changeLines(change, style, width)));
}

/** The CRL and the files, which follow from the rest. */
function rewritten(asked: readonly Change[], width: number): string[] {
  const crls = asked.filter((change) => change.kind === "crl");
  const files = asked.filter((change) => change.kind === "file");
  const signed = crls.map(({ number, reason }) => `CRL ${number} is signed (${reason}).`);
  const reasons = [...Map.groupBy(files, ({ reason }) => reason)].map(([reason, { length }]) => `${length} ${reason}`);
  const written =
    files.length === 0 ? [] : [`${count(files.length, "file is", "files are")} written: ${reasons.join(", ")}.`];
  return [...fold(signed, (line) => wrap(line, width)), ...written.flatMap((line) => wrap(line, width))];
}

function timeLines(changes: readonly Change[], width: number): string[] {
  const sentence = byTime(changes);
  return sentence === "" ? [] : wrap(sentence, width);
}

function warnings(all: readonly Warning[], { style, width }: TextOptions): string[] {
  const rest = all.filter(({ code }) => !LOUD.includes(code) && !SHIFTS_MEANING.includes(code));
  return [...Map.groupBy(rest, ({ code }) => code).values()].flatMap((alike) =>
    fold(alike, ({ code, message }) => wrap(`${code}: ${message}`, width, { first: "  ? ", paint: style.yellow })),
  );
}

function refusals(plan: Plan, { style, width }: TextOptions): string[] {
  const paint = (line: string) => style.bold(style.red(line));
  return plan.refusals.flatMap(({ code, message }) => wrap(`${code}: ${message}`, width, { first: "  ! ", paint }));
}
