import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/paths.ts";
import type { Registry, Server } from "../../model/registry.ts";
import { listenersOf } from "../listen.ts";
import { type Admitted, admittedEntries, mapFiles } from "../maps.ts";
import { type RenewalOffer, renewalMapFiles } from "../renewals.ts";
import { FOREIGN_LOG, FOREIGN_PKI, foreignFile } from "./foreign.ts";
import { mainFile, OWN_LOG } from "./main.ts";
import { reasonMaps, refusalPages } from "./pages.ts";
import { repositoryFiles } from "./repositories.ts";
import { gateBlock, gateMaps, redirectBlock, rejectBlock, type ServerContext } from "./server.ts";
import { logFormats } from "./settings.ts";
import { compare, file } from "./text.ts";

export interface NginxInput {
  readonly registry: Registry;
  /** Certificates of clients that are valid, not held, not revoked, not ended. In any order. */
  readonly admitted: readonly Admitted[];
  /** What clients may fetch with the certificates they have; none unless given. */
  readonly renewals?: readonly RenewalOffer[];
  /** Names of servers with `certificate: issued` that have one: pki/issued/NAME.crt. */
  readonly issuedServers: readonly string[];
}

/**
 * Everything under pki/nginx/, sorted by path: nginx.conf, the maps, one file a repository and a server, what
 * they share, and under include/ the variant for an http {} with other sites. The same for the same registry and admitted
 * certificates, whatever their order. ASCII.
 * @throws Error for text that no checked registry holds: quotes, `$`, control characters
 */
export function renderNginx({ registry, admitted, renewals = [], issuedServers }: NginxInput): DerivedFile[] {
  const entries = admittedEntries(registry, admitted);
  const servers = new Map([...registry.servers].filter(([, server]) => server.software === "nginx"));
  const serverNames = [...servers.values()].reduce((sum, server) => sum + server.names.length + 1, 0);
  const issued = new Set(issuedServers);
  const files: DerivedFile[] = [
    { path: `${DIR.nginx}/nginx.conf`, text: mainFile({ entries: entries.length, serverNames }) },
    { path: `${DIR.nginx}/reasons.conf`, text: file([...reasonMaps(), ...logFormats()]) },
    { path: `${DIR.nginx}/refusals.conf`, text: file(refusalPages(OWN_LOG)) },
    ...mapFiles(registry, entries),
    ...renewalMapFiles(renewals),
    ...repositoryFiles(registry),
    ...[...servers].flatMap(([name, server]) => {
      if (server.certificate === "issued" && !issued.has(name)) return waiting(name);
      return serverFiles(contextOf(registry, name, server, [...servers.values()]), entries.length);
    }),
  ];
  return files.sort((a, b) => compare(a.path, b.path));
}

const ownPath = (name: string) => `${DIR.nginx}/servers/${name}.conf`;
const foreignPath = (name: string) => `${DIR.nginx}/include/${name}.conf`;

/** nginx does not start with a certificate that is not there: until it is, the files hold no server. */
function waiting(name: string): DerivedFile[] {
  const text = file(["# No certificate has been issued to this server yet: nothing is served under its names."]);
  return [ownPath(name), foreignPath(name)].map((path) => ({ path, text }));
}

function contextOf(registry: Registry, name: string, server: Server, servers: readonly Server[]): ServerContext {
  const repositories = server.repositories.flatMap((repository) => {
    const path = registry.repositories.get(repository)?.path;
    return path === undefined ? [] : [{ name: repository, path }];
  });
  const refusals = ["include refusals.conf;"];
  return { name, server, listeners: listenersOf(server, servers), repositories, pki: "../", nginx: "", refusals };
}

function serverFiles(context: ServerContext, entries: number): DerivedFile[] {
  const own = [...rejectBlock(context), ...redirectBlock(context), ...gateMaps(context), ...gateBlock(context, [])];
  // Written out, because the log is elsewhere there, and nginx finds one beside nobody's file.
  const refusals = refusalPages(FOREIGN_LOG);
  const foreign = { ...context, pki: FOREIGN_PKI, nginx: `${FOREIGN_PKI}nginx/`, refusals };
  return [
    { path: ownPath(context.name), text: file(own) },
    { path: foreignPath(context.name), text: foreignFile(foreign, entries) },
  ];
}
