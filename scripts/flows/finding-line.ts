import type { GuardFinding } from "../guard/finding.ts";
import { printable } from "../model/printable.ts";

/** `guard: PATH (commit ID): what is wrong; mend it with: COMMAND`, for a terminal. */
export function findingLine({ level, path, message, fix, commit }: GuardFinding): string {
  const where = commit === null ? "" : ` (commit ${commit.slice(0, 12)})`;
  const mark = level === "warn" ? "warning: " : "";
  return printable(`guard: ${mark}${path}${where}: ${message}${fix === null ? "" : `; mend it with: ${fix}`}`);
}
