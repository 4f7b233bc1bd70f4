import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import type { Client, Registry } from "../../model/registry.ts";
import { type Entry, homeOf, rolesOf } from "../allow-list.ts";
import { file } from "../text.ts";
import { renewalMaps } from "./renewals.ts";
import { block, quote } from "./text.ts";

/** ` staff subscribers `: every group between spaces, so that a pattern meets whole names only. */
function roles(client: Client): string {
  return ` ${rolesOf(client).join(" ")} `;
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
