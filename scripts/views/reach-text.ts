import { reach } from "../model/access.ts";
import type { Registry } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import { count, list } from "../model/words.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

const NAMES_SHOWN = 10;

/** Who can reach what, repository by repository, then services. */
export function reachText(
  registry: Registry,
  now: Instant,
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const who = reachable(registry, now);
  const rows = [
    ...[...registry.repositories].map(([name, { type, path }]) => ({
      cells: [name, type, path, clients(who.get(name))],
    })),
    ...[...registry.services].map(([name, { sni }]) => ({ cells: [name, "service", sni, clients(who.get(name))] })),
  ];
  if (rows.length === 0) return "No repositories and no services yet: add them to clients.yaml.\n";
  return `${table(["repository", "type", "at", "who"], rows, width, style).join("\n")}\n`;
}

/** Repository or service → the clients that reach it, in the order of the file. */
function reachable(registry: Registry, now: Instant): Map<string, string[]> {
  const who = new Map<string, string[]>();
  for (const client of registry.clients.keys()) {
    const { repositories, services } = reach(registry, client, now);
    for (const name of [...repositories, ...services]) {
      const names = who.get(name) ?? [];
      names.push(client);
      who.set(name, names);
    }
  }
  return who;
}

function clients(names: readonly string[] = []): string {
  return names.length === 0 ? "nobody" : `${count(names.length, "client")}: ${list(names, NAMES_SHOWN)}`;
}
