import type { EditValue } from "./plan.ts";
import type { Client, Group, Rate, Registry, Repository, Server, Service, Signer } from "./registry.ts";
import type { Duration, Instant } from "./time.ts";

/** An entry, or a section that has none, as fields and values. */
export type Written = { readonly [field: string]: EditValue };

/** How values are written that are neither text, flag nor list. */
export interface Hand {
  readonly instant: (at: Instant) => EditValue;
  readonly duration: (seconds: Duration) => EditValue;
  readonly percent: (percent: number) => EditValue;
  readonly rate: (rate: Rate) => Written;
}

/** One section of a registry: its entries by name. */
export interface Section {
  /** False: it has no entries, and counts as one with its own name. */
  readonly keyed: boolean;
  readonly entries: ReadonlyMap<string, object>;
  /** Null: there is no such entry. Lists whose order says nothing are in order of their names. */
  readonly write: (name: string, hand: Hand) => Written | null;
}

/** Every section, each with its fields in the order of pki/registry.yaml. What is not here is neither kept nor shown. */
export const SECTIONS: { readonly [S in keyof Registry]: (registry: Registry) => Section } = {
  authority: ({ authority }) =>
    whole("authority", authority, ({ lifetime, ...rest }, hand) => ({
      commonName: rest.commonName,
      organization: rest.organization,
      country: rest.country,
      key: rest.key,
      lifetime: hand.duration(lifetime),
      root: rest.root,
    })),
  crl: ({ crl }) =>
    whole("crl", crl, ({ lifetime, renewBefore }, { duration }) => ({
      lifetime: duration(lifetime),
      renewBefore: duration(renewBefore),
    })),
  limits: ({ limits }) =>
    whole("limits", limits, ({ lose, allow, signed }, hand) => ({
      lose: hand.percent(lose),
      allow: allow && { lose: allow.lose, until: hand.instant(allow.until) },
      signed,
    })),
  repositories: ({ repositories }) => keyed(repositories, repository),
  services: ({ services }) => keyed(services, service),
  groups: ({ groups }) => keyed(groups, group),
  clients: ({ clients }) => keyed(clients, client),
  servers: ({ servers }) => keyed(servers, server),
  signers: ({ signers }) => keyed(signers, signer),
};

/** The name of a field in clients.yaml: `renewBefore` → `renew_before`. */
export function fileName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A field of the type that is forgotten here does not compile, unless it may be absent. */
type Fields<T> = { readonly [K in keyof T]: EditValue };
type Writer<T> = (entry: T, hand: Hand) => Fields<T>;

function whole<T extends object>(name: string, section: T, write: Writer<T>): Section {
  return { keyed: false, entries: new Map([[name, section]]), write: (_, hand) => ({ ...write(section, hand) }) };
}

function keyed<T extends object>(entries: ReadonlyMap<string, T>, write: Writer<T>): Section {
  const writeEntry = (name: string, hand: Hand) => {
    const entry = entries.get(name);
    return entry === undefined ? null : { ...write(entry, hand) };
  };
  return { keyed: true, entries, write: writeEntry };
}

const inOrder = (names: readonly string[]) => (names.length < 2 ? names : names.toSorted());

const repository: Writer<Repository> = ({ type, path, root, suite, components, signing }) => ({
  type,
  path,
  root,
  suite,
  components,
  signing,
});

const service: Writer<Service> = ({ sni, connect }) => ({ sni, connect });

const group: Writer<Group> = ({ repositories, services, sensitive }) => ({
  repositories: inOrder(repositories),
  services: inOrder(services),
  sensitive,
});

const client: Writer<Client> = (entry, hand) => {
  const { expires, reissue, overlap } = entry;
  return {
    groups: inOrder(entry.groups),
    csr: entry.csr,
    expires: expires === null ? null : hand.instant(expires),
    home: entry.home,
    previously: entry.previously,
    suspended: entry.suspended,
    reissue: reissue && { before: hand.instant(reissue.before), reason: reissue.reason },
    revoked: entry.revoked,
    contact: entry.contact,
    organization: entry.organization,
    country: entry.country,
    key: entry.key,
    lifetime: hand.duration(entry.lifetime),
    renewBefore: hand.duration(entry.renewBefore),
    overlap: overlap === null ? null : hand.duration(overlap),
  };
};

const server: Writer<Server> = (entry, hand) => {
  const { certificate, deploy, overlap } = entry;
  return {
    software: entry.software,
    names: entry.names,
    certificate:
      certificate === "issued" ? certificate : { file: certificate.file, key: certificate.key, ca: certificate.ca },
    csr: entry.csr,
    listen: entry.listen,
    redirect: entry.redirect,
    url: entry.url,
    repositories: inOrder(entry.repositories),
    services: inOrder(entry.services),
    deploy: deployment(deploy),
    key: entry.key,
    lifetime: hand.duration(entry.lifetime),
    renewBefore: hand.duration(entry.renewBefore),
    overlap: overlap === null ? null : hand.duration(overlap),
    // Left out where there is none: so it was written before there were rates and homes.
    ...(entry.rate === undefined ? {} : hand.rate(entry.rate)),
    ...(entry.home === undefined ? {} : { home: entry.home }),
  };
};

function deployment(deploy: Server["deploy"]): Written {
  if (deploy.to === "pull") return { to: deploy.to, branch: deploy.branch };
  // Left out where there is none: so it was written before there were canaries.
  const canary = deploy.canary === undefined ? {} : { canary: deploy.canary };
  // Left out in most cases: so it was written before anybody asked.
  const said = deploy.to === "local" && deploy.said === true ? { said: true } : {};
  if (deploy.to === "local") return { to: deploy.to, directory: deploy.directory, ...canary, ...said };
  return { to: deploy.to, host: deploy.host, directory: deploy.directory, ...canary };
}

const signer: Writer<Signer> = ({ repository, csr, key, lifetime, renewBefore, overlap }, { duration }) => ({
  repository,
  csr,
  key,
  lifetime: duration(lifetime),
  renewBefore: duration(renewBefore),
  overlap: overlap === null ? null : duration(overlap),
});
