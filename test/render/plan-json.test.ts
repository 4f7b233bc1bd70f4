import { expect, it } from "vitest";
import type { Change } from "../../scripts/model/plan.ts";
import { planJson, problemsJson } from "../../scripts/render/plan-json.ts";
import { CHANGES, FULL, plan, SERIAL } from "./plan-samples.ts";

it("is the plan, with the instant as text", () => {
  expect(JSON.parse(planJson(FULL))).toEqual({ ...FULL, asOf: "2026-11-21T12:00:00Z" });
});

it("has its fields in the order of the contract", () => {
  const fields = ["asOf", "digest", "summary", "changes", "access", "warnings", "refusals"];
  expect(Object.keys(JSON.parse(planJson(FULL)))).toEqual(fields);
});

it("is indented by two and ends with a line feed", () => {
  expect(planJson(plan())).toMatch(/^\{\n {2}"asOf": /);
  expect(planJson(plan())).toMatch(/\}\n$/);
});

it("is the same whatever the order in which a change was put together, and holds nothing else", () => {
  const shuffled: Change[] = Object.values(CHANGES).map((change) => {
    const backwards = Object.fromEntries(Object.entries({ ...change, secret: "x" }).reverse());
    return JSON.parse(JSON.stringify(backwards));
  });
  expect(planJson(plan({ changes: shuffled }))).toBe(planJson(plan({ changes: Object.values(CHANGES) })));
});

it("a change is one object with its fields in order", () => {
  const [change] = JSON.parse(planJson(plan({ changes: [CHANGES.revoke] }))).changes;
  expect(Object.entries(change)).toEqual([
    ["kind", "revoke"],
    ["due", "registry"],
    ["identity", "bob"],
    ["serial", SERIAL],
    ["reason", "cessationOfOperation"],
    ["cause", "Removed"],
    ["message", "no longer in the registry"],
  ]);
});

it("a registry that cannot be read is a list of errors", () => {
  const problem = { file: "clients.yaml", line: 3, column: 5, message: "unknown key", hint: null };
  expect(JSON.parse(problemsJson([problem]))).toEqual({ errors: [problem] });
});
