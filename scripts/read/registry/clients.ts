import { NAME, path } from "../../model/layout.ts";
import { moveTo } from "../../model/misplaced.ts";
import type { Authority, CertificateSettings, Client, Group } from "../../model/registry.ts";
import type { CLIENT } from "../../model/schema/clients.ts";
import type { Entry } from "../../model/schema/record.ts";
import { anyOf, show } from "../../model/schema/words.ts";
import { nearest } from "../../model/words.ts";
import type { Scope } from "./scope.ts";
import { readSettings } from "./settings.ts";

type ClientEntry = Entry<typeof CLIENT.fields>;

export interface ClientContext {
  readonly scope: Scope;
  readonly authority: Authority;
  readonly defaults: CertificateSettings;
  readonly groups: ReadonlyMap<string, Group>;
  /** The repositories of each group. */
  readonly reach: ReadonlyMap<string, ReadonlySet<string>>;
  /** Old names, each with the client that claims it. */
  readonly claimed: Map<string, string>;
}

export function buildClient(name: string, entry: ClientEntry, context: ClientContext): Client {
  const { scope, authority, defaults } = context;
  const settings = readSettings(entry, `clients.${name}`, scope, authority.lifetime, defaults);
  if (entry.has("revoked")) checkTombstone(entry, scope);
  if (entry.base.csr) checkRequest(name, entry.offset, scope);
  checkHome(name, entry, context);
  checkPreviously(name, entry, context);
  const { organization, country } = authority;
  return { ...entry.base, ...settings, ...entry.over({ organization, country }) };
}

function checkTombstone(entry: ClientEntry, scope: Scope): void {
  for (const { key, offset } of entry.keys()) {
    if (key === "revoked" || key === "contact") continue;
    scope.report.add(offset, `${show(key)} cannot stand beside revoked`, "only contact may");
  }
}

/** `csr: true` wants the request in the same change. */
export function checkRequest(name: string, offset: number, scope: Scope): void {
  if (!NAME.test(name) || scope.hasRequest(name)) return;
  scope.report.add(
    offset,
    `${name} has csr: true, and there is no ${path.request(name)}`,
    strayFor(name, scope) ?? "add its certificate request",
  );
}

/** The command that takes to its place what looks like this request: for its name, or for one near it that nobody has. */
function strayFor(name: string, { strays = new Map(), names }: Scope): string | null {
  const place = path.request(name);
  const exact = [...strays].find(([file, meant]) => meant === place && file !== place);
  if (exact) return moveTo(exact[0], place, false);
  const taken = (other: string) => names.clients.has(other) || names.servers.has(other) || names.signers.has(other);
  const free = [...strays].flatMap(([file, meant]): [string, string][] => {
    const other = meant.slice(meant.lastIndexOf("/") + 1, -".req".length);
    return taken(other) ? [] : [[other, file]];
  });
  const near = nearest(
    name,
    free.slice(0, MOST_NEAR).map(([other]) => other),
  );
  const file = free.find(([other]) => other === near)?.[1];
  return file === undefined ? null : moveTo(file, place, false);
}

/** Looking for the nearest takes time. */
const MOST_NEAR = 200;

function checkHome(name: string, entry: ClientEntry, { reach, groups: all, scope }: ClientContext): void {
  const { home, groups } = entry.base;
  if (home === null || groups.some((group) => reach.get(group)?.has(home))) return;
  // A few of many groups are enough for a hint.
  const own = groups.slice(0, 20).flatMap((group) => [...(all.get(group)?.repositories ?? []).slice(0, 20)]);
  const hint = own.length === 0 ? "its groups give it no repository" : `its groups give it ${anyOf([...new Set(own)])}`;
  scope.report.add(entry.valueAt("home"), `home: ${name} may not reach ${show(home)}`, hint);
}

function checkPreviously(name: string, entry: ClientEntry, { claimed, scope }: ClientContext): void {
  const old = entry.base.previously;
  if (old === null) return;
  const at = entry.valueAt("previously");
  const { names, report } = scope;
  const other = claimed.get(old);
  if (old === name) report.add(at, `previously: ${name} cannot have been itself`);
  else if (names.clients.has(old) || names.servers.has(old) || names.signers.has(old)) {
    report.add(at, `previously: ${show(old)} is still in the file`, "a rename takes the old entry out");
  } else if (other !== undefined) {
    report.add(at, `previously: ${show(old)} is already claimed by ${other}`);
  } else claimed.set(old, name);
}
