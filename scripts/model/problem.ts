/** Something wrong in a file that people edit, with its place. Lines and columns count from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string | null;
}

/** `clients.yaml:14:5: what is wrong (hint)` */
export function formatProblem(problem: Problem): string {
  const hint = problem.hint === null ? "" : ` (${problem.hint})`;
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}${hint}`;
}

/**
 * A failure that a person can mend: printed as it is, with what to type next, and never with a stack.
 * Everything else that is thrown is a bug of ours.
 */
export class UserError extends Error {
  readonly hints: readonly string[];

  constructor(message: string, ...hints: readonly string[]) {
    super(message);
    this.name = "UserError";
    this.hints = hints;
  }
}

/** What check and guard find. */
export interface Finding {
  readonly code: string;
  readonly level: "block" | "warn";
  readonly path: string;
  readonly message: string;
  /** The command that mends it. */
  readonly fix: string | null;
}
