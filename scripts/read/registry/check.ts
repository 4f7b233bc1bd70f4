import { GIVEN_NAME, NAME, RESERVED_NAMES } from "../../model/layout.ts";
import type { Problem } from "../../model/problem.ts";
import type { Registry } from "../../model/registry.ts";
import { AUTHORITY, CRL, LIMITS } from "../../model/schema/authority.ts";
import { CERTIFICATES } from "../../model/schema/certificates.ts";
import { CLIENT } from "../../model/schema/clients.ts";
import { NAMED_SECTIONS, type NamedSection } from "../../model/schema/field.ts";
import type { MapEntry, Node } from "../../model/schema/node.ts";
import { NO_NAMES } from "../../model/schema/presence.ts";
import { type Definition, Entry, mapEntries } from "../../model/schema/record.ts";
import { GROUP, REPOSITORY, SERVICE } from "../../model/schema/resources.ts";
import { SECTIONS } from "../../model/schema/sections.ts";
import { SERVER } from "../../model/schema/servers.ts";
import { SIGNER } from "../../model/schema/signers.ts";
import { show } from "../../model/schema/words.ts";
import { buildClient } from "./clients.ts";
import type { Place, Places, Report } from "./report.ts";
import { buildRepository, buildService, checkOverlaps } from "./resources.ts";
import type { Scope } from "./scope.ts";
import { buildServer } from "./servers.ts";
import { readCrl, readDefaults } from "./settings.ts";
import { buildSigner } from "./signers.ts";

