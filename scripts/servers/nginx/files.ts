import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import type { Registry, Server } from "../../model/registry.ts";
import { compare } from "../../model/words.ts";
import { admittedEntries } from "../allow-list.ts";
import type { ListInput } from "../kind.ts";
import { listenersOf } from "../listen.ts";
import { file } from "../text.ts";
import { FOREIGN_LOG, FOREIGN_PKI, foreignFile, mainFile, OWN_LOG } from "./main.ts";
import { mapFiles } from "./maps.ts";
import { reasonMaps, refusalPages } from "./pages.ts";
import { renewalMapFiles } from "./renewals.ts";
import { gateBlock, gateMaps, redirectBlock, rejectBlock, repositoryFiles, type ServerContext } from "./server.ts";
import { logFormats } from "./settings.ts";

/**
 * Everything under pki/nginx/, sorted by path: nginx.conf, the maps, one file a repository and a server, what
 * they share, and under include/ the variant for an http {} with other sites. The same for the same registry and admitted
 * certificates, whatever their order. ASCII.
 * @throws Error for text that no checked registry holds: quotes, `$`, control characters
 */
export function renderNginx({ registry, admitted, renewals = [], issuedServers }: ListInput): DerivedFile[] {
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
