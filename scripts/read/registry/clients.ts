import { NAME, path } from "../../model/layout.ts";
import { moveTo } from "../../model/misplaced.ts";
import { nearest } from "../../model/nearest.ts";
import type { Authority, CertificateSettings, Client, Group } from "../../model/registry.ts";
import type { EntryOf } from "./authority.ts";
import { otherwise, unless } from "./fallback.ts";
import { list, located, nameOf, type Scope } from "./field.ts";
import { define, type Entry, record } from "./record.ts";
import { OWN_SETTINGS, readSettings } from "./settings.ts";
import { boolean, country, identityName, instant, pastInstant, prose, reason } from "./values.ts";
import { anyOf, show } from "./words.ts";

const REISSUE = define({
  description: "Certificates issued before an instant are revoked, and a new key is needed.",
  required: ["before"],
  fields: {
    before: pastInstant("Certificates older than this are revoked; not in the future."),
    reason: unless(reason, "keyCompromise"),
  },
});

export const CLIENT = define({
  description: "Who may reach repositories and services.",
  required: [],
  fields: {
    groups: unless(list("Groups the client belongs to.", nameOf("A group.", "groups")), "[]"),
    csr: unless(boolean("The client brings its own key: pki/reqs/NAME.req."), "false"),
    expires: instant("When access ends; certificates never outlive it."),
    home: located(nameOf("The repository this client sees at /home/.", "repositories")),
    previously: located(identityName("The name this client had before.")),
    suspended: unless(boolean("Certificates are on hold; taking this out lifts the hold."), "false"),
    reissue: record(REISSUE, (entry) => {
      const [before, why] = [entry.get("before"), entry.or("reason")];
      return before === undefined ? undefined : { before, reason: why };
    }),
    revoked: reason,
    contact: prose("Whom to ask about this client.", "ops@example.com", 200),
    organization: otherwise(prose("O in its certificates.", "Example Ltd"), "the authority's"),
    country: otherwise(country(), "the authority's"),
    ...OWN_SETTINGS,
  },
});

type ClientEntry = Entry<EntryOf<typeof CLIENT>>;

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
  const groups = entry.or("groups");
  const revoked = entry.get("revoked") ?? null;
  if (entry.has("revoked")) checkTombstone(entry, scope);
  const csr = entry.or("csr");
  if (csr) checkRequest(name, entry.offset, scope);
  return {
    ...settings,
    groups,
    csr,
    expires: entry.get("expires") ?? null,
    home: readHome(name, entry, groups, context),
    previously: readPreviously(name, entry, context),
    suspended: entry.or("suspended"),
    reissue: entry.get("reissue") ?? null,
    revoked,
    contact: entry.get("contact") ?? null,
    organization: entry.get("organization") ?? authority.organization,
    country: entry.get("country") ?? authority.country,
  };
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

function readHome(name: string, entry: ClientEntry, groups: readonly string[], context: ClientContext): string | null {
  const home = entry.get("home");
  if (home === undefined) return null;
  if (groups.some((group) => context.reach.get(group)?.has(home.value))) return home.value;
  // A few of many groups are enough for a hint.
  const own = groups.slice(0, 20).flatMap((group) => [...(context.groups.get(group)?.repositories ?? []).slice(0, 20)]);
  const hint = own.length === 0 ? "its groups give it no repository" : `its groups give it ${anyOf([...new Set(own)])}`;
  context.scope.report.add(home.offset, `home: ${name} may not reach ${show(home.value)}`, hint);
  return null;
}

function readPreviously(name: string, entry: ClientEntry, context: ClientContext): string | null {
  const old = entry.get("previously");
  if (old === undefined) return null;
  const { names, report } = context.scope;
  const other = context.claimed.get(old.value);
  if (old.value === name) report.add(old.offset, `previously: ${name} cannot have been itself`);
  else if (names.clients.has(old.value) || names.servers.has(old.value) || names.signers.has(old.value)) {
    report.add(old.offset, `previously: ${show(old.value)} is still in the file`, "a rename takes the old entry out");
  } else if (other !== undefined) {
    report.add(old.offset, `previously: ${show(old.value)} is already claimed by ${other}`);
  } else context.claimed.set(old.value, name);
  return old.value;
}
