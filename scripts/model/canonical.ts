import type { Client, Group, Rate, Registry, Server, Signer } from "./registry.ts";
import type { CarriedOut } from "./state.ts";
import { formatInstant } from "./time.ts";

export { parseCanonicalRegistry, parseCarriedOut } from "./canonical-parse.ts";

/** The first line of pki/registry.yaml; the rest is JSON, which is YAML. */
const CARRIED_OUT_COMMENT = "# The registry as last carried out. Written by reconcile; do not edit.\n";

/**
 * The registry as JSON: the same bytes whatever the order in clients.yaml. ASCII, a fixed order of fields, one
 * line for each entry (so that git merges it), a newline at the end. Entries are in order of their names, and so
 * are lists whose order says nothing. Instants are text, durations seconds.
 */
export function canonicalRegistry(registry: Registry): string {
  const known = written.get(registry) ?? write(registry);
  written.set(registry, known);
  return known;
}

/** A plan needs it for its digest and for pki/registry.yaml, and for 10,000 clients it takes 25 ms. */
const written = new WeakMap<Registry, string>();

function write(registry: Registry): string {
  const { authority, crl, limits } = registry;
  const allow = limits.allow && { lose: limits.allow.lose, until: formatInstant(limits.allow.until) };
  const lines = [
    `"authority":${json({ commonName: authority.commonName, organization: authority.organization, country: authority.country, key: authority.key, lifetime: authority.lifetime, root: authority.root })}`,
    `"crl":${json({ lifetime: crl.lifetime, renewBefore: crl.renewBefore })}`,
    `"limits":${json({ lose: limits.lose, allow, signed: limits.signed })}`,
    section("repositories", registry.repositories, ({ type, path, root, suite, components, signing }) => ({
      type,
      path,
      root,
      suite,
      components,
      signing,
    })),
    section("services", registry.services, ({ sni, connect }) => ({ sni, connect })),
    section("groups", registry.groups, group),
    section("clients", registry.clients, client),
    section("servers", registry.servers, server),
    section("signers", registry.signers, signer),
  ];
  return `{\n${lines.join(",\n")}\n}\n`;
}

/** pki/registry.yaml. */
export function formatCarriedOut({ version, number, registry }: CarriedOut): string {
  // Left out where there is none: so it was written before there were numbers.
  const numbered = number === 0 ? "" : `"number":${number},`;
  const body = canonicalRegistry(registry).trimEnd();
  return `${CARRIED_OUT_COMMENT}{"version":${json(version)},${numbered}"registry":${body}}\n`;
}

/** What is to be carried out after what was last: a number of its own, but where nothing changes. */
export function nextCarriedOut(last: CarriedOut | null, registry: Registry, version: string): CarriedOut {
  const number = last?.number ?? 0;
  const same =
    last !== null && last.version === version && canonicalRegistry(last.registry) === canonicalRegistry(registry);
  return { registry, version, number: same ? number : number + 1 };
}

function section<T>(name: string, entries: ReadonlyMap<string, T>, fields: (entry: T) => object): string {
  if (entries.size === 0) return `"${name}":{}`;
  const lines = [...entries.keys()].sort().map((key) => {
    const entry = entries.get(key);
    return `${json(key)}:${json(entry === undefined ? {} : fields(entry))}`;
  });
  return `"${name}":{\n${lines.join(",\n")}\n}`;
}

/** JSON in ASCII: everything else as \u escapes. */
function json(value: unknown): string {
  const text = JSON.stringify(value);
  return /^[\x20-\x7e]*$/.test(text) ? text : text.replace(/[^\x20-\x7e]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const inOrder = (names: readonly string[]) => (names.length < 2 ? names : names.toSorted());

function group({ repositories, services, sensitive }: Group): object {
  return { repositories: inOrder(repositories), services: inOrder(services), sensitive };
}

function client(entry: Client): object {
  const { expires, reissue } = entry;
  return {
    groups: inOrder(entry.groups),
    csr: entry.csr,
    expires: expires === null ? null : formatInstant(expires),
    home: entry.home,
    previously: entry.previously,
    suspended: entry.suspended,
    reissue: reissue && { before: formatInstant(reissue.before), reason: reissue.reason },
    revoked: entry.revoked,
    contact: entry.contact,
    organization: entry.organization,
    country: entry.country,
    key: entry.key,
    lifetime: entry.lifetime,
    renewBefore: entry.renewBefore,
    overlap: entry.overlap,
  };
}

function server(entry: Server): object {
  const { certificate, deploy } = entry;
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
    lifetime: entry.lifetime,
    renewBefore: entry.renewBefore,
    overlap: entry.overlap,
    // Left out where there is none: so it was written before there were rates and homes.
    ...(entry.rate === undefined ? {} : { rate: rate(entry.rate) }),
    ...(entry.home === undefined ? {} : { home: entry.home }),
  };
}

function rate({ requests, per, burst }: Rate): object {
  return { requests, per, burst };
}

function deployment(deploy: Server["deploy"]): object {
  if (deploy.to === "pull") return { to: deploy.to, branch: deploy.branch };
  // Left out where there is none: so it was written before there were canaries.
  const canary = deploy.canary === undefined ? {} : { canary: deploy.canary };
  if (deploy.to === "local") return { to: deploy.to, directory: deploy.directory, ...canary };
  return { to: deploy.to, host: deploy.host, directory: deploy.directory, ...canary };
}

function signer({ repository, csr, key, lifetime, renewBefore, overlap }: Signer): object {
  return { repository, csr, key, lifetime, renewBefore, overlap };
}
