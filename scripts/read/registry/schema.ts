import { GIVEN_NAME, RESERVED_NAMES } from "../../model/layout.ts";
import type { JsonSchema } from "../../model/schema/field.ts";
import { recordSchema } from "../../model/schema/record.ts";
import { SECTIONS } from "../../model/schema/sections.ts";
import { REQUIRED_SECTIONS } from "./check.ts";

/** The JSON schema (draft 2020-12) of clients.yaml, from the definitions by which it is checked. Ends in a newline. */
export function registrySchema(): string {
  const sections = Object.entries(SECTIONS).map(([name, { entry, named: description }]) => {
    const own = entry.required.length === 0 ? orNothing(recordSchema(entry)) : recordSchema(entry);
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
