import type { Instant } from "../model/time.ts";

/** A flag as a command declares it, under its camelCase name: `allowLosses` is typed `--allow-losses`. */
export type FlagSpec =
  | { readonly type: "boolean"; readonly description: string }
  | { readonly type: "string" | "instant" | "integer"; readonly argument: string; readonly description: string };

export type FlagTable = Readonly<Record<string, FlagSpec>>;

interface PositionalSpec {
  /** As usage names it, such as NAME. */
  readonly argument: string;
  readonly required: boolean;
  readonly description: string;
}

/** A command as data: everything that help, the parser and the check for swallowed flags need. */
export interface CommandSpec<T extends FlagTable = FlagTable> {
  /** scripts/NAME.ts */
  readonly name: string;
  readonly summary: string;
  readonly flags: T;
  readonly positionals?: readonly PositionalSpec[];
  /** What it must be able to read to do its work, for help: "none", "the CA key". */
  readonly secrets?: string;
  /** The command ends by itself on SIGINT; otherwise Ctrl-C ends the process at once. */
  readonly stopsItself?: boolean;
}

export type FlagValue = boolean | string | number | null;

type ValueOf<F extends FlagSpec> = F["type"] extends "boolean"
  ? boolean
  : F["type"] extends "string"
    ? string | null
    : F["type"] extends "instant"
      ? Instant | null
      : number | null;

/** The values of a table's flags; null (false for booleans) where a flag was not given. */
export type Flags<T extends FlagTable> = { readonly [K in keyof T]: ValueOf<T[K]> };

/** Every command has these. */
export const COMMON_FLAGS = {
  root: { type: "string", argument: "DIR", description: "the repository to act on (default: the one around here)" },
  now: { type: "instant", argument: "INSTANT", description: "act as of then: RFC 3339, or a date (simulation)" },
  json: { type: "boolean", description: "the result as JSON on stdout" },
  help: { type: "boolean", description: "this text" },
} as const satisfies FlagTable;

/** `allowLosses` → `--allow-losses` */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What a person types to run a command through npm: `npm start`, `npm run plan`. */
export function npmLine(name: string): string {
  return name === "start" || name === "test" ? `npm ${name}` : `npm run ${name}`;
}

/** The text of `--help`. */
export function renderUsage(spec: CommandSpec): string {
  const positionals = spec.positionals ?? [];
  const words = positionals.map(({ argument, required }) => (required ? argument : `[${argument}]`));
  const blocks = [
    `${spec.name}: ${spec.summary}`,
    `  ${[npmLine(spec.name), "--", ...words, "[flags]"].join(" ")}`,
    section(
      "",
      positionals.map(({ argument, description }) => [argument, description]),
    ),
    section("Flags", rows(spec.flags)),
    section("Flags of every command", rows(COMMON_FLAGS)),
    spec.secrets === undefined ? "" : `Secrets it needs: ${spec.secrets}.`,
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function rows(table: FlagTable): string[][] {
  return Object.entries(table).map(([key, flag]) => {
    const argument = flag.type === "boolean" ? "" : ` ${flag.argument}`;
    return [flagName(key) + argument, flag.description];
  });
}

function section(title: string, lines: readonly (readonly string[])[]): string {
  if (lines.length === 0) return "";
  const width = Math.max(...lines.map(([left = ""]) => left.length));
  const body = lines.map(([left = "", right = ""]) => `  ${left.padEnd(width)}  ${right}`);
  return [...(title === "" ? [] : [title]), ...body].join("\n");
}
