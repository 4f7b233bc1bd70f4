import type { CertificateSettings, Client, Deploy, Server } from "../../model/registry.ts";
import { dnsName, inBrackets, ipAddress } from "../../model/schema/address.ts";
import { UNSAID } from "../../model/schema/deploy.ts";
import type { Entry } from "../../model/schema/record.ts";
import type { SERVER } from "../../model/schema/servers.ts";
import { type OwnField, SOFTWARE_RULES, softwareWith } from "../../model/schema/software.ts";
import { SERVER_KINDS } from "../../servers/all-kinds.ts";
import { checkRequest } from "./clients.ts";
import { checkCanary } from "./deploy.ts";
import type { Scope } from "./scope.ts";
import { readSettings } from "./settings.ts";

/** Section servers. */

type ServerEntry = Entry<typeof SERVER.fields>;

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
  const { scope, everything } = context;
  const { software, certificate, csr, listen } = entry.base;
  const settings = readSettings(entry, `servers.${name}`, scope, context.authorityLifetime, context.defaults);
  const names = readNames(name, software, entry, context);
  const own = certificate !== "issued";
  if (csr && own) scope.report.add(entry.at("csr"), "csr cannot stand beside a certificate of the server's own");
  else if (csr) checkRequest(name, entry.offset, scope);
  checkPorts(entry, scope);
  checkOffer(software, entry, scope);
  checkOwnFields(software, entry, scope);
  checkKey(software, certificate, entry, scope);
  const { serves } = SOFTWARE_RULES[software];
  const offer = entry.over({ repositories: [], services: [], [serves]: everything[serves] });
  checkHome(offer.repositories, entry, scope);
  return {
    ...entry.base,
    ...settings,
    ...offer,
    names,
    ...entry.over({ url: defaultUrl(names[0] ?? name, listen[0] ?? "443") }),
    deploy: readDeploy(entry, csr || own, context),
    rate: readRate(entry, scope),
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
  const names = entry.given.names ?? [{ value: name, offset: entry.offset }];
  for (const { value, offset } of names) {
    const other = context.taken.get(value);
    if (other !== undefined) report.add(offset, `${value} is already a name of the server ${other}`);
    else context.taken.set(value, name);
    if (!SOFTWARE_RULES[software].addresses && ipAddress(value) !== null) {
      report.add(
        offset,
        `${value}: ${software} servers are known by DNS names; addresses are for ${softwareWith(({ addresses }) => addresses)}`,
      );
    }
  }
  return names.map(({ value }) => value);
}

function checkPorts(entry: ServerEntry, { report }: Scope): void {
  const { listen, redirect } = entry.base;
  // nginx reads 443 and 0.0.0.0:443 as one socket, and refuses to start with two of it.
  const seen = new Map<string, string>();
  for (const [key, value] of [
    ...listen.map((l) => ["listen", l] as const),
    ...redirect.map((r) => ["redirect", r] as const),
  ]) {
    const socket = value.includes(":") ? value : `0.0.0.0:${value}`;
    const other = seen.get(socket);
    if (other !== undefined)
      report.add(entry.at(entry.has(key) ? key : "listen"), `${key} ${value} is the same socket as ${other}`);
    seen.set(socket, `${key} ${value}`);
  }
}

/** A kind of server passes services on, or serves repositories. */
function checkOffer(software: Server["software"], entry: ServerEntry, { report }: Scope): void {
  const { repositories = [], services = [] } = entry.given;
  const { serves } = SOFTWARE_RULES[software];
  if (serves !== "services" && services.length > 0) {
    const others = softwareWith((rules) => rules.serves === "services");
    report.add(entry.at("services"), `services are for ${others}, and this server is ${software}`);
  }
  if (serves !== "repositories" && repositories.length > 0) {
    const others = softwareWith((rules) => rules.serves === "repositories");
    report.add(entry.at("repositories"), `${software} serves no repositories; ${others} do`);
  }
}

/** Per client, whatever address and certificate it comes with. */
function readRate(entry: ServerEntry, { report }: Scope): Server["rate"] {
  const { rate, burst } = entry.given;
  if (entry.has("burst") && !entry.has("rate"))
    report.add(entry.at("burst"), "burst is beyond a rate: say rate too, such as 20r/s");
  return rate === undefined ? null : { ...rate, burst: burst ?? rate.requests };
}

const OWN_FIELDS: readonly OwnField[] = ["rate", "burst", "backend"];

/** What this kind of server has no use for and another has, and what it cannot do without. */
function checkOwnFields(software: Server["software"], entry: ServerEntry, { report }: Scope): void {
  for (const key of SOFTWARE_RULES[software].needs) {
    if (!entry.has(key)) report.add(entry.offset, `a server that runs ${software} needs ${key}`);
  }
  for (const key of OWN_FIELDS) {
    if (!entry.has(key) || SOFTWARE_RULES[software].fields.includes(key)) continue;
    report.add(
      entry.at(key),
      `${key} is for ${softwareWith(({ fields }) => fields.includes(key))}, and this server is ${software}`,
    );
  }
}

function checkKey(software: Server["software"], own: Server["certificate"], entry: ServerEntry, { report }: Scope) {
  const known = own === "issued" ? undefined : SERVER_KINDS[software].keysOf?.(own.file);
  if (own === "issued" || known === undefined || known.includes(own.key)) return;
  const message = `${software} looks for the key of ${own.file} in ${known.join(" or ")} only`;
  report.add(entry.at("certificate"), message, `put it there, and write key: ${known.at(-1)}`);
}

function checkHome(served: readonly string[], entry: ServerEntry, { report }: Scope): void {
  const { home } = entry.base;
  if (home !== null && !served.includes(home)) report.add(entry.at("home"), `home: this server does not serve ${home}`);
}

function readDeploy(entry: ServerEntry, keepsKey: boolean, { scope, clients }: ServerContext): Deploy {
  const read = entry.given.deploy ?? UNSAID;
  const { deploy } = read;
  checkCanary(read, clients, scope);
  if (deploy.to === "pull" && !keepsKey) {
    const message = "deploy to pull never carries a key: the server needs csr: true or a certificate of its own";
    scope.report.add(entry.at("deploy"), message);
  }
  return deploy;
}
