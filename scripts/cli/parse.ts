import { parseArgs } from "node:util";
import { UserError } from "../model/problem.ts";
import { parseInstant } from "../model/time.ts";
import { nearest } from "../model/words.ts";
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
  for (const token of tokens(table, argv)) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind === "option") readFlag(spec, table, token, argv[token.index] ?? "", values);
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

/** Node's own reading, without its errors: they know nothing of our types, nor of what to type next. */
function tokens(table: FlagTable, argv: readonly string[]) {
  const options = Object.entries(table).map(([key, { type }]) => {
    return [flagName(key).slice(2), { type: type === "boolean" ? "boolean" : "string" }] as const;
  });
  return parseArgs({ args: [...argv], options: Object.fromEntries(options), strict: false, tokens: true }).tokens;
}

interface OptionToken {
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

/** @param word as it was typed: Node takes `-xy` for two flags, and we have none of one letter but `-h` */
function readFlag(
  spec: CommandSpec,
  table: FlagTable,
  { value, inlineValue }: OptionToken,
  word: string,
  values: Record<string, FlagValue>,
): void {
  const name = word === "-h" ? "--help" : word.replace(/=.*/s, "");
  const key = Object.keys(table).find((candidate) => flagName(candidate) === name);
  const flag = key === undefined ? undefined : table[key];
  if (key === undefined || flag === undefined) throw unknownFlag(spec, table, name);
  if (flag.type === "boolean") {
    if (value !== undefined) throw new UserError(`${name} takes no value`, help(spec));
    values[key] = true;
    return;
  }
  if (values[key] !== null) throw new UserError(`${name} is given twice`, help(spec));
  // A word that begins with a dash is the next flag, not a value: `--head --json` forgot one.
  if (!value || (!inlineValue && isFlag(value))) throw new UserError(`${name} needs ${flag.argument}`, help(spec));
  values[key] = readValue(name, flag, value);
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
