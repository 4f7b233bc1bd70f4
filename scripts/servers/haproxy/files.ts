import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import type { Registry, Server } from "../../model/registry.ts";
import { compare } from "../../model/words.ts";
import { admittedEntries, type Entry, groupsOf, homeOf, rolesOf } from "../allow-list.ts";
import type { ListInput, RenewalOffer } from "../kind.ts";
import { listenersOf } from "../listen.ts";
import { file } from "../text.ts";
import { RENEWAL_LINES } from "./gates.ts";
import { mainFile } from "./main.ts";
import { pageFiles, verifyLines } from "./pages.ts";
import { serverFile } from "./server.ts";

/**
 * Everything under pki/haproxy/, sorted by path, and nothing where no server runs HAProxy: haproxy.cfg, the maps, the
 * pages, a list of groups for each repository, and one file a server.
 * @throws Error for text that no checked registry holds: quotes, `$`, control characters
 */
export function renderHaproxy({ registry, admitted, renewals = [], issuedServers }: ListInput): DerivedFile[] {
  const servers = [...registry.servers].filter(([, { software }]) => software === "haproxy");
  if (servers.length === 0) return [];
  const all = servers.map(([, server]) => server);
  const issued = new Set(issuedServers);
  const files: DerivedFile[] = [
    { path: `${DIR.haproxy}/haproxy.cfg`, text: mainFile() },
    ...pageFiles(),
    ...maps(registry, admittedEntries(registry, admitted), renewals),
    ...[...registry.repositories.keys()].map((name) => gate(registry, name)),
    ...servers.map(([name, server]) => {
      const waits = server.certificate === "issued" && !issued.has(name);
      const path = `${DIR.haproxy}/servers/${name}.cfg`;
      return { path, text: waits ? WAITING : serverFile(contextOf(registry, name, server, all)) };
    }),
  ];
  return files.sort((a, b) => compare(a.path, b.path));
}

/** HAProxy does not start with a certificate that is not there. */
const WAITING = file(["# No certificate has been issued to this server yet: nothing is served under its names."]);

function contextOf(registry: Registry, name: string, server: Server, servers: readonly Server[]) {
  const repositories = server.repositories.flatMap((repository) => {
    const path = registry.repositories.get(repository)?.path;
    return path === undefined ? [] : [{ name: repository, path }];
  });
  return { name, server, listeners: listenersOf(server, servers), repositories };
}

/** Between commas, so that whole names are met only: HAProxy takes blanks off. */
const role = (group: string) => `,${group},`;

/** gates/NAME.lst: the groups that may enter a repository. */
function gate(registry: Registry, name: string): DerivedFile {
  return { path: `${DIR.haproxy}/gates/${name}.lst`, text: file(groupsOf(registry, name).map(role)) };
}

/** PEM in one line, which a value is. @throws Error for text that does not fit */
function inFields(serial: string, pem: string): string {
  const lines = pem.trimEnd().split("\n");
  if (lines.length > RENEWAL_LINES) throw new Error(`the renewal of ${serial} has ${lines.length} lines`);
  return lines.join("|");
}

/** Keyed by serial. */
function maps(registry: Registry, entries: readonly Entry[], offers: readonly RenewalOffer[]): DerivedFile[] {
  const map = (name: string, value: (entry: Entry) => string | null) => {
    const lines = entries.flatMap((entry) => {
      const text = value(entry);
      return text === null ? [] : [`${entry.serial} ${text}`];
    });
    return { path: `${DIR.haproxy}/${name}.map`, text: file(lines) };
  };
  const sorted = [...offers].sort((a, b) => compare(a.serial, b.serial));
  return [
    map("clients", ({ client }) => client),
    map("roles", ({ settings }) => (settings.groups.length === 0 ? null : `,${rolesOf(settings).join(",")},`)),
    map("homes", ({ settings }) => homeOf(registry, settings)),
    { path: `${DIR.haproxy}/verify.map`, text: file(verifyLines()) },
    {
      path: `${DIR.haproxy}/renewals.map`,
      text: file(sorted.map(({ serial, pem }) => `${serial} ${inFields(serial, pem)}`)),
    },
  ];
}
