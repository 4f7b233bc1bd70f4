import { printableLines } from "../model/printable.ts";
import { type Registry, type Server, sshTarget } from "../model/registry.ts";
import type { Outcome } from "../model/release.ts";
import { compare } from "../model/words.ts";
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

/**
 * Ansible's inventory of the servers that are reached by ssh, YAML, sorted by name. A host has its server's name, by
 * which `deploy --build DIR` calls its release.
 */
export function inventoryYaml(registry: Registry): string {
  const hosts = [...registry.servers].sort(([a], [b]) => compare(a, b)).flatMap(([name, server]) => host(name, server));
  return [
    "# Made from the registry: npm run -s deploy -- --inventory",
    "all:",
    "  children:",
    "    gatehouse:",
    hosts.length === 0 ? "      hosts: {}" : "      hosts:",
    ...hosts,
    "",
  ].join("\n");
}

function host(name: string, { deploy, software }: Server): string[] {
  if (deploy.to !== "ssh") return [];
  const { user, host: address, port } = sshTarget(deploy.host);
  const variables = [
    ["ansible_host", address],
    ["ansible_port", port],
    ["ansible_user", user],
    ["gatehouse_directory", deploy.directory],
    ["gatehouse_software", software],
  ] as const;
  // JSON is YAML: a name such as 10 or no stays text.
  const lines = variables.flatMap(([key, value]) =>
    value === null ? [] : [`          ${key}: ${JSON.stringify(value)}`],
  );
  return [`        ${JSON.stringify(name)}:`, ...lines];
}
