import { reach } from "../model/access.ts";
import type { AccessChange } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";

/**
 * Who gains and who loses which repositories and services between two registries, both looked at as of one instant, so
 * that what time alone takes away is no difference. `renamedFrom`: new name → old name. Sorted by client.
 */
export function compareAccess(
  before: Registry | null,
  after: Registry,
  renamedFrom: (client: string) => string | null,
  now: Instant,
): AccessChange[] {
  // The same object: nothing was changed, and there are tens of thousands of clients.
  if (before === after) return [];
  const changes: AccessChange[] = [];
  const followed = new Set<string>();
  for (const client of after.clients.keys()) {
    const previously = before?.clients.has(client) === true ? null : renamedFrom(client);
    if (previously !== null) followed.add(previously);
    const change = difference(
      client,
      previously,
      reachOf(before, previously ?? client, now),
      reachOf(after, client, now),
    );
    if (change !== null) changes.push(change);
  }
  for (const client of before?.clients.keys() ?? []) {
    if (after.clients.has(client) || followed.has(client)) continue;
    const change = difference(client, null, reachOf(before, client, now), new Set());
    if (change !== null) changes.push(change);
  }
  return changes.sort((a, b) => (a.client < b.client ? -1 : 1));
}

function reachOf(registry: Registry | null, client: string, now: Instant): Set<string> {
  if (registry === null || !registry.clients.has(client)) return new Set();
  const { repositories, services } = reach(registry, client, now);
  return new Set([...repositories, ...services]);
}

const UNEXPLAINED = {
  oldName: null,
  because: { entry: true, groups: [] },
  until: null,
  contact: null,
  lossIs: null,
  reissued: null,
} as const;

function difference(
  client: string,
  previously: string | null,
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
): AccessChange | null {
  const gains = [...after].filter((name) => !before.has(name)).sort();
  const loses = [...before].filter((name) => !after.has(name)).sort();
  return gains.length + loses.length + (previously === null ? 0 : 1) === 0
    ? null
    : { ...UNEXPLAINED, client, previously, gains, loses };
}
