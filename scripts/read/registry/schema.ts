import { GIVEN_NAME, RESERVED_NAMES } from "../../model/paths.ts";
import { AUTHORITY, CRL, LIMITS } from "./authority.ts";
import { REQUIRED_SECTIONS } from "./check.ts";
import { CLIENT } from "./clients.ts";
import type { JsonSchema } from "./field.ts";
import { recordSchema } from "./record.ts";
import { GROUP, REPOSITORY, SERVICE } from "./resources.ts";
import { SERVER } from "./servers.ts";
import { CERTIFICATES } from "./settings.ts";
import { SIGNER } from "./signers.ts";

/** The JSON schema (draft 2020-12) of clients.yaml, from the definitions by which it is checked. Ends in a newline. */
export function registrySchema(): string {
  const properties: Record<string, JsonSchema> = {
    version: { const: 1, description: "The version of this format." },
    authority: recordSchema(AUTHORITY),
    certificates: orNothing(recordSchema(CERTIFICATES)),
    crl: orNothing(recordSchema(CRL)),
    limits: orNothing(recordSchema(LIMITS)),
    repositories: named("What is served, by name.", recordSchema(REPOSITORY)),
    services: named("TCP services behind stunnel, by name.", recordSchema(SERVICE)),
    groups: named("Sets of repositories and services, by name.", orNothing(recordSchema(GROUP))),
    clients: named("Who may reach what, by name.", orNothing(recordSchema(CLIENT))),
    servers: named("Servers, by name.", orNothing(recordSchema(SERVER))),
    signers: named("Identities that sign packages, by name.", orNothing(recordSchema(SIGNER))),
  };
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Gatehouse: clients.yaml",
    type: "object",
    properties,
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
