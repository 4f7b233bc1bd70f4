import { printable } from "../model/printable.ts";
import type { Finding } from "../model/problem.ts";
import { count } from "../model/words.ts";
import type { Style } from "./style.ts";

const MARK = { block: "✗", warn: "!" } as const;
const PAINT = { block: "red", warn: "yellow" } as const satisfies Record<Finding["level"], keyof Style>;

/** One line each, however long, for people and for grep: `✗ CODE  PATH: what is wrong → the command that mends it`. */
export function findingsText(findings: readonly Finding[], style: Style): string {
  const widest = findings.reduce((most, { code }) => Math.max(most, code.length), 0);
  return findings.map((finding) => `${line(finding, widest, style)}\n`).join("");
}

function line({ code, level, path, message, fix }: Finding, width: number, style: Style): string {
  const paint = style[PAINT[level]];
  const mend = fix === null ? "" : ` → ${style.bold(oneLine(fix))}`;
  return `${paint(`${MARK[level]} ${oneLine(code).padEnd(width)}`)}  ${oneLine(path)}: ${oneLine(message)}${mend}`;
}

/** Line feeds become visible like everything else that would act. */
function oneLine(text: string): string {
  return printable(text);
}

/** `2 findings block, 1 warning.` */
export function findingsSummary(findings: readonly Finding[], certificates: number): string {
  const blocking = findings.filter(({ level }) => level === "block").length;
  const warnings = findings.length - blocking;
  if (findings.length === 0)
    return `Everything holds: registry, ${count(certificates, "certificate")}, CRL, derived files, repository.`;
  const parts = [
    ...(blocking === 0 ? [] : [`${count(blocking, "finding")} that must be mended (✗)`]),
    ...(warnings === 0 ? [] : [`${count(warnings, "warning")} (!)`]),
  ];
  return `${parts.join(", ")} among ${count(certificates, "certificate")}.`;
}

/** `check --json`, in the shape that docs promise to scripts: indented, with a final line feed. */
export function findingsJson(findings: readonly Finding[]): string {
  const ordered = findings.map(({ code, level, path, message, fix }) => ({ code, level, path, message, fix }));
  return `${JSON.stringify({ findings: ordered }, null, 2)}\n`;
}
