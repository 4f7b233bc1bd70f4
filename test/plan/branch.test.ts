import { describe, expect, it } from "vitest";
import type { Registry } from "../../scripts/model/registry.ts";
import { makePlan, NO_POLICY, type Policy } from "../../scripts/plan/index.ts";
import {
  certificateOf,
  clientOf,
  crlOf,
  crowdOf,
  NOW,
  registryOf,
  stateOf,
  VERSION,
  withClients,
} from "../support/plan-builders.ts";
import { planFor } from "../support/plan-simulator.ts";

const LAST = registryOf({ clients: { alice: clientOf() } });
const STATE = stateOf({ carriedOut: LAST, certificates: [certificateOf()], crl: crlOf() });
const WANTS = withClients(LAST, { bob: clientOf() });

describe("a branch is refused as a whole", () => {
  it.each<[sentence: string, policy: Partial<Policy>, code: string, advice: string]>([
    ["that cannot be merged", { conflicts: ["clients.yaml"] }, "MergeConflict", "git merge origin/main"],
    [
      "that brings code of npm's",
      { faults: [{ path: "node_modules/x", fault: "foreign" as const }] },
      "ForeignCode",
      "git rm -r --cached",
    ],
    [
      "that edits state",
      { faults: [{ path: "pki/crl.pem", fault: "edited" as const }] },
      "StateEdited",
      "Take the change out of the branch",
    ],
    [
      "one of whose commits edits state, and another takes that back",
      { faults: [{ path: "pki/revoked/5F.yaml", fault: "spoiled" as const }] },
      "StateEdited",
      "git reset --soft $(git merge-base origin/main HEAD)",
    ],
  ])("%s", (_, policy, code, advice) => {
    const { plan, applicable } = planFor(WANTS, STATE, NOW, policy);
    expect(plan.refusals).toEqual([{ code, message: expect.stringContaining(advice) }]);
    expect(plan.access.map(({ client }) => client)).toEqual(["bob"]);
    expect(applicable?.decisions.list).toEqual([]);
  });

  it("also where nothing was ever carried out", () => {
    const { plan, applicable } = planFor(WANTS, { ...STATE, carriedOut: null }, NOW, {
      faults: [{ path: "node_modules/x", fault: "foreign" as const }],
    });
    expect(plan.refusals.map(({ code }) => code)).toEqual(["ForeignCode"]);
    expect(applicable).toBeNull();
  });

  it("also where nothing can be read", () => {
    const { plan } = planFor(null, { ...STATE, carriedOut: null }, NOW, {
      faults: [{ path: "node_modules/x", fault: "foreign" as const }],
    });
    expect(plan.refusals.map(({ code }) => code)).toEqual(["InvalidRegistry", "ForeignCode"]);
  });
});

it("names twenty paths of a branch that brings thousands, and says how many more there are", () => {
  const faults = Array.from({ length: 5000 }, (_, n) => ({ path: `node_modules/${n}`, fault: "foreign" as const }));
  const { refusals } = planFor(WANTS, STATE, NOW, { faults }).plan;
  expect(refusals).toHaveLength(21);
  expect(refusals.at(-1)?.message).toBe("4980 more paths after these are refused for the same reason.");
});

it("a path with control characters is escaped", () => {
  const [refusal] = planFor(WANTS, STATE, NOW, { faults: [{ path: "pki/\u001b[2J", fault: "edited" as const }] }).plan
    .refusals;
  expect(refusal?.message).not.toContain("\u001b");
});

it("counts losses from what was carried out last too, as reconcile will: main may hold changes that wait", () => {
  const carried = registryOf({ clients: crowdOf(20) });
  const without = (count: number) =>
    registryOf({ clients: Object.fromEntries(Object.entries(crowdOf(20)).slice(count)) });
  const state = stateOf({ carriedOut: carried });
  const plan = (base: Registry, wants: Registry) => {
    const policy = { ...NO_POLICY };
    const input = { registry: wants, problems: [], state, now: NOW, version: VERSION, policy };
    return makePlan({ ...input, base: { registry: base, commit: "0".repeat(40) } }).plan.refusals.map(
      ({ code }) => code,
    );
  };
  expect(plan(carried, without(4))).toEqual([]);
  expect(plan(without(4), without(8))).toEqual(["TooManyLosses"]);
});
