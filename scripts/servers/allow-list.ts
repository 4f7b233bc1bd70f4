import { SERIAL } from "../model/layout.ts";
import type { Client, Registry } from "../model/registry.ts";
import { compare } from "../model/words.ts";

/** A certificate of a client that is valid, not held, not revoked, not ended. */
export interface Admitted {
  readonly serial: string;
  readonly client: string;
}

export interface Entry extends Admitted {
  readonly settings: Client;
}

/**
 * The allow-list, sorted by client and serial. A certificate whose client is not in the registry, or is a
 * tombstone or suspended there, is left out whatever the caller says.
 * @throws Error for a serial that is none, or that two clients hold: no map takes a key twice
 */
export function admittedEntries(registry: Registry, admitted: readonly Admitted[]): Entry[] {
  const entries = new Map<string, Entry>();
  for (const { serial, client } of admitted) {
    const settings = registry.clients.get(client);
    if (settings === undefined || settings.revoked !== null || settings.suspended) continue;
    if (!SERIAL.test(serial)) throw new Error(`not a serial number: ${JSON.stringify(serial)}`);
    const other = entries.get(serial);
    if (other !== undefined && other.client !== client) throw new Error(`${serial} belongs to two clients`);
    entries.set(serial, { serial, client, settings });
  }
  return [...entries.values()].sort((a, b) => compare(a.client, b.client) || compare(a.serial, b.serial));
}

/** The groups of a client, each once, sorted. */
export function rolesOf(client: Client): string[] {
  return [...new Set(client.groups)].sort(compare);
}

/** Names of the groups that may reach the repository, sorted. */
export function groupsOf(registry: Registry, repository: string): string[] {
  const names = [...registry.groups].filter(([, group]) => group.repositories.includes(repository));
  return names.map(([name]) => name).sort(compare);
}

/** The home of a client that has none set: what it reaches, where that is one repository, so that nothing is guessed. */
function onlyRepository(registry: Registry, { groups }: Client): string | null {
  const [one, ...more] = new Set(groups.flatMap((name) => registry.groups.get(name)?.repositories ?? []));
  return more.length === 0 ? (one ?? null) : null;
}

/** The path of the repository that a client sees at /home/. */
export function homeOf(registry: Registry, client: Client): string | null {
  return registry.repositories.get(client.home ?? onlyRepository(registry, client) ?? "")?.path ?? null;
}
