import { reachOf } from "../model/access.ts";
import type { Because } from "../model/plan.ts";
import type { Client, Group, Registry } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";

type Groups = Registry["groups"];

/** A client's entry and the groups, as they were and as they are. */
export interface Sides {
  readonly was: Client | undefined;
  readonly is: Client | undefined;
  readonly before: Groups;
  readonly after: Groups;
  readonly now: Instant;
}

/** Everything that an entry reaches, repositories and services alike. */
export function targets(entry: Client | undefined, groups: Groups, now: Instant): Set<string> {
  const { repositories, services } = reachOf(entry, groups, now);
  return new Set([...repositories, ...services]);
}

/**
 * Where these gains and losses come from: each change alone is tried on what was. What only both together bring about
 * comes from both; what either would have, too. Nothing gained and nothing lost: from the entry.
 */
export function becauseOf(sides: Sides, gains: readonly string[], loses: readonly string[]): Because {
  const { was, is, before, after, now } = sides;
  const entryAlone = targets(is, before, now);
  const groupsAlone = targets(was, after, now);
  const groups = new Set<string>();
  let entry = gains.length + loses.length === 0;
  for (const [names, gained] of [
    [gains, true],
    [loses, false],
  ] as const) {
    for (const name of names) {
      const byEntry = entryAlone.has(name) === gained;
      const byGroups = groupsAlone.has(name) === gained;
      if (byEntry || !byGroups) entry = true;
      if (byEntry && !byGroups) continue;
      const among = byGroups ? (was?.groups ?? []) : [...(was?.groups ?? []), ...(is?.groups ?? [])];
      for (const group of among)
        if (gives(after.get(group), name) === gained && gives(before.get(group), name) !== gained) groups.add(group);
    }
  }
  return { entry, groups: [...groups].sort() };
}

/** The groups that reach something else than they did; those that come and go, too. */
export function changedGroups(before: Groups, after: Groups): Set<string> {
  const names = [...before.keys(), ...after.keys()];
  return new Set(names.filter((name) => grants(before.get(name)) !== grants(after.get(name))));
}

function gives(group: Group | undefined, name: string): boolean {
  return group !== undefined && (group.repositories.includes(name) || group.services.includes(name));
}

function grants(group: Group | undefined): string {
  return group === undefined ? "" : JSON.stringify([...group.repositories, ...group.services].sort());
}
