import { FORMAT } from "../../scripts/model/canonical.ts";
import type { Client, Group, Registry, Repository, Server, Service, Signer } from "../../scripts/model/registry.ts";
import { formatSubject } from "../../scripts/model/registry.ts";
import type { Certificate, Crl, Hold, Renewal, Request, Revocation, State } from "../../scripts/model/state.ts";
import type { Instant } from "../../scripts/model/time.ts";
import { stored } from "./plan-texts.ts";

export const DAY = 86_400;
/** 2026-11-21T12:00:00Z */
export const NOW: Instant = 1_795_262_400;
export const VERSION = "1.2.3";

const YEAR = 365 * DAY;
const SETTINGS = { key: "ec-p256", lifetime: YEAR, renewBefore: 30 * DAY, overlap: null, shorten: false } as const;
const ORGANIZATION = "Example";
const AUTHORITY_KEY_ID = "AA".repeat(20);

export function clientOf(fields: Partial<Client> = {}): Client {
  return {
    ...SETTINGS,
    groups: ["staff"],
    csr: false,
    expires: null,
    home: null,
    previously: null,
    suspended: false,
    reissue: null,
    revoked: null,
    contact: "ops@example.com",
    organization: ORGANIZATION,
    country: null,
    ...fields,
  };
}

export function serverOf(fields: Partial<Server> = {}): Server {
  return {
    ...SETTINGS,
    software: "nginx",
    names: ["pkg.example.com"],
    certificate: "issued",
    csr: false,
    listen: ["443"],
    redirect: ["80"],
    url: "https://pkg.example.com",
    repositories: ["alpha", "beta"],
    services: [],
    deploy: { to: "local", directory: null, canary: null, said: false },
    rate: null,
    backend: null,
    home: null,
    ...fields,
  };
}

export function signerOf(fields: Partial<Signer> = {}): Signer {
  return { ...SETTINGS, repository: null, csr: false, ...fields };
}

export function groupOf(repositories: readonly string[], fields: Partial<Group> = {}): Group {
  return { repositories, services: [], sensitive: false, ...fields };
}

export function repositoryOf(name: string, fields: Partial<Repository> = {}): Repository {
  return {
    type: "files",
    path: `/${name}/`,
    root: `/srv/${name}`,
    suite: null,
    components: ["main"],
    signing: null,
    ...fields,
  };
}

export interface Sections {
  readonly authority?: Partial<Registry["authority"]>;
  readonly crl?: Partial<Registry["crl"]>;
  readonly limits?: Partial<Registry["limits"]>;
  readonly repositories?: Readonly<Record<string, Repository>>;
  readonly services?: Readonly<Record<string, Service>>;
  readonly groups?: Readonly<Record<string, Group>>;
  readonly clients?: Readonly<Record<string, Client>>;
  readonly servers?: Readonly<Record<string, Server>>;
  readonly signers?: Readonly<Record<string, Signer>>;
}

/** Two repositories; `staff` reaches both, `readers` one; nobody is there unless said. */
export function registryOf(sections: Sections = {}): Registry {
  return {
    authority: {
      commonName: "Example CA",
      organization: ORGANIZATION,
      country: null,
      key: "ec-p384",
      lifetime: 3650 * DAY,
      root: "self",
      custody: "vault",
      ...sections.authority,
    },
    crl: { lifetime: 30 * DAY, renewBefore: 15 * DAY, ...sections.crl },
    limits: { lose: 25, allow: null, signed: false, ...sections.limits },
    repositories: mapOf(sections.repositories ?? { alpha: repositoryOf("alpha"), beta: repositoryOf("beta") }),
    services: mapOf(sections.services ?? {}),
    groups: mapOf(sections.groups ?? { staff: groupOf(["alpha", "beta"]), readers: groupOf(["beta"]) }),
    clients: mapOf(sections.clients ?? {}),
    servers: mapOf(sections.servers ?? {}),
    signers: mapOf(sections.signers ?? {}),
  };
}

/** So many clients `c00`, `c01`, … alike. */
export function crowdOf(count: number, fields: Partial<Client> = {}): Record<string, Client> {
  const names = Array.from({ length: count }, (_, n) => `c${String(n).padStart(2, "0")}`);
  return Object.fromEntries(names.map((name) => [name, clientOf(fields)]));
}

function mapOf<T>(entries: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(entries));
}

/** A serial number of ours, by number. */
export function serialOf(n: number): string {
  return `4${n.toString(16).toUpperCase().padStart(31, "0")}`;
}

/** The `sha256:…` of a key that has this name in a test. */
export function fingerprintOf(key: string): string {
  return `sha256:${Buffer.from(key).toString("hex").padEnd(64, "0")}`;
}

