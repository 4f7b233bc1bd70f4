import { nearest } from "../model/nearest.ts";
import { UserError } from "../model/problem.ts";
import { parseInstant } from "../model/time.ts";
import {
  COMMON_FLAGS,
  type CommandSpec,
  type FlagSpec,
  type Flags,
  type FlagTable,
  type FlagValue,
  flagName,
  npmLine,
} from "./spec.ts";

export interface Parsed<T extends FlagTable> {
  readonly flags: Flags<T>;
  readonly common: Flags<typeof COMMON_FLAGS>;
  readonly positionals: readonly string[];
}

/**
 * Arguments after the script's name to values, by the command's table. `--flag value` and `--flag=value`; `--` ends
 * the flags; `-h` is `--help`. Throws UserError for what is unknown, malformed, given twice or missing.
 */
export function parseArguments<T extends FlagTable>(spec: CommandSpec<T>, argv: readonly string[]): Parsed<T> {
  const table = { ...spec.flags, ...COMMON_FLAGS };
  const values = defaults(table);
  const positionals: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") positionals.push(...rest.splice(0));
    else if (word === "-h") values["help"] = true;
    else if (isFlag(word)) readFlag(spec, table, word, rest, values);
    else positionals.push(word);
  }
  if (!isComplete(spec.flags, values) || !isComplete(COMMON_FLAGS, values)) throw new Error("a flag has a wrong type");
  if (!values.help) checkPositionals(spec, positionals);
  return { flags: values, common: values, positionals };
}

function defaults(table: FlagTable): Record<string, FlagValue> {
  const values: Record<string, FlagValue> = Object.create(null);
  for (const [key, flag] of Object.entries(table)) values[key] = flag.type === "boolean" ? false : null;
  return values;
}

function readFlag(
  spec: CommandSpec,
  table: FlagTable,
  word: string,
  rest: string[],
  values: Record<string, FlagValue>,
): void {
  const [name = "", ...tail] = word.split("=");
  const key = Object.keys(table).find((candidate) => flagName(candidate) === name);
  const flag = key === undefined ? undefined : table[key];
  if (key === undefined || flag === undefined) throw unknownFlag(spec, table, name);
  const inline = tail.length > 0 ? tail.join("=") : null;
  if (flag.type === "boolean") {
    if (inline !== null) throw new UserError(`${name} takes no value`, help(spec));
    values[key] = true;
    return;
  }
  if (values[key] !== null) throw new UserError(`${name} is given twice`, help(spec));
  // A word that begins with a dash is the next flag, not a value: `--head --json` forgot one.
  const text = inline ?? (isFlag(rest[0] ?? "") ? undefined : rest.shift());
  if (text === undefined || text === "") throw new UserError(`${name} needs ${flag.argument}`, help(spec));
  values[key] = readValue(name, flag, text);
}

/** A single dash is a word: standard input. */
const isFlag = (word: string): boolean => word.startsWith("-") && word !== "-";

function readValue(name: string, flag: FlagSpec, text: string): FlagValue {
  if (flag.type === "instant") {
    const instant = parseInstant(text);
    if (instant !== null) return instant;
    throw new UserError(`${name}: "${text}" is not an instant`, "Write 2026-11-21T12:00:00Z, or a date: 2026-11-21.");
  }
  if (flag.type === "integer") {
    if (/^[0-9]{1,9}$/.test(text)) return Number(text);
    throw new UserError(`${name}: "${text}" is not a whole number`);
  }
  return text;
}

function unknownFlag(spec: CommandSpec, table: FlagTable, name: string): UserError {
  const guess = nearest(name, Object.keys(table).map(flagName));
  const hints = guess === null ? [] : [`Did you mean ${guess}?`];
  return new UserError(`${spec.name} has no flag ${name}`, ...hints, help(spec));
}

function checkPositionals(spec: CommandSpec, given: readonly string[]): void {
  const known = spec.positionals ?? [];
  const missing = known.slice(given.length).find((positional) => positional.required);
  if (missing) throw new UserError(`${spec.name} needs ${missing.argument}: ${missing.description}`, help(spec));
  const extra = given[known.length];
  if (extra === undefined) return;
  throw new UserError(`${spec.name} does not know what to do with "${extra}"`, help(spec));
}

const help = (spec: CommandSpec): string => `All flags: ${npmLine(spec.name)} -- --help`;

const TYPE_OF = { boolean: "boolean", string: "string", instant: "number", integer: "number" } as const;

/** The proof that the values are what the table's type promises. */
function isComplete<T extends FlagTable>(
  table: T,
  values: Record<string, FlagValue>,
): values is Flags<T> & typeof values {
  return Object.entries(table).every(([key, flag]) => {
    const value = values[key];
    return typeof value === TYPE_OF[flag.type] || (value === null && flag.type !== "boolean");
  });
}
