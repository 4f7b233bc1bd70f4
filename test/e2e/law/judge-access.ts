import type { AccessChange, Plan } from "../../../scripts/model/plan.ts";
import { formatInstant } from "../../../scripts/model/time.ts";
import { type Happened, type Lie, unlike } from "./lie.ts";
import { isSection, type Reading, type Section } from "./reading.ts";

function repositoriesOf({ carriedOut }: Reading): Set<string> {
  const { repositories } = carriedOut;
  return new Set(isSection(repositories) ? Object.keys(repositories) : []);
}

/** `client: +gained -lost`, from the allow-lists before and after. */
export function access(plan: Plan, { unchanged, after }: Happened): Lie[] {
  const served = new Set([...repositoriesOf(unchanged), ...repositoriesOf(after)]);
  const only = (names: readonly string[]) => names.filter((name) => served.has(name));
  const said = plan.access.flatMap((change: AccessChange) =>
    line(change.client, only(change.gains), only(change.loses)),
  );
  const old = new Map(
    plan.access.flatMap(({ client, previously }) => (previously === null ? [] : [[client, previously]])),
  );
  const renamed = new Set(old.values());
  // Somebody who is renamed and shut out at once is on no list by the new name.
  const names = new Set([...unchanged.reach.keys(), ...after.reach.keys(), ...old.keys()]);
  const differs = [...names].sort().flatMap((name) => {
    if (renamed.has(name) && !after.reach.has(name)) return [];
    const [was, is] = [unchanged.reach.get(old.get(name) ?? name) ?? [], after.reach.get(name) ?? []];
    return line(
      name,
      is.filter((one) => !was.includes(one)),
      was.filter((one) => !is.includes(one)),
    );
  });
  return unlike("access", said, differs);
}

function line(client: string, gains: readonly string[], loses: readonly string[]): string[] {
  if (gains.length + loses.length === 0) return [];
  return [[`${client}:`, ...gains.map((one) => `+${one}`), ...loses.map((one) => `-${one}`)].join(" ")];
}

/** A home that moved is told by an edit or by access. */
export function homes(plan: Plan, { unchanged, after }: Happened): Lie[] {
  const told = new Set(plan.access.map(({ client }) => client));
  const renamed = new Map(plan.access.map(({ client, previously }) => [client, previously]));
  const moved = plan.edits.some(({ section, field }) => section === "repositories" && field === "path");
  return [...after.homes].flatMap(([client, path]) => {
    const was = unchanged.homes.get(renamed.get(client) ?? client);
    const own = plan.edits.some(
      ({ section, name, field }) => section === "clients" && name === client && field === "home",
    );
    return was === path || own || told.has(client) || moved
      ? []
      : [`home: ${client} ${was} becomes ${path}, and nothing says so`];
  });
}

/** What stands beside a gain or a loss: until when, and whether it is for ever. */
export function ends(plan: Plan, { unchanged, after }: Happened): Lie[] {
  return plan.access.flatMap(({ client, until, loses, lossIs }) => {
    const entry = entryOf(after, client) ?? entryOf(unchanged, client);
    const listed = after.reach.has(client);
    return [
      ...unlike(`end of ${client}`, until === null ? null : formatInstant(until), entry?.["expires"] ?? null),
      ...(loses.length === 0 ? [] : unlike(`${client} is out`, lossIs !== null, !listed)),
      ...(lossIs === "held" ? unlike(`${client} is held`, true, entry?.["suspended"] ?? null) : []),
    ];
  });
}

function entryOf({ carriedOut }: Reading, client: string): Section | null {
  const { clients } = carriedOut;
  const entry = isSection(clients) ? clients[client] : undefined;
  return isSection(entry) ? entry : null;
}