export type Checked =
  | { readonly ok: true; readonly registry: Registry; readonly places: ReadonlyMap<string, Place> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export const REQUIRED_SECTIONS = ["version", "authority", "clients"] as const;
const KNOWN: ReadonlySet<string> = new Set(["version", ...Object.keys(SECTIONS)]);
const SECTIONS_ARE = `sections are ${[...KNOWN].join(", ")}`;

export type World = Pick<Scope, "now" | "hasRequest" | "strays" | "hasSigning" | "signingProblem">;

/** The tree of clients.yaml to the registry, or everything that is wrong with it. */
export function checkTree(root: Node, report: Report, places: Places, world: World): Checked {
  if (tooMany(root, report)) return { ok: false, problems: report.problems(places) };
  const sections = new Sections(root, report, world);
  const registry = sections.build();
  if (!report.clean) return { ok: false, problems: report.problems(places) };
  return { ok: true, registry, places: sections.places(places) };
}

class Sections {
  readonly #scope: Scope;
  readonly #sections: ReadonlyMap<string, MapEntry>;
  readonly #named: Readonly<Record<NamedSection, ReadonlyMap<string, MapEntry>>>;

  constructor(root: Node, report: Report, world: World) {
    const scope = { ...world, report, names: NO_NAMES };
    this.#sections = mapEntries(root, "the file", scope);
    const entries = (section: NamedSection) => {
      const entry = this.#sections.get(section);
      return entry ? mapEntries(entry.value, section, scope) : new Map<string, MapEntry>();
    };
    this.#named = eachNamed(entries);
    this.#scope = { ...scope, names: eachNamed((section) => new Set(this.#named[section].keys())) };
    this.#checkSections();
    this.#checkNames();
  }

  #checkSections(): void {
    const { report } = this.#scope;
    for (const { key, offset } of this.#sections.values()) {
      if (!KNOWN.has(key)) report.addUnknown(offset, `there is no section ${show(key)}`, key, KNOWN, SECTIONS_ARE);
    }
    for (const section of REQUIRED_SECTIONS) {
      if (!this.#sections.has(section))
        report.add(0, `the file lacks the section ${section}`, section === "version" ? "write version: 1" : null);
    }
    const version = this.#sections.get("version");
    if (version && (version.value.kind !== "scalar" || version.value.value !== 1))
      report.add(version.value.offset, "version must be 1");
  }

  /** Names, and that no two are the same: identities across their three sections, access across its two. */
  #checkNames(): void {
    for (const sections of [["clients", "servers", "signers"], ["repositories", "services"], ["groups"]] as const) {
      const taken = new Map<string, { readonly name: string; readonly section: string }>();
      for (const section of sections) {
        for (const { key, offset } of this.#named[section].values()) {
          this.#checkName(section, key, offset);
          const lower = key.toLowerCase();
          const other = taken.get(lower);
          if (other) this.#scope.report.add(offset, sameName(section, key, other));
          else taken.set(lower, { name: key, section });
        }
      }
    }
  }

  #checkName(section: NamedSection, name: string, offset: number): void {
    const { report } = this.#scope;
    if (RESERVED_NAMES.includes(name.toLowerCase()))
      report.add(offset, `${section}: the name ${show(name)} is reserved`);
    else if (!GIVEN_NAME.test(name)) {
      const near = name.toLowerCase().replace(/\.$|^[\u2018-\u201f\u00ab\u00bb]|[\u2018-\u201f\u00ab\u00bb]$/g, "");
      const hint = GIVEN_NAME.test(near) ? `did you mean ${near}?` : null;
      const rule = NAME.test(name)
        ? "a dot may not be its last character"
        : "lower-case letters, digits, dots, dashes and underscores, the first a letter or digit, 63 at most, no ..";
      report.add(offset, `${section}: ${show(name)} is no name: ${rule}`, hint);
    }
  }

  #single<F extends Definition["fields"]>(section: keyof typeof SECTIONS, definition: Definition<F>): Entry<F> {
    const entry = this.#sections.get(section);
    const empty: Node = { kind: "map", offset: 0, entries: [] };
    // What is missing from a section that is missing was said with the section.
    const quiet = entry === undefined ? { ...definition, required: [] } : definition;
    return new Entry(quiet, entry?.value ?? empty, section, entry?.offset ?? this.#authorityAt(), this.#scope);
  }

  /** What is wrong with a section that is absent comes of the authority, whose lifetime may be below the defaults. */
  #authorityAt(): number {
    return this.#sections.get("authority")?.offset ?? 0;
  }

  #each<F extends Definition["fields"], R>(
    section: NamedSection,
    definition: Definition<F>,
    build: (name: string, entry: Entry<F>) => R,
  ): Map<string, R> {
    const built = new Map<string, R>();
    for (const { key, offset, value } of this.#named[section].values()) {
      built.set(key, build(key, new Entry(definition, value, `${section}.${key}`, offset, this.#scope)));
    }
    return built;
  }

  build(): Registry {
    const scope = this.#scope;
    const authority = this.#single("authority", AUTHORITY).base;
    const { defaults, signers } = readDefaults(this.#single("certificates", CERTIFICATES), scope, authority.lifetime);
    const repositories = this.#repositories();
    const services = this.#services();
    const groups = this.#each("groups", GROUP, (_, { base }) => base);
    const claimed = new Map<string, string>();
    const reach = new Map([...groups].map(([name, group]) => [name, new Set(group.repositories)]));
    const clientContext = { scope, authority, defaults, groups, reach, claimed };
    const everything = { repositories: [...repositories.keys()], services: [...services.keys()] };
    const taken = new Map<string, string>();
    const clients = this.#each("clients", CLIENT, (name, entry) => buildClient(name, entry, clientContext));
    const signerContext = { scope, authorityLifetime: authority.lifetime, defaults: signers, repositories };
    const serverContext = { scope, authorityLifetime: authority.lifetime, defaults, everything, clients, taken };
    return {
      authority,
      crl: readCrl(this.#single("crl", CRL), scope),
      limits: this.#single("limits", LIMITS).base,
      repositories,
      services,
      groups,
      clients,
      servers: this.#each("servers", SERVER, (name, entry) => buildServer(name, entry, serverContext)),
      signers: this.#each("signers", SIGNER, (name, entry) => buildSigner(name, entry, signerContext)),
    };
  }

  #repositories(): Registry["repositories"] {
    const served = this.#each("repositories", REPOSITORY, (name, entry) => buildRepository(name, entry, this.#scope));
    checkOverlaps(served, this.#scope);
    return new Map([...served].map(([name, { repository }]) => [name, repository]));
  }

  #services(): Registry["services"] {
    const taken = new Map<string, string>();
    return this.#each("services", SERVICE, (name, entry) => buildService(entry, taken, name, this.#scope));
  }

  /** `clients.alice` → where its name stands; `clients` → where the section does. */
  places(places: Places): Map<string, Place> {
    const found = new Map<string, Place>();
    for (const { key, offset } of this.#sections.values()) found.set(key, places.at(offset));
    for (const section of NAMED_SECTIONS) {
      for (const { key, offset } of this.#named[section].values()) found.set(`${section}.${key}`, places.at(offset));
    }
    return found;
  }
}

const MOST_SECTIONS = 100;

/** Whether the file is larger than anything after this point is made for. */
function tooMany(root: Node, report: Report): boolean {
  if (root.kind !== "map") return false;
  const mostOf = new Map(Object.entries(SECTIONS).map(([name, { most }]) => [name, most]));
  if (root.entries.length > MOST_SECTIONS) {
    report.add(root.offset, `the file has ${root.entries.length} sections`, SECTIONS_ARE);
  }
  for (const { key, offset, value } of root.entries.slice(0, MOST_SECTIONS)) {
    const most = mostOf.get(key) ?? Number.POSITIVE_INFINITY;
    const count = value.kind === "map" ? value.entries.length : 0;
    if (count > most) report.add(offset, `${key} has ${count} entries, and ${most} is the limit`);
  }
  return !report.clean;
}

function eachNamed<T>(make: (section: NamedSection) => T): Record<NamedSection, T> {
  return {
    repositories: make("repositories"),
    services: make("services"),
    groups: make("groups"),
    clients: make("clients"),
    servers: make("servers"),
    signers: make("signers"),
  };
}

function sameName(section: string, name: string, other: { readonly name: string; readonly section: string }): string {
  const how = other.name === name ? "is already the name of" : "differs only in case from";
  return `${section}: ${show(name)} ${how} ${other.section}.${other.name}`;
}
