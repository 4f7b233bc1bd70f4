import { fileURLToPath } from "node:url";
import { printableLines, shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import type { Style } from "../views/style.ts";

const SETUP = shellWord(fileURLToPath(new URL("../setup.sh", import.meta.url)));

/** Node's words, and the specifier of a package: no path, which begins with a dot or a slash. */
const PACKAGE = /^Cannot find (?:package|module) '((?:@[\w.-]+\/)?\w[\w.-]*)/;

/** The name of a package that Node did not find; null for every other failure, such as a file of ours that is gone. */
function missingPackage(error: unknown): string | null {
  if (!(error instanceof Error && "code" in error)) return null;
  if (error.code !== "ERR_MODULE_NOT_FOUND" && error.code !== "MODULE_NOT_FOUND") return null;
  return PACKAGE.exec(error.message)?.[1] ?? null;
}

/** What a person reads when a command fails: their mistake and what to type next, or our bug and its stack. */
export function renderFailure(error: unknown, style: Style): string {
  const name = style.red("gatehouse:");
  if (error instanceof UserError) {
    const hints = error.hints.map((hint) => `  ${printableLines(hint)}\n`);
    return `${name} ${printableLines(error.message)}\n${hints.join("")}`;
  }
  const missing = missingPackage(error);
  if (missing !== null)
    return `${name} the package ${missing} is not installed here\n  bring what is missing: sh ${SETUP}\n`;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${name} this is a bug in Gatehouse; please report it with these lines:\n${printableLines(stack)}\n`;
}
