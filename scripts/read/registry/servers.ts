import { type CertificateSettings, type Client, type Deploy, type Server, SOFTWARE } from "../../model/registry.ts";
import type { OwnField } from "../../servers/kind.ts";
import { KINDS, kindsWith } from "../../servers/kinds.ts";
import { dnsName, inBrackets, ipAddress } from "./address.ts";
import type { EntryOf } from "./authority.ts";
import { checkRequest } from "./clients.ts";
import { checkCanary, DEPLOY } from "./deploy.ts";
import { otherwise, unless } from "./fallback.ts";
import { type Field, list, located, nameOf, oneOf, type Scope } from "./field.ts";
import { define, type Entry, record } from "./record.ts";
import { OWN_SETTINGS, readSettings } from "./settings.ts";
import { absolutePath, boolean, count, host, hostPort, httpsUrl, listen, rate } from "./values.ts";

/** Section servers. */

const ADDRESSES = kindsWith(({ addresses }) => addresses);
const SERVICES = kindsWith(({ offers }) => offers === "services");
const REPOSITORIES = kindsWith(({ offers }) => offers === "repositories");
const BACKEND = kindsWith(({ fields }) => fields.includes("backend"));
const RATE = kindsWith(({ fields }) => fields.includes("rate"));

const FILES = define({
  description: "Files on the server.",
  required: ["file", "key"],
  fields: {
    file: absolutePath("Certificate chain, PEM."),
    key: absolutePath("Private key, PEM."),
    ca: absolutePath("What clients need to trust it, when that is private."),
  },
});

const files = record(FILES, (entry) => {
  const [file, key, ca] = [entry.get("file"), entry.get("key"), entry.get("ca")];
  return file === undefined || key === undefined ? undefined : { file, key, ca: ca ?? null };
});
const issued = oneOf("Issued by this authority.", ["issued"]);

const certificate: Field<Server["certificate"]> = {
  type: `${issued.type}, or ${files.type}`,
  example: issued.example,
  schema: { description: "Where the server's certificate comes from.", anyOf: [issued.schema, files.schema] },
  read: (node, what, scope) => (node.kind === "scalar" ? issued : files).read(node, what, scope),
};

const names = list(
  `DNS names; IP addresses too for ${ADDRESSES}. The first is the one in URLs.`,
  located(host("A name.")),
  { least: 1, key: (name) => name.value },
);

export const SERVER = define({
  description: "A server of repositories or services.",
  required: [],
  fields: {
    software: unless(oneOf("What runs there.", SOFTWARE), "nginx"),
    names: otherwise(names, "`[NAME]`"),
    certificate: unless(certificate, "issued"),
    csr: unless(boolean("The server keeps its own key: pki/reqs/NAME.req."), "false"),
    listen: unless(
      list("Where it listens for TLS: port or address:port.", listen("port or address:port"), { least: 1 }),
      '[443, "[::]:443"]',
    ),
    redirect: unless(list("Where plain HTTP is sent on to HTTPS.", listen("port or address:port")), '[80, "[::]:80"]'),
    url: otherwise(httpsUrl("What clients use, https://NAME[:PORT]."), "of the first name and the first port"),
    repositories: otherwise(list("Repositories it serves.", nameOf("A repository.", "repositories")), "all"),
    services: otherwise(list(`${SERVICES}: services it offers.`, nameOf("A service.", "services")), "all"),
    deploy: otherwise(DEPLOY, "`{ to: local }`, where a person deploys"),
    rate: otherwise(
      rate(`${RATE}: how many requests each client may make, 20r/s or 300r/m; more are answered 429.`),
      "no limit",
    ),
    burst: otherwise(
      count(`${RATE}: how many requests of a client may come at once beyond its rate.`),
      "as many as the rate's",
    ),
    backend: hostPort(`${BACKEND}: host:port that requests are handed on to, once they are let in.`),
    home: nameOf("What clients without a home of their own see at /home/, where they reach it.", "repositories"),
    ...OWN_SETTINGS,
  },
});

type ServerEntry = Entry<EntryOf<typeof SERVER>>;

export interface ServerContext {
  readonly scope: Scope;
  readonly authorityLifetime: number;
  readonly defaults: CertificateSettings;
  readonly everything: { readonly repositories: readonly string[]; readonly services: readonly string[] };
  readonly clients: ReadonlyMap<string, Client>;
  /** Names in certificates, each with its server. */
  readonly taken: Map<string, string>;
}

export function buildServer(name: string, entry: ServerEntry, context: ServerContext): Server {
  const { scope } = context;
  const settings = readSettings(entry, `servers.${name}`, scope, context.authorityLifetime, context.defaults);
  const software = entry.or("software");
  const names = readNames(name, software, entry, context);
  const own = entry.or("certificate");
  const csr = entry.or("csr");
  if (csr && own !== "issued")
    scope.report.add(entry.at("csr"), "csr cannot stand beside a certificate of the server's own");
  else if (csr) checkRequest(name, entry.offset, scope);
  const ports = readPorts(entry, scope);
  const offer = readOffer(software, entry, context);
  checkOwnFields(software, entry, scope);
  checkKey(software, own, entry, scope);
  return {
    ...settings,
    software,
    names,
    certificate: own,
    csr,
    ...ports,
    url: entry.get("url") ?? defaultUrl(names[0] ?? name, ports.listen[0] ?? "443"),
    ...offer,
    deploy: readDeploy(entry, csr || own !== "issued", context),
    rate: readRate(entry, scope),
    backend: entry.get("backend") ?? null,
    home: readHome(offer.repositories, entry, scope),
  };
}

