import {
  type Fields,
  fields,
  flag,
  instant,
  isFields,
  malformed,
  textOf,
  textOrNull,
  texts,
  whole,
  word,
} from "./canonical-values.ts";
import { NAME } from "./paths.ts";
import {
  type Authority,
  type CertificateSettings,
  type Client,
  type Deploy,
  type Group,
  KEY_TYPES,
  type Rate,
  REASONS,
  type Registry,
  type Repository,
  type Server,
  type Service,
  type Signer,
} from "./registry.ts";
import type { CarriedOut } from "./state.ts";

/**
 * The inverse of canonicalRegistry: its entries come in order of their names. Throws UserError for anything
 * that is not of that form, such as what a merge left behind.
 */
export function parseCanonicalRegistry(text: string): Registry {
  return registryOf(parse(text), text);
}

/** pki/registry.yaml. Throws UserError for anything that formatCarriedOut does not write. */
export function parseCarriedOut(text: string): CarriedOut {
  if (!text.startsWith("# ")) throw malformed("its first line is no comment");
  const body = text.slice(text.indexOf("\n") + 1);
  const document = parse(body);
  const numbered = isFields(document) && document["number"] !== undefined;
  const { version, number, registry } = fields(document, "the document", numbered ? 3 : 2);
  return {
    version: textOf(version, "version"),
    number: numbered ? whole(number, "number") : 0,
    registry: registryOf(registry, body),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const conflict = /^(?:<{7}|={7}|>{7})/m.test(text);
    throw malformed(conflict ? "it holds the marks of a merge conflict" : "it is cut short or changed by hand");
  }
}

function registryOf(value: unknown, text: string): Registry {
  const all = fields(value, "the registry", 9);
  const crl = fields(all["crl"], "crl", 2);
  const registry: Registry = {
    authority: authority(all["authority"]),
    crl: { lifetime: whole(crl["lifetime"], "crl"), renewBefore: whole(crl["renewBefore"], "crl") },
    limits: limits(all["limits"]),
    repositories: section(all["repositories"], "repositories", repository),
    services: section(all["services"], "services", service),
    groups: section(all["groups"], "groups", group),
    clients: section(all["clients"], "clients", client),
    servers: section(all["servers"], "servers", server),
    signers: section(all["signers"], "signers", signer),
  };
  if (lines(text) !== expectedLines(registry)) throw malformed("an entry stands there twice, or lines were broken");
  return registry;
}

/** One line for each entry: JSON.parse lets the last of two equal keys win, and says nothing. */
function expectedLines(registry: Registry): number {
  const { repositories, services, groups, clients, servers, signers } = registry;
  const sizes = [repositories, services, groups, clients, servers, signers].map((entries) => entries.size);
  return sizes.reduce((sum, size) => sum + (size > 0 ? size + 2 : 1), 5);
}

function lines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

function section<T>(value: unknown, name: string, read: (fields: unknown, what: string) => T): ReadonlyMap<string, T> {
  if (!isFields(value)) throw malformed(`${name} is no object`);
  // Objects put keys that look like numbers first.
  const keys = Object.keys(value).sort();
  return new Map(
    keys.map((key) => {
      if (!NAME.test(key)) throw malformed(`${name} has an entry whose name is none`);
      return [key, read(value[key], `${name}.${key}`)];
    }),
  );
}

function authority(value: unknown): Authority {
  const what = "authority";
  const all = fields(value, what, 6);
  return {
    commonName: textOf(all["commonName"], what),
    organization: textOf(all["organization"], what),
    country: textOrNull(all["country"], what),
    key: word(all["key"], KEY_TYPES, what),
    lifetime: whole(all["lifetime"], what),
    root: word(all["root"], ["self"], what),
  };
}

function limits(value: unknown): Registry["limits"] {
  const what = "limits";
  const all = fields(value, what, 3);
  const allow = all["allow"] === null ? null : fields(all["allow"], what, 2);
  return {
    lose: whole(all["lose"], what),
    allow: allow && { lose: whole(allow["lose"], what), until: instant(allow["until"], what) },
    signed: flag(all["signed"], what),
  };
}

