import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccessChange, ByTime, Compromised, Decision, Edit, EditValue } from "../../../scripts/model/plan.ts";
import { UserError } from "../../../scripts/model/problem.ts";
import { REASONS } from "../../../scripts/model/registry.ts";
import { MAX_INSTANT } from "../../../scripts/model/time.ts";
import { planFromJson } from "../../../scripts/views/plan/from-json.ts";
import { planJson } from "../../../scripts/views/plan/json.ts";
import { CHANGES, FULL, plan } from "./samples.ts";

const EDIT = { section: "clients", name: "alice", field: "expires", from: null, to: "2027-06-30T00:00:00Z" };

const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const name = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,8}$/);
const instant = fc.integer({ min: 0, max: MAX_INSTANT });
const differences: fc.Arbitrary<AccessChange[]> = fc.array(
  fc.record({
    client: name,
    previously: orNull(name),
    oldName: orNull(fc.record({ until: orNull(instant), sameKey: fc.boolean() })),
    gains: fc.array(name),
    loses: fc.array(name),
    because: fc.record({ entry: fc.boolean(), groups: fc.array(name) }),
    until: orNull(instant),
    contact: orNull(fc.string()),
    lossIs: orNull(fc.constantFrom("forever", "held")),
    reissued: orNull(fc.constantFrom(...REASONS)),
  }),
);
const plainValue = fc.oneof(fc.string({ unit: "binary" }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null));
const value: fc.Arbitrary<EditValue> = fc.oneof(
  plainValue,
  fc.array(plainValue, { maxLength: 4 }),
  fc.dictionary(fc.string(), fc.oneof(plainValue, fc.array(plainValue, { maxLength: 4 })), { noNullPrototype: true }),
);
const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    section: fc.constantFrom("authority", "crl", "limits", "groups", "clients", "servers"),
    name,
    field: fc.stringMatching(/^[a-z_]{1,12}$/),
    from: value,
    to: value,
  }),
);
const compromised: fc.Arbitrary<Compromised[]> = fc.array(
  fc.record({ client: name, contact: orNull(fc.string()), before: orNull(instant), lockedOut: fc.boolean() }),
);
const byTimes: fc.Arbitrary<ByTime> = fc.record({
  until: instant,
  changes: fc.subarray<Decision>([CHANGES.issue, CHANGES.renew, CHANGES.revoke, CHANGES.hold, CHANGES.release]),
});
const bases = orNull(fc.constantFrom("0123456789abcdef0123456789abcdef01234567", "a".repeat(64)));

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

it("reads back whatever a plan may say of differences, edits, compromise and time", () => {
  fc.assert(
    fc.property(differences, edits, compromised, byTimes, bases, (access, edits, compromised, byTime, base) => {
      const whole = plan({ access, edits, compromised, byTime, base });
      expect(planFromJson(planJson(whole))).toEqual(whole);
    }),
  );
});

it("drops what it does not know", () => {
  const extra = { ...JSON.parse(planJson(FULL)), html: "<script>" };
  expect(planFromJson(JSON.stringify(extra))).toEqual(FULL);
});

describe("refuses", () => {
  it.each([
    ["what is not JSON", () => "no", "plan is not JSON"],
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
    ["a commit that is none", (plan) => ({ ...plan, base: "main" }), "plan.base is not text like"],
    [
      "an edit of a section that is none",
      (plan) => ({ ...plan, edits: [{ ...EDIT, section: "__proto__" }] }),
      "plan.edits[0].section is not one of",
    ],
    [
      "an edit without a value",
      (plan) => ({ ...plan, edits: [{ ...EDIT, to: undefined }] }),
      "plan.edits[0].to is not a",
    ],
    [
      "a value deeper than clients.yaml has any",
      (plan) => ({ ...plan, edits: [{ ...EDIT, to: { a: { b: { c: { d: { e: 1 } } } } } }] }),
      "to.a.b.c.d is not a value of clients.yaml",
    ],
    [
      "a value longer than clients.yaml has any",
      (plan) => ({ ...plan, edits: [{ ...EDIT, to: ["x".repeat(10_001)] }] }),
      "to.0 is not a value of clients.yaml",
    ],
    [
      "a file among what time decides",
      (plan) => ({ ...plan, byTime: { until: "2026-12-05T12:00:00Z", changes: [CHANGES.file] } }),
      "plan.byTime.changes holds what is no decision",
    ],
    [
      "a loss for half a while",
      (plan) => ({ ...plan, access: [{ ...JSON.parse(planJson(FULL)).access[0], lossIs: "half" }] }),
      "plan.access[0].lossIs is not one of",
    ],
    ["a plan without its edits", (plan) => ({ ...plan, edits: undefined }), "plan.edits is not a list"],
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
