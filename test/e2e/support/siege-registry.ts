import type { Software } from "../../../scripts/model/registry.ts";
import type { Clients } from "./repository.ts";

export const PKG = "pkg.example.com";
export const APT = "apt.example.com";

/** Where the siege's servers listen on 127.0.0.1, and where their files are. */
export interface Places {
  readonly tls: number;
  readonly plain: number;
  /** Absolute path of something under the directory of everything that is served. */
  readonly www: (name: string) => string;
  /** What its servers run; nginx unless given. */
  readonly software?: Software;
  /** The port of what HAProxy hands requests on to. */
  readonly backend?: number;
}

/** clients.yaml: two servers on one socket, four repositories, one of them in no group. */
export function siegeRegistry(
  clients: Clients,
  { tls, plain, www, software = "nginx", backend }: Places,
  more = "",
): string {
  const handOn = backend === undefined ? "" : `, backend: "127.0.0.1:${backend}"`;
  const listen = `software: ${software}, listen: ["127.0.0.1:${tls}", "[::1]:${tls}"], redirect: ["127.0.0.1:${plain}"]${handOn}`;
  const lines = Object.entries(clients).map(([name, entry]) => `  ${name}: ${entry}\n`);
  return `version: 1
authority: { common_name: Example CA, organization: Example, key: ec-p256 }
limits: { lose: 100% }
repositories:
  packages-dev: { type: files, path: /packages-dev/, root: ${www("poudriere/.latest")} }
  packages: { type: files, path: /packages/, root: ${www("packages")} }
  debian: { type: files, path: /debian/, root: ${www("debian")} }
  orphan: { type: files, path: /orphan/, root: ${www("orphan")} }
  missing: { type: files, path: /missing/, root: ${www("missing")} }
groups:
  staff: { repositories: [packages-dev, packages, debian, missing] }
  subscribers: { repositories: [debian] }
servers:
  ${PKG}: { names: [${PKG}, www.example.com], ${listen}, url: "https://${PKG}:${tls}" }
  ${APT}: { ${listen}, repositories: [debian], home: debian }
signers:
  build01: { repository: packages }
${more}clients:
${lines.join("")}`;
}

/** Two days ago. `late` ends within two hours; `rita` is renewed at the next run. */
export const AT_FIRST: Clients = {
  alice: "{ groups: [staff] }",
  bob: "{ groups: [subscribers], home: debian }",
  carol: "{}",
  dave: "{ groups: [staff] }",
  erin: "{ groups: [staff] }",
  ferdi: "{ groups: [staff] }",
  frank: "{ groups: [staff] }",
  fritz: "{ groups: [staff] }",
  gina: "{ groups: [staff] }",
  late: "{ groups: [staff], lifetime: 120m, renew_before: 5m }",
  lotte: "{ groups: [staff] }",
  otto: "{ groups: [staff] }",
  rita: "{ groups: [staff], lifetime: 525600m, renew_before: 525595m }",
};

/** Ten minutes later. An entry that is null is gone from the file. `lotte` lost her key at the instant given. */
export function thenChanged(lost: string): Readonly<Record<string, string | null>> {
  return {
    dave: "{ groups: [staff], suspended: true }",
    erin: "{ revoked: keyCompromise }",
    gina: null,
    lotte: `{ groups: [staff], reissue: { before: ${lost}, reason: keyCompromise } }`,
    otto: null,
    ottilie: "{ groups: [staff], previously: otto }",
  };
}

/** Clients with entries replaced, added, or, by null, taken out. */
export function withChanges(clients: Clients, changes: Readonly<Record<string, string | null>>): Clients {
  const entries = Object.entries({ ...clients, ...changes });
  return Object.fromEntries(entries.flatMap(([name, entry]) => (entry === null ? [] : [[name, entry] as const])));
}
