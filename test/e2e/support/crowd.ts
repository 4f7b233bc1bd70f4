import type { Client, Registry } from "../../../scripts/model/registry.ts";
import { readRegistry } from "../../../scripts/read/registry.ts";
import { renderNginx } from "../../../scripts/servers/nginx/files.ts";
import { client, serial } from "../../servers/nginx-samples.ts";
import { APT, PKG } from "./siege-registry.ts";
import { clock, type Site } from "./site.ts";

/** A certificate of a client that the registry may not know. */
export interface Member {
  readonly name: string;
  readonly serial: string;
  readonly client: Client;
}

/** Clients that nobody issued a certificate to: only their number counts, and 50,000 keys take minutes. */
export function strangersByNumber(count: number): Member[] {
  return Array.from({ length: count }, (_, n) => ({
    name: `client-${n}`,
    serial: serial(n * 7919),
    client: client({ groups: n % 2 ? ["staff"] : [], home: n % 3 ? null : "debian" }),
  }));
}

/** Renders the site's registry anew with these members and nobody else, and puts the files in place. */
export async function admitOnly(
  site: Site,
  members: readonly Member[],
  change: (registry: Registry) => Registry = (registry) => registry,
): Promise<void> {
  const clients = new Map(members.map((one) => [one.name, one.client]));
  const registry = change({ ...(await registryOf(site)), clients });
  const admitted = members.map((one) => ({ serial: one.serial, client: one.name }));
  for (const file of renderNginx({ registry, admitted, issuedServers: [PKG, APT] })) {
    if ("text" in file) site.replace(file.path.replace(/^pki[/]/, ""), file.text);
  }
}

async function registryOf(site: Site): Promise<Registry> {
  const bytes = Buffer.from(site.repository.read("clients.yaml"));
  const read = await readRegistry(bytes, { now: clock(), requests: new Set(), signing: new Set() });
  if (!read.ok) throw new Error("clients.yaml has errors");
  return read.registry;
}
