import type { CertificateSettings, Client, Group, Registry, Repository, Server } from "../../scripts/model/registry.ts";

const SETTINGS: CertificateSettings = {
  key: "ec-p256",
  lifetime: 31_536_000,
  renewBefore: 2_592_000,
  overlap: null,
  shorten: false,
};

export function client(fields: Partial<Client> = {}): Client {
  return {
    ...SETTINGS,
    groups: [],
    csr: false,
    expires: null,
    home: null,
    previously: null,
    suspended: false,
    reissue: null,
    revoked: null,
    contact: null,
    organization: "Example",
    country: null,
    ...fields,
  };
}

export function server(fields: Partial<Server> & Pick<Server, "names">): Server {
  return {
    ...SETTINGS,
    software: "nginx",
    certificate: "issued",
    csr: false,
    listen: ["443", "[::]:443"],
    redirect: ["80", "[::]:80"],
    url: `https://${fields.names[0]}`,
    repositories: [],
    services: [],
    rate: null,
    backend: null,
    home: null,
    deploy: { to: "local", directory: null, canary: null, said: false },
    ...fields,
  };
}

export function repository(fields: Pick<Repository, "path" | "root">): Repository {
  return { type: "files", suite: null, components: ["main"], signing: null, ...fields };
}

export function group(repositories: readonly string[]): Group {
  return { repositories, services: [], sensitive: false };
}

export interface Sections {
  readonly repositories: Readonly<Record<string, Repository>>;
  readonly groups: Readonly<Record<string, Group>>;
  readonly clients: Readonly<Record<string, Client>>;
  readonly servers: Readonly<Record<string, Server>>;
}

export function registry({ repositories, groups, clients, servers }: Sections): Registry {
  const authority = {
    commonName: "Example CA",
    organization: "Example",
    country: null,
    key: "ec-p384",
    root: "self",
    custody: "vault",
  } as const;
  return {
    authority: { ...authority, lifetime: 315_360_000 },
    crl: { lifetime: 2_592_000, renewBefore: 1_296_000 },
    limits: { lose: 25, allow: null, signed: false },
    repositories: new Map(Object.entries(repositories)),
    services: new Map(),
    groups: new Map(Object.entries(groups)),
    clients: new Map(Object.entries(clients)),
    servers: new Map(Object.entries(servers)),
    signers: new Map(),
  };
}

/** A serial number of ours, by number. */
export function serial(n: number): string {
  return `4${n.toString(16).toUpperCase().padStart(31, "0")}`;
}
