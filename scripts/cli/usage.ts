import { COMMON_FLAGS, type CommandSpec, type FlagTable, flagName, npmLine } from "./spec.ts";

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