/** A client's certificate, issued a hundred days ago for a year, with the serial number 1, unless said otherwise. */
export function certificateOf(fields: Partial<Certificate> = {}): Certificate {
  const { serial = serialOf(1), identity = "alice", kind = "client", issued = NOW - 100 * DAY } = fields;
  return {
    serial,
    subject: formatSubject(identity, ORGANIZATION, null),
    issuer: formatSubject("Example CA", ORGANIZATION, null),
    notBefore: issued - 3600,
    notAfter: issued + SETTINGS.lifetime,
    fingerprint: fingerprintOf(serial),
    keyType: SETTINGS.key,
    profile: kind,
    names: kind === "server" ? ["pkg.example.com"] : [],
    subjectKeyId: null,
    authorityKeyId: AUTHORITY_KEY_ID,
    identity,
    kind,
    issued,
    reason: "Missing",
    key: "managed",
    reissue: null,
    pem: `-----BEGIN CERTIFICATE-----\n${serial}\n-----END CERTIFICATE-----\n`,
    ...fields,
  };
}

export function authorityOf(fields: Partial<NonNullable<State["authority"]>> = {}): NonNullable<State["authority"]> {
  return {
    ...certificateOf(),
    serial: serialOf(0xca),
    subject: formatSubject("Example CA", ORGANIZATION, null),
    notBefore: NOW - 400 * DAY,
    notAfter: NOW + 3250 * DAY,
    fingerprint: fingerprintOf("authority"),
    keyType: "ec-p384",
    profile: "authority",
    subjectKeyId: AUTHORITY_KEY_ID,
    pem: "-----BEGIN CERTIFICATE-----\nauthority\n-----END CERTIFICATE-----\n",
    ...fields,
  };
}

export function crlOf(fields: Partial<Omit<Crl, "entries">> & { readonly entries?: Crl["entries"] } = {}): Crl {
  const thisUpdate = fields.thisUpdate ?? NOW - DAY;
  return {
    issuer: formatSubject("Example CA", ORGANIZATION, null),
    authorityKeyId: AUTHORITY_KEY_ID,
    number: thisUpdate,
    thisUpdate,
    nextUpdate: thisUpdate + 30 * DAY,
    entries: new Map(),
    ...fields,
  };
}

export function requestOf(key: string, ignored: readonly string[] = []): Request & { readonly ok: true } {
  return { ok: true, fingerprint: fingerprintOf(key), keyType: "ec-p256", spki: Buffer.from(key), ignored };
}

export interface Facts {
  readonly authority?: State["authority"];
  readonly certificates?: readonly Certificate[];
  readonly revocations?: readonly Revocation[];
  readonly holds?: readonly Hold[];
  readonly crl?: Crl | null;
  readonly requests?: Readonly<Record<string, Request>>;
  readonly strays?: readonly string[];
  /** The registry as last carried out, by this version unless said. */
  readonly carriedOut?: Registry | null;
  readonly version?: string;
  readonly keys?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly renewals?: readonly Renewal[];
  readonly blocked?: Readonly<Record<string, string>>;
  readonly doubts?: State["doubts"];
}

/** A state with an authority; every managed certificate has its key unless `keys` is given. */
export function stateOf(facts: Facts = {}): State {
  const certificates = facts.certificates ?? [];
  const managed = certificates.filter((one) => one.key === "managed").map((one) => one.serial);
  const carriedOut = facts.carriedOut ?? null;
  return {
    authority: facts.authority === undefined ? authorityOf() : facts.authority,
    certificates: bySerial(certificates),
    revocations: bySerial(facts.revocations ?? []),
    holds: bySerial(facts.holds ?? []),
    crl: facts.crl === undefined ? null : facts.crl,
    settles: null,
    committed: 0,
    requests: mapOf(facts.requests ?? {}),
    strays: new Set(facts.strays ?? []),
    carriedOut: carriedOut && { registry: carriedOut, format: FORMAT, version: facts.version ?? VERSION, number: 1 },
    keys: new Set(facts.keys ?? managed),
    files: new Map(Object.entries(facts.files ?? {}).map(([path, text]) => [path, stored(text)])),
    renewals: new Map((facts.renewals ?? []).map((one) => [one.predecessor, one])),
    blocked: new Map(Object.entries(facts.blocked ?? {})),
    doubts: facts.doubts ?? [],
  };
}

function bySerial<T extends { readonly serial: string }>(entries: readonly T[]): ReadonlyMap<string, T> {
  return new Map(entries.map((one) => [one.serial, one]));
}

export function revocationOf(serial: string, fields: Partial<Revocation> = {}): Revocation {
  return { serial, at: NOW - DAY, reason: "cessationOfOperation", cause: "Removed", ...fields };
}

/** The registry with one section's entries replaced or taken away (null). */
export function withClients(registry: Registry, changes: Readonly<Record<string, Client | null>>): Registry {
  const clients = new Map(registry.clients);
  for (const [name, client] of Object.entries(changes)) {
    if (client === null) clients.delete(name);
    else clients.set(name, client);
  }
  return { ...registry, clients };
}