function defaultUrl(name: string, firstListen: string): string {
  const port = firstListen.slice(firstListen.lastIndexOf(":") + 1);
  return `https://${inBrackets(name)}${port === "443" ? "" : `:${port}`}`;
}

function readNames(name: string, software: Server["software"], entry: ServerEntry, context: ServerContext): string[] {
  const { report } = context.scope;
  if (!entry.has("names") && dnsName(name) === null) {
    report.add(entry.offset, `servers.${name} is no DNS name`, "say what it is reached by: names: [pkg.example.com]");
  }
  const names = entry.get("names") ?? [{ value: name, offset: entry.offset }];
  for (const { value, offset } of names) {
    const other = context.taken.get(value);
    if (other !== undefined) report.add(offset, `${value} is already a name of the server ${other}`);
    else context.taken.set(value, name);
    if (!KINDS[software].addresses && ipAddress(value) !== null) {
      report.add(offset, `${value}: ${software} servers are known by DNS names; addresses are for ${ADDRESSES}`);
    }
  }
  return names.map(({ value }) => value);
}

function readPorts(entry: ServerEntry, scope: Scope): Pick<Server, "listen" | "redirect"> {
  const ports = {
    listen: entry.or("listen"),
    redirect: entry.or("redirect"),
  };
  // nginx reads 443 and 0.0.0.0:443 as one socket, and refuses to start with two of it.
  const seen = new Map<string, string>();
  for (const [key, value] of [
    ...ports.listen.map((l) => ["listen", l] as const),
    ...ports.redirect.map((r) => ["redirect", r] as const),
  ]) {
    const socket = value.includes(":") ? value : `0.0.0.0:${value}`;
    const other = seen.get(socket);
    if (other !== undefined)
      scope.report.add(entry.at(entry.has(key) ? key : "listen"), `${key} ${value} is the same socket as ${other}`);
    seen.set(socket, `${key} ${value}`);
  }
  return ports;
}

/** A kind of server passes services on, or serves repositories. */
function readOffer(
  software: Server["software"],
  entry: ServerEntry,
  { scope, everything }: ServerContext,
): Pick<Server, "repositories" | "services"> {
  const repositories = entry.get("repositories");
  const services = entry.get("services");
  const { offers } = KINDS[software];
  if (offers !== "services" && services && services.length > 0) {
    scope.report.add(entry.at("services"), `services are for ${SERVICES}, and this server is ${software}`);
  }
  if (offers !== "repositories" && repositories && repositories.length > 0) {
    scope.report.add(entry.at("repositories"), `${software} serves no repositories; ${REPOSITORIES} do`);
  }
  return {
    repositories: repositories ?? (offers === "repositories" ? everything.repositories : []),
    services: services ?? (offers === "services" ? everything.services : []),
  };
}

/** Per client, whatever address and certificate it comes with. */
function readRate(entry: ServerEntry, { report }: Scope): Server["rate"] {
  const [given, burst] = [entry.get("rate"), entry.get("burst")];
  if (entry.has("burst") && !entry.has("rate"))
    report.add(entry.at("burst"), "burst is beyond a rate: say rate too, such as 20r/s");
  return given === undefined ? null : { ...given, burst: burst ?? given.requests };
}

const OWN_FIELDS: readonly OwnField[] = ["rate", "burst", "backend"];

/** What this kind of server has no use for and another has, and what it cannot do without. */
function checkOwnFields(software: Server["software"], entry: ServerEntry, { report }: Scope): void {
  for (const key of KINDS[software].needs) {
    if (!entry.has(key)) report.add(entry.offset, `a server that runs ${software} needs ${key}`);
  }
  for (const key of OWN_FIELDS) {
    if (!entry.has(key) || KINDS[software].fields.includes(key)) continue;
    report.add(
      entry.at(key),
      `${key} is for ${kindsWith(({ fields }) => fields.includes(key))}, and this server is ${software}`,
    );
  }
}

function checkKey(software: Server["software"], own: Server["certificate"], entry: ServerEntry, { report }: Scope) {
  const known = own === "issued" ? undefined : KINDS[software].keysOf?.(own.file);
  if (own === "issued" || known === undefined || known.includes(own.key)) return;
  const message = `${software} looks for the key of ${own.file} in ${known.join(" or ")} only`;
  report.add(entry.at("certificate"), message, `put it there, and write key: ${known.at(-1)}`);
}

function readHome(served: readonly string[], entry: ServerEntry, { report }: Scope): string | null {
  const home = entry.get("home");
  if (home === undefined) return null;
  if (!served.includes(home)) report.add(entry.at("home"), `home: this server does not serve ${home}`);
  return home;
}

function readDeploy(entry: ServerEntry, keepsKey: boolean, { scope, clients }: ServerContext): Deploy {
  const read = entry.get("deploy");
  if (read === undefined) return { to: "local", directory: null, canary: null, said: false };
  const { deploy } = read;
  checkCanary(read, clients, scope);
  if (deploy.to === "pull" && !keepsKey) {
    const message = "deploy to pull never carries a key: the server needs csr: true or a certificate of its own";
    scope.report.add(entry.at("deploy"), message);
  }
  return deploy;
}
