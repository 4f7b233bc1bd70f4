import type { Client, Registry } from "./registry.ts";
import type { Instant } from "./time.ts";

/** Names, sorted by code unit, each once. */
export interface Reach {
  readonly repositories: readonly string[];
  readonly services: readonly string[];
}

const NOTHING: Reach = { repositories: [], services: [] };

/**
 * The one rule of access: a client that is admitted reaches the union of what its groups reach, and nothing else.
 * A name that is not a client reaches nothing; a group that is not there adds nothing.
 */
export function reach(registry: Registry, clientName: string, now: Instant): Reach {
  return reachOf(registry.clients.get(clientName), registry.groups, now);
}

/** The same of an entry, beside whatever groups. */
export function reachOf(client: Client | undefined, definitions: Registry["groups"], now: Instant): Reach {
  if (client === undefined || !isAdmitted(client, now)) return NOTHING;
  const groups = client.groups.flatMap((name) => definitions.get(name) ?? []);
  return {
    repositories: union(groups.map((group) => group.repositories)),
    services: union(groups.map((group) => group.services)),
  };
}

/** No tombstone, not suspended, and its access has not ended: at `expires` itself it has. */
export function isAdmitted(client: Client, now: Instant): boolean {
  return client.revoked === null && !client.suspended && (client.expires === null || client.expires > now);
}

/** The clients that are admitted, in the order of the file, whether or not their groups give them anything. */
export function admittedClients(registry: Registry, now: Instant): string[] {
  return [...registry.clients].filter(([, client]) => isAdmitted(client, now)).map(([name]) => name);
}

function union(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort();
}
