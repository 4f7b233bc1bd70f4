import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../scripts/model/problem.ts";
import { planFromJson } from "../../scripts/render/plan-from-json.ts";
import { planJson } from "../../scripts/render/plan-json.ts";
import { FULL } from "./plan-samples.ts";

function refusal(text: string): string {
  try {
    planFromJson(text);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return "accepted";
}

it("reads back what planJson wrote", () => {
  expect(planFromJson(planJson(FULL))).toEqual(FULL);
});

it("drops what it does not know", () => {
  const extra = { ...JSON.parse(planJson(FULL)), html: "<script>" };
  expect(planFromJson(JSON.stringify(extra))).toEqual(FULL);
});

describe("refuses", () => {
  it.each([
    ["what is not JSON", () => "no", "the plan is not JSON"],
    ["another shape", () => [], "plan is not an object"],
    ["an instant without a zone", (plan) => ({ ...plan, asOf: "2026-11-21T12:00:00" }), "plan.asOf is not an instant"],
    ["a digest of another form", (plan) => ({ ...plan, digest: "sha256:0" }), "plan.digest is not text like"],
    [
      "an unknown kind",
      (plan) => ({ ...plan, changes: [{ kind: "constructor" }] }),
      "plan.changes[0].kind is not one of",
    ],
    [
      "a name that is none",
      (plan) => ({ ...plan, access: [{ client: "a\nb" }] }),
      "plan.access[0].client is not text like",
    ],
    [
      "a gain that is no name",
      (plan) => ({ ...plan, access: [{ client: "a", previously: null, gains: ["`x`"] }] }),
      "gains[0] is not",
    ],
    [
      "an unknown code",
      (plan) => ({ ...plan, refusals: [{ code: "Fine", message: "" }] }),
      "plan.refusals[0].code is not one of",
    ],
    [
      "counts that hide a change",
      (plan) => ({ ...plan, summary: { ...FULL.summary, revoke: 0 } }),
      "plan.summary.revoke is not how many",
    ],
    ["a list that is none", (plan) => ({ ...plan, warnings: {} }), "plan.warnings is not a list"],
  ] satisfies [string, (plan: object) => unknown, string][])("%s", (_, change, words) => {
    const value = change(JSON.parse(planJson(FULL)));
    expect(refusal(typeof value === "string" ? value : JSON.stringify(value))).toContain(words);
  });
});

it("never throws anything but its own error", () => {
  const holds = (text: string) => typeof refusal(text) === "string";
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), holds));
  const parts = Object.entries<unknown>(JSON.parse(planJson(FULL)));
  const broken = fc.tuple(fc.nat(parts.length - 1), fc.jsonValue()).map(([index, value]) => {
    return JSON.stringify(Object.fromEntries(parts.map(([key, old], at) => [key, at === index ? value : old])));
  });
  fc.assert(fc.property(broken, holds));
});
