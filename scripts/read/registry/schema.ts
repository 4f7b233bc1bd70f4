import { GIVEN_NAME, RESERVED_NAMES } from "../../model/layout.ts";
import { AUTHORITY, CRL, LIMITS } from "./authority.ts";
import { REQUIRED_SECTIONS, type Section } from "./check.ts";
import { CLIENT } from "./clients.ts";
import type { JsonSchema } from "./field.ts";
import { type Described, recordSchema } from "./record.ts";
import { GROUP, REPOSITORY, SERVICE } from "./resources.ts";
import { SERVER } from "./servers.ts";
import { CERTIFICATES } from "./settings.ts";
import { SIGNER } from "./signers.ts";

/** What a section is: one mapping, or entries by name. */
export interface SectionDefinition {
  readonly entry: Described;
  /** Of the section itself, where it has entries by name. */
  readonly named: string | null;
  /** An entry may be left empty. */
  readonly mayBeEmpty: boolean;
}

const of = (entry: Described, named: string | null, mayBeEmpty: boolean): SectionDefinition => {
  return { entry, named, mayBeEmpty };
};

/** Every section but the version, in the order of the documentation. */
export const DEFINITIONS: Readonly<Record<Exclude<Section, "version">, SectionDefinition>> = {
  authority: of(AUTHORITY, null, false),
  certificates: of(CERTIFICATES, null, true),
  crl: of(CRL, null, true),
  limits: of(LIMITS, null, true),
  repositories: of(REPOSITORY, "What is served, by name.", false),
  services: of(SERVICE, "TCP services behind stunnel, by name.", false),
  groups: of(GROUP, "Sets of repositories and services, by name.", true),
  clients: of(CLIENT, "Who may reach what, by name.", true),
  servers: of(SERVER, "Servers, by name.", true),
  signers: of(SIGNER, "Identities that sign packages, by name.", true),
};

/** The JSON schema (draft 2020-12) of clients.yaml, from the definitions by which it is checked. Ends in a newline. */
export function registrySchema(): string {
  const sections = Object.entries(DEFINITIONS).map(([name, { entry, named: description, mayBeEmpty }]) => {
    const own = mayBeEmpty ? orNothing(recordSchema(entry)) : recordSchema(entry);
    return [name, description === null ? own : named(description, own)];
  });
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Gatehouse: clients.yaml",
    type: "object",
    properties: { version: { const: 1, description: "The version of this format." }, ...Object.fromEntries(sections) },
    required: [...REQUIRED_SECTIONS],
    additionalProperties: false,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** An entry without fields may be left empty in YAML, which reads as null. */
function orNothing(schema: JsonSchema): JsonSchema {
  return { ...schema, type: ["object", "null"] };
}

function named(description: string, entry: JsonSchema): JsonSchema {
  const propertyNames = { pattern: GIVEN_NAME.source, not: { enum: [...RESERVED_NAMES] } };
  return { type: ["object", "null"], description, propertyNames, additionalProperties: entry };
}
