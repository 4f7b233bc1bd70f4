import type { DerivedFile } from "../model/derived.ts";
import { DIR, SERIAL } from "../model/paths.ts";
import type { Client, Registry } from "../model/registry.ts";
import { block, compare, file, quote } from "./nginx/text.ts";
import { renewalMaps } from "./renewals.ts";

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
 * @throws Error for a serial that is none, or that two clients hold: nginx takes no key twice
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

/** ` staff subscribers `: every group between spaces, so that a pattern meets whole names only. */
function roles(client: Client): string {
  return ` ${[...new Set(client.groups)].sort(compare).join(" ")} `;
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

/**
 * clients.map, roles.map, homes.map, each keyed by `s:SERIAL`. Not by the client's name: 65 bytes of key do
 * not fit a hash bucket of 64, the size a foreign http {} has, and nginx then refuses to start.
 */
export function mapFiles(registry: Registry, entries: readonly Entry[]): DerivedFile[] {
  const map = (name: string, value: (entry: Entry) => string | null): DerivedFile => {
    const lines = entries.flatMap((entry) => {
      const text = value(entry);
      return text === null ? [] : [`s:${entry.serial} ${quote(text)};`];
    });
    return { path: `${DIR.nginx}/${name}.map`, text: file(lines) };
  };
  return [
    map("clients", (entry) => entry.client),
    map("roles", (entry) => (entry.settings.groups.length === 0 ? null : roles(entry.settings))),
    map("homes", ({ settings }) => homeOf(registry, settings)),
  ];
}

/**
 * From the certificate to who it is. Only a verified certificate's serial is looked up: the variables are
 * filled from unverified ones too. Everything unknown is the empty string, and the gates refuse that.
 * @param directory of the map files, as nginx finds it, with a slash at the end or empty
 */
export function identityMaps(directory: string): string[] {
  const lookUp = (variable: string, name: string) =>
    block(`map $gatehouse_serial ${variable}`, ['default "";', `include ${directory}${name}.map;`]);
  return [
    ...block("map $ssl_client_verify $gatehouse_serial", ['default "";', 'SUCCESS "s:$ssl_client_serial";']),
    ...lookUp("$gatehouse_client", "clients"),
    ...lookUp("$gatehouse_roles", "roles"),
    ...lookUp("$gatehouse_home", "homes"),
    ...renewalMaps(directory),
  ];
}

/**
 * Sizes with which nginx finds an arrangement at the first try and does not warn. Four slots or more for an
 * entry and room for twelve in a bucket: a fuller bucket is not to be expected at any number of entries.
 * Buckets take only the memory they use.
 */
export function mapHashSizes(entries: number): { readonly maxSize: number; readonly bucketSize: number } {
  return { maxSize: powerOfTwo(Math.max(2048, 4 * entries)), bucketSize: 1024 };
}

/** The least power of two that is not below n. */
export function powerOfTwo(n: number): number {
  let power = 1;
  while (power < n) power *= 2;
  return power;
}
