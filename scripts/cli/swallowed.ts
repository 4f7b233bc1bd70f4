import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { COMMON_FLAGS, type CommandSpec, flagName, npmLine } from "./spec.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `npm run deploy --dry-run` gives the script no flag: npm takes it for its own and leaves npm_config_dry_run=true
 * in the environment, so that the opposite of what was asked would happen. Throws UserError with the right line
 * when npm started this very command and one of the command's flags is found there.
 *
 * npm expands what abbreviates one of its own (`--head` becomes npm_config_heading), and leaves no trace of
 * what it reads as its own at the default value (`--commit`: commit-hooks=true) or as an invalid one (`--only NAME`).
 */
export function refuseSwallowed(spec: CommandSpec, env: Environment, argv: readonly string[]): void {
  if (env["npm_lifecycle_event"] !== spec.name) return;
  const words = [...argv];
  const flags = Object.entries({ ...spec.flags, ...COMMON_FLAGS }).flatMap(([key, flag]) => {
    const value = lookUp(env, flagName(key));
    if (value === null) return [];
    if (flag.type === "boolean") return value === "true" ? [flagName(key)] : [];
    // npm knows nothing of the flag's argument: it reads `--now 2026-11-21` as now=true and hands the word on.
    const argument = value === "true" ? (words.shift() ?? flag.argument) : value;
    return [`${flagName(key)} ${shellWord(argument)}`];
  });
  if (flags.length === 0) return;
  const line = [npmLine(spec.name), "--", ...flags, ...words.map(shellWord)].join(" ");
  const them = flags.length === 1 ? "a flag that was" : "flags that were";
  throw new UserError(`npm kept ${them} meant for ${spec.name}; nothing was done`, `Type: ${line}`);
}

/** npm's own settings that our flags abbreviate. */
const EXPANDED: Readonly<Record<string, string>> = { head: "heading" };

function lookUp(env: Environment, flag: string): string | null {
  const name = flag.slice(2);
  const expanded = EXPANDED[name];
  const names = [name, ...(expanded === undefined ? [] : [expanded])];
  const values = names.map((candidate) => env[`npm_config_${candidate.replaceAll("-", "_")}`]);
  return values.find((value) => value !== undefined && value !== "") ?? null;
}
