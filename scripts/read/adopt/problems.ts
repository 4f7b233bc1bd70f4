import type { Problem } from "../../model/problem.ts";

/** What is wrong in a file of the directory, by line; nothing there has columns that help. */
export function problemAt(file: string, line: number, message: string): Problem {
  return { file, line, column: 1, message, hint: null };
}
