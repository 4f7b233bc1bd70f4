import { expect, it } from "vitest";
import type { Change } from "../../../scripts/model/plan.ts";
import { planJson, problemsJson } from "../../../scripts/views/plan/json.ts";
import { CHANGES, difference, FULL, plan, SERIAL } from "./samples.ts";

it("is the plan, with the instant as text", () => {
  const byTime = { until: "2026-12-05T12:00:00Z", changes: [] };
  expect(JSON.parse(planJson(FULL))).toEqual({ ...FULL, asOf: "2026-11-21T12:00:00Z", byTime });
});

it("says where a difference in access comes from, until when, for how long, and what becomes of the old name", () => {
  const because = { entry: true, groups: ["staff"] };
  const oldName = { until: 1_795_262_400, sameKey: true };
  const more = {
    because,
    until: 1_795_262_400,
    contact: "ops@example.com",
    lossIs: "held",
    reissued: "superseded",
  } as const;
  const [access] = JSON.parse(
    planJson(plan({ access: [difference("bob", [], ["x"], { ...more, previously: "rob", oldName })] })),
  ).access;
  const at = "2026-11-21T12:00:00Z";
  expect(Object.entries(access)).toEqual(
    Object.entries({
      client: "bob",
      previously: "rob",
      gains: [],
      loses: ["x"],
      ...more,
      until: at,
      oldName: { until: at, sameKey: true },
    }),
  );
});

it("has its fields in the order of the contract", () => {
  const forReviewers = ["edits", "compromised", "byTime"];
  const fields = ["asOf", "digest", "summary", "base", "changes", "access", ...forReviewers, "warnings", "refusals"];
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
