import type { Client, Registry } from "../../../scripts/model/registry.ts";
import type { Certificate, State } from "../../../scripts/model/state.ts";
import { type Instant, parseInstant } from "../../../scripts/model/time.ts";

export const NOW: Instant = parseInstant("2026-11-21T12:00:00Z") ?? 0;
export const DAY = 86_400;
const SETTINGS = { key: "ec-p256", lifetime: 365 * DAY, renewBefore: 30 * DAY, overlap: null, shorten: false } as const;

export function client(parts: Partial<Client> = {}): Client {
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
    contact: null,
    organization: "Example Ltd",
    country: null,
    ...parts,
  };
}

/** Two repositories, a service, two groups; staff reach everything, subscribers bookworm. */
export function registry(clients: Record<string, Client>, parts: Partial<Registry> = {}): Registry {
  const repository = { suite: null, components: ["main"], signing: null } as const;
  return {
    authority: {
      commonName: "CA",
      organization: "Example Ltd",
      country: null,
      key: "ec-p384",
      lifetime: 1,
      root: "self",
      custody: "vault",
    },
    crl: { lifetime: 30 * DAY, renewBefore: 15 * DAY },
    limits: { lose: 25, allow: null, signed: false },
    repositories: new Map([
      ["packages-dev", { ...repository, type: "pkg", path: "/packages-dev/", root: "/srv/pkg" }],
      ["bookworm", { ...repository, type: "apt", path: "/debian/", root: "/srv/debian", suite: "bookworm" }],
    ]),
    services: new Map([["postgres", { sni: "db.example.com", connect: "localhost:5432" }]]),
    groups: new Map([
      ["staff", { repositories: ["packages-dev", "bookworm"], services: ["postgres"], sensitive: true }],
      ["subscribers", { repositories: ["bookworm"], services: [], sensitive: false }],
    ]),
    clients: new Map(Object.entries(clients)),
    servers: new Map(),
    signers: new Map(),
    ...parts,
  };
}

/** `serial` is two digits, repeated; `ends` and `issued` in days from NOW. */
export function certificate(
  identity: string,
  serial: string,
  ends: number,
  parts: Partial<Certificate> = {},
): Certificate {
  return {
    serial: serial.repeat(16),
    subject: `CN=${identity}, O=Example Ltd`,
    issuer: "CN=CA, O=Example Ltd",
    notBefore: NOW,
    notAfter: NOW + ends * DAY,
    fingerprint: "sha256:",
    keyType: "ec-p256",
    profile: "client",
    names: [],
    subjectKeyId: null,
    authorityKeyId: null,
    identity,
    kind: "client",
    issued: NOW + (ends - 365) * DAY,
    reason: "Missing",
    key: "managed",
    reissue: null,
    pem: "",
    ...parts,
  };
}

export function state(certificates: Certificate[], marks: { revoked?: string[]; held?: string[] } = {}): State {
  const full = (serials: string[] = []) => serials.map((serial) => serial.repeat(16));
  const authority = { ...certificate("CA", "CA", 3650), subject: "CN=CA, O=Example Ltd" };
  return {
    authority,
    certificates: new Map(certificates.map((one) => [one.serial, one])),
    revocations: new Map(
      full(marks.revoked).map((serial) => [serial, { serial, at: NOW, reason: "keyCompromise", cause: "Declared" }]),
    ),
    holds: new Map(full(marks.held).map((serial) => [serial, { serial, at: NOW }])),
    settles: null,
    committed: 0,
    crl: {
      issuer: authority.subject,
      authorityKeyId: null,
      number: 1795262400,
      thisUpdate: NOW,
      nextUpdate: NOW + 30 * DAY,
      entries: new Map(),
    },
    requests: new Map(),
    carriedOut: null,
    keys: new Set(),
    files: new Map(),
    renewals: new Map(),
    blocked: new Map(),
    strays: new Set(),
    doubts: [],
  };
}
