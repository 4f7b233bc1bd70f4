import { UserError } from "../model/problem.ts";
import { printableLines } from "../render/printable.ts";
import type { Style } from "../render/style.ts";

/** What a person reads when a command fails: their mistake and what to type next, or our bug and its stack. */
export function renderFailure(error: unknown, style: Style): string {
  const name = style.red("gatehouse:");
  if (error instanceof UserError) {
    const hints = error.hints.map((hint) => `  ${printableLines(hint)}\n`);
    return `${name} ${printableLines(error.message)}\n${hints.join("")}`;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${name} this is a bug in Gatehouse; please report it with these lines:\n${printableLines(stack)}\n`;
}
