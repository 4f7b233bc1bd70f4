import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import type { Server } from "../../model/registry.ts";
import { compare } from "../../model/words.ts";
import { admittedEntries } from "../allow-list.ts";
import type { ListInput } from "../kind.ts";
import { file } from "../text.ts";
import { gatesFile, repositoryFiles } from "./gates.ts";
import { socketsOf } from "./listen.ts";
import { mainFile, modulesFile } from "./main.ts";
import { mapFiles } from "./maps.ts";
import { pagesFile } from "./pages.ts";
import { foreignFile, ownFile, pagesConf, type ServerContext, tlsFile } from "./server.ts";

/**
 * Everything under pki/apache/, sorted by path, and nothing where no server runs Apache: httpd.conf, what all servers
 * share, the maps, two files a repository, one a server, and under include/ the variant for a host with other
 * sites. The same for the same registry and admitted certificates, whatever their order. ASCII.
 * @throws Error for text that no checked registry holds: quotes, `$`, control characters
 */
export function renderApache({ registry, admitted, renewals = [], issuedServers }: ListInput): DerivedFile[] {
  const servers = new Map([...registry.servers].filter(([, server]) => server.software === "apache"));
  if (servers.size === 0) return [];
  const issued = new Set(issuedServers);
  const shared = {
    "httpd.conf": mainFile(),
    "modules.conf": file(modulesFile()),
    "tls.conf": tlsFile(),
    "gates.conf": gatesFile(),
    "pages.conf": pagesConf(),
    "pages.txt": pagesFile(),
  };
  const files: DerivedFile[] = [
    ...Object.entries(shared).map(([name, text]) => ({ path: `${DIR.apache}/${name}`, text })),
    ...mapFiles(registry, admittedEntries(registry, admitted), renewals),
    ...repositoryFiles(registry),
    ...[...servers].flatMap(([name, server]) => {
      const waiting = server.certificate === "issued" && !issued.has(name);
      const home = registry.repositories.get(server.home ?? "")?.path ?? null;
      return serverFiles(name, server, waiting ? null : { ...socketsOf(server, [...servers.values()]), home });
    }),
  ];
  return files.sort((a, b) => compare(a.path, b.path));
}

/** Apache does not start with a certificate that is not there: until it is, the files hold no server. */
const WAITING = file(["# No certificate has been issued to this server yet: nothing is served under its names."]);

function serverFiles(name: string, server: Server, rest: Omit<ServerContext, "name" | "server"> | null): DerivedFile[] {
  const context = rest && { name, server, ...rest };
  return [
    { path: `${DIR.apache}/servers/${name}.conf`, text: context ? ownFile(context) : WAITING },
    { path: `${DIR.apache}/include/${name}.conf`, text: context ? foreignFile(context) : WAITING },
  ];
}
