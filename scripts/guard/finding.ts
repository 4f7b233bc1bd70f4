import { printable } from "../model/printable.ts";
import type { Finding } from "../model/problem.ts";

/** What the guard finds. `commit`: where it was found; null in the index. */
export interface GuardFinding extends Finding {
  readonly commit: string | null;
}

/** An entry of the index or of a commit's tree, or an object without a name. */
export interface Item {
  /** `100644`, `100755`, `120000` (symlink), `160000` (submodule); empty for what is no entry of a tree. */
  readonly mode: string;
  readonly id: string;
  /** From the top of the repository; for what has no path, words in parentheses: `(message of commit 1a2b3c4d)`. */
  readonly path: string;
  readonly commit: string | null;
  /** The command that takes it out again. */
  readonly remove: string;
}

export function block(item: Item, code: string, message: string, fix: string = item.remove): GuardFinding {
  return { code, level: "block", path: item.path, message, fix, commit: item.commit };
}

/** `guard: PATH (commit ID): what is wrong; mend it with: COMMAND`, for a terminal. */
export function findingLine({ level, path, message, fix, commit }: GuardFinding): string {
  const where = commit === null ? "" : ` (commit ${commit.slice(0, 12)})`;
  const mark = level === "warn" ? "warning: " : "";
  return printable(`guard: ${mark}${path}${where}: ${message}${fix === null ? "" : `; mend it with: ${fix}`}`);
}
