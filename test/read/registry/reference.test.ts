import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Field, Presence } from "../../../scripts/model/schema/field.ts";
import { SECTIONS } from "../../../scripts/model/schema/sections.ts";
import { reference } from "../../../scripts/read/registry/reference.ts";
import { Places, Report } from "../../../scripts/read/registry/report.ts";
import { registrySchema } from "../../../scripts/read/registry/schema.ts";
import { readSimple } from "../../../scripts/read/registry/simple.ts";

test.each([
  ["scripts/clients.schema.json", registrySchema],
  ["docs/clients-yaml.md", reference],
])("the committed %s is the one that the definitions give (npm run schema)", (path, make) => {
  expect(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8")).toBe(make());
});

test.each(Object.entries(SECTIONS))(
  "the reference says all of a field of %s, and its example is read",
  (_, { entry }) => {
    for (const [key, field] of Object.entries(entry.fields)) {
      expect([key, field.type, field.example, field.schema["description"]]).not.toContain("");
      expect(field.schema["description"]).toBeDefined();
      expect(problemsOf(field)).toEqual([]);
    }
  },
);

/** What is wrong with a field's example, in a file where every name that it needs is there. */
function problemsOf(field: Field<unknown, unknown, Presence>): readonly string[] {
  const report = new Report();
  const scope = {
    report,
    now: 4_102_444_800,
    names: {
      repositories: new Set(["packages"]),
      services: new Set(["db"]),
      groups: new Set(["staff"]),
      clients: new Set(["alice"]),
      servers: new Set<string>(),
      signers: new Set<string>(),
    },
    hasRequest: () => true,
    hasSigning: () => true,
  };
  const tree = readSimple(`x: ${field.example}\n`);
  const node = tree?.kind === "map" ? tree.entries[0]?.value : undefined;
  if (node === undefined) return ["no YAML"];
  field.read(node, "x", scope);
  return report.problems(new Places("")).map(({ message }) => message);
}
