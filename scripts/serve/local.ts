import { CARRIED_OUT, DIR } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import type { Registry, Repository, Server } from "../model/registry.ts";
import { renderNginx } from "../servers/nginx/files.ts";
import { sampleRoot } from "./fill.ts";

/** What is different here from the server that the registry describes. */
export interface Local {
  readonly server: string;
  /** TLS, on 127.0.0.1. */
  readonly port: number;
  /** Plain HTTP that redirects; null where the server has none. */
  readonly plainPort: number | null;
  /** Repositories whose root is not on this machine. */
  readonly sampled: ReadonlySet<string>;
  /** The server's certificate is taken from pki/issued and pki/private of the copy, whatever the registry says. */
  readonly throwaway: boolean;
}

const LOOPBACK = "127.0.0.1";

/** The registry with one server on loopback, and sample content in the place of the roots that are missing. */
function localRegistry(registry: Registry, local: Local): Registry {
  const servers = new Map(registry.servers);
  const server = registry.servers.get(local.server);
  if (server !== undefined) servers.set(local.server, localServer(server, local));
  const repositories = new Map<string, Repository>();
  for (const [name, repository] of registry.repositories) {
    repositories.set(name, local.sampled.has(name) ? { ...repository, root: sampleRoot(name) } : repository);
  }
  return { ...registry, servers, repositories };
}

function localServer(server: Server, { port, plainPort, throwaway }: Local): Server {
  return {
    ...server,
    listen: [`${LOOPBACK}:${port}`],
    redirect: plainPort === null ? [] : [`${LOOPBACK}:${plainPort}`],
    url: `https://${server.names[0]}:${port}`,
    certificate: throwaway ? "issued" : server.certificate,
  };
}

/**
 * The files under pki/nginx/ that serve this one server, by path: as they are on disk where the difference does not
 * touch them, and rendered again where it does. Maps are never rendered here: they are what is on disk.
 * @throws UserError where a file that is rendered again is not on disk as the registry has it: what would be served
 * is not what would be deployed
 */
export function localConfiguration(
  registry: Registry,
  local: Local,
  onDisk: ReadonlyMap<string, string>,
  issuedServers: readonly string[],
): Map<string, string> {
  const before = rendered(registry, issuedServers);
  const after = rendered(localRegistry(registry, local), [...issuedServers, local.server]);
  const files = new Map<string, string>();
  for (const [path, text] of after) {
    if (!isServed(path, local.server)) continue;
    const there = onDisk.get(path);
    const changed = before.get(path) !== text;
    if (there === undefined || (changed && there !== before.get(path))) throw drifted(path);
    files.set(path, changed ? text : there);
  }
  return files;
}

/** One server's release: no other server, and not the variant for a foreign http {}. */
function isServed(path: string, server: string): boolean {
  if (path.startsWith(`${DIR.nginx}/include/`)) return false;
  return !path.startsWith(`${DIR.nginx}/servers/`) || path === `${DIR.nginx}/servers/${server}.conf`;
}

function rendered(registry: Registry, issuedServers: readonly string[]): Map<string, string> {
  const files = renderNginx({ registry, admitted: [], issuedServers });
  return new Map(files.flatMap((file) => ("text" in file ? [[file.path, file.text] as const] : [])));
}

function drifted(path: string): UserError {
  return new UserError(`${path} is not what ${CARRIED_OUT} calls for; a deploy would not ship it`, "npm run reconcile");
}
