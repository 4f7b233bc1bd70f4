import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { REFUSAL_CODES, WARNING_CODES } from "../../scripts/model/plan.ts";
import { CHECKOUT } from "../support/checkout.ts";

/** The codes that a table of roles.md tells of: it begins with a heading of this name. */
function rows(heading: string): string[] {
  const text = readFileSync(join(CHECKOUT, "docs/roles.md"), "utf8");
  const table = text.slice(text.indexOf(`\n| ${heading} |`)).split("\n\n")[0] ?? "";
  const first = [...table.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = ""]) => cell);
  return first.flatMap((cell) => [...cell.matchAll(/`([A-Za-z]+)`/g)].map(([, code = ""]) => code)).sort();
}

it.each([
  ["warning", WARNING_CODES],
  ["refusal", REFUSAL_CODES],
])("a reviewer finds every %s that a plan can have, once, and no other", (heading, codes) => {
  expect(rows(heading)).toEqual([...codes].sort());
});