function repository(value: unknown, what: string): Repository {
  const all = fields(value, what, 6);
  return {
    type: word(all["type"], ["pkg", "apt", "pkgsrc", "files"], what),
    path: textOf(all["path"], what),
    root: textOf(all["root"], what),
    suite: textOrNull(all["suite"], what),
    components: texts(all["components"], what),
    signing: textOrNull(all["signing"], what),
  };
}

function service(value: unknown, what: string): Service {
  const all = fields(value, what, 2);
  return { sni: textOf(all["sni"], what), connect: textOf(all["connect"], what) };
}

function group(value: unknown, what: string): Group {
  const all = fields(value, what, 3);
  return {
    repositories: texts(all["repositories"], what),
    services: texts(all["services"], what),
    sensitive: flag(all["sensitive"], what),
  };
}

function settings(all: Fields, what: string): CertificateSettings {
  return {
    key: word(all["key"], KEY_TYPES, what),
    lifetime: whole(all["lifetime"], what),
    renewBefore: whole(all["renewBefore"], what),
    overlap: all["overlap"] === null ? null : whole(all["overlap"], what),
  };
}

function client(value: unknown, what: string): Client {
  const all = fields(value, what, 15);
  const reissue = all["reissue"] === null ? null : fields(all["reissue"], what, 2);
  return {
    ...settings(all, what),
    groups: texts(all["groups"], what),
    csr: flag(all["csr"], what),
    expires: all["expires"] === null ? null : instant(all["expires"], what),
    home: textOrNull(all["home"], what),
    previously: textOrNull(all["previously"], what),
    suspended: flag(all["suspended"], what),
    reissue: reissue && { before: instant(reissue["before"], what), reason: word(reissue["reason"], REASONS, what) },
    revoked: all["revoked"] === null ? null : word(all["revoked"], REASONS, what),
    contact: textOrNull(all["contact"], what),
    organization: textOf(all["organization"], what),
    country: textOrNull(all["country"], what),
  };
}

function server(value: unknown, what: string): Server {
  const { rate: limit, home } = isFields(value) ? value : {};
  const all = fields(value, what, 14 + [limit, home].filter((field) => field !== undefined).length);
  return {
    ...settings(all, what),
    software: word(all["software"], ["nginx", "apache", "stunnel"], what),
    names: texts(all["names"], what),
    certificate: certificate(all["certificate"], what),
    csr: flag(all["csr"], what),
    listen: texts(all["listen"], what),
    redirect: texts(all["redirect"], what),
    url: textOf(all["url"], what),
    repositories: texts(all["repositories"], what),
    services: texts(all["services"], what),
    deploy: deploy(all["deploy"], what),
    ...(limit === undefined ? {} : { rate: rate(limit, what) }),
    ...(home === undefined ? {} : { home: textOf(home, what) }),
  };
}

function rate(value: unknown, what: string): Rate {
  const all = fields(value, what, 3);
  return {
    requests: whole(all["requests"], what),
    per: word(all["per"], ["s", "m"], what),
    burst: whole(all["burst"], what),
  };
}

function certificate(value: unknown, what: string): Server["certificate"] {
  if (value === "issued") return value;
  const all = fields(value, what, 3);
  return { file: textOf(all["file"], what), key: textOf(all["key"], what), ca: textOrNull(all["ca"], what) };
}

function deploy(value: unknown, what: string): Deploy {
  const { to, canary: name, said } = isFields(value) ? value : {};
  const more = [to === "pull" ? undefined : name, to === "local" ? said : undefined];
  const all = fields(value, what, (to === "ssh" ? 3 : 2) + more.filter((field) => field !== undefined).length);
  if (to === "pull") return { to, branch: textOf(all["branch"], what) };
  const canary = name === undefined ? {} : { canary: textOf(name, what) };
  const directory = textOrNull(all["directory"], what);
  if (to === "ssh") return { to, host: textOf(all["host"], what), directory, ...canary };
  if (said !== undefined && said !== true) throw malformed(`${what}: said is there, and not true`);
  return { to: word(to, ["local"], what), directory, ...canary, ...(said === true ? { said } : {}) };
}

function signer(value: unknown, what: string): Signer {
  const all = fields(value, what, 6);
  return { ...settings(all, what), repository: textOrNull(all["repository"], what), csr: flag(all["csr"], what) };
}
