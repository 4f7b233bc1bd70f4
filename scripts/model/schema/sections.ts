import type { CertificateSettings, Registry } from "../registry.ts";
import { AUTHORITY, CRL, LIMITS } from "./authority.ts";
import { CERTIFICATES } from "./certificates.ts";
import { CLIENT } from "./clients.ts";
import { type Entries, type KeptSection, many, type ObjectValue, object, one } from "./kept.ts";
import type { Described } from "./record.ts";
import { GROUP, REPOSITORY, SERVICE } from "./resources.ts";
import { SERVER } from "./servers.ts";
import { SIGNER } from "./signers.ts";

/** A section of clients.yaml: one mapping, or entries by name. */
interface Section<T> extends KeptSection<T> {
  readonly entry: Described;
  /** Of the section itself, where it has entries by name. */
  readonly named: string | null;
  /** So many entries it may have. */
  readonly most: number;
}

type Entry<T> = Described & { readonly kept: ObjectValue<T> };

function single<T extends object>(name: string, entry: Entry<T>): Section<T> {
  return { ...one(name, entry.kept), entry, named: null, most: Number.POSITIVE_INFINITY };
}

function byName<T extends object>(named: string, most: number, entry: Entry<T>): Section<ReadonlyMap<string, T>> {
  return { ...many(entry.kept), entry, named, most };
}

interface Sections extends Registry {
  /** What each identity's settings come from: the registry has it in these. */
  readonly certificates: CertificateSettings;
}

/**
 * Every section but the version, in the order of the documentation and of pki/registry.yaml. Servers repeat repositories
 * in what is rendered for each, so the product of these two counts.
 */
export const SECTIONS: { readonly [S in keyof Sections]: Section<Sections[S]> } = {
  authority: single("authority", AUTHORITY),
  certificates: single("certificates", CERTIFICATES),
  crl: single("crl", CRL),
  limits: single("limits", LIMITS),
  repositories: byName("What is served, by name.", 2_000, REPOSITORY),
  services: byName("TCP services behind stunnel, by name.", 2_000, SERVICE),
  groups: byName("Sets of repositories and services, by name.", 10_000, GROUP),
  clients: byName("Who may reach what, by name.", 100_000, CLIENT),
  servers: byName("Servers, by name.", 500, SERVER),
  signers: byName("Identities that sign packages, by name.", 10_000, SIGNER),
};

const { certificates: _, ...rest } = SECTIONS;
const KEPT: { readonly [S in keyof Registry]: Section<Registry[S]> } = rest;

/** The registry as pki/registry.yaml keeps it. */
export const REGISTRY = object<Registry>(KEPT);

export type SectionName = keyof Registry;
export const SECTION_NAMES = Object.keys(KEPT) as readonly SectionName[];

export function sectionOf<S extends SectionName>(registry: Registry, name: S): Entries {
  const section: Section<Registry[S]> = KEPT[name];
  return section.entries(registry[name]);
}
