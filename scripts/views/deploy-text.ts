import { printableLines } from "../model/printable.ts";
import type { Outcome } from "../model/release.ts";
import type { Style } from "./style.ts";
import { type Row, table } from "./table.ts";

/** What became of one server while others are still at work: its name before each line. */
export function narrationText({ name }: Outcome, narration: string): string {
  const lines = printableLines(narration).split("\n");
  return lines.flatMap((line) => (line.trim() === "" ? [] : [`${name}: ${line}\n`])).join("");
}

/** All servers, in the order given. */
export function outcomesText(outcomes: readonly Outcome[], { style, width }: { style: Style; width: number }): string {
  if (outcomes.length === 0) return "No servers.\n";
  const rows = outcomes.map(({ name, state, release, message }): Row => {
    const what = release === null ? message : `${release}: ${message}`;
    return { cells: [name, state, what], paint: paintOf(state, style) };
  });
  return `${table(["server", "state", "release and what happened"], rows, width, style).join("\n")}\n`;
}

/** Why a server is left out where nobody types deploy, and what to write where it should not be. */
export function leftOut(name: string): string {
  return `${name}: not deployed: clients.yaml does not say how to get there. If this machine is that server: deploy: { to: local }`;
}

function paintOf(state: Outcome["state"], style: Style): (text: string) => string {
  if (state === "active") return style.green;
  return state === "unchanged" ? (text) => text : style.red;
}

/** DESIGN: `deploy --json`. */
export function outcomesJson(outcomes: readonly Outcome[]): string {
  const servers = outcomes.map(({ name, release, state, message }) => ({ name, release, state, message }));
  return `${JSON.stringify({ servers }, null, 2)}\n`;
}
