import { expect, test } from "vitest";
import { makePlan, NO_POLICY } from "../../scripts/plan/index.ts";
import { clientOf, NOW, VERSION, withClients } from "../support/plan-builders.ts";
import { planFor } from "../support/plan-simulator.ts";
import { asked, CARRIED, codes, isDecision, LAST, SOON } from "./carried.ts";

test("without a refusal what is asked is what is done", () => {
  const planned = planFor(withClients(LAST, { c11: null, new: clientOf() }), CARRIED, NOW);
  expect(codes(planned)).toEqual([]);
  expect(asked(planned)).toEqual(["issue new Missing", "revoke c11 Removed cessationOfOperation", "crl", "registry"]);
  expect(planned.applicable?.plan).toBe(planned.plan);
});

test("the summary counts what the plan says", () => {
  const { plan } = planFor(withClients(LAST, { c11: null, new: clientOf() }), CARRIED, SOON);
  const files = plan.changes.filter(({ kind }) => kind === "file").length;
  expect(plan.summary).toEqual({
    issue: 1,
    renew: 1,
    revoke: 1,
    hold: 0,
    release: 0,
    definition: 0,
    crl: 1,
    file: files,
    lose: 1,
  });
  expect(plan.asOf).toBe(SOON);
});

test("compared with another base, the plan tells other access and the same decisions", () => {
  const wants = withClients(LAST, { new: clientOf() });
  const input = { registry: wants, problems: [], state: CARRIED, now: NOW, version: VERSION, policy: NO_POLICY };
  const { plan } = makePlan(input);
  expect(plan.access.map(({ client }) => client)).toEqual(["new"]);
  const other = makePlan({ ...input, base: { registry: wants, commit: "1".repeat(40) } }).plan;
  expect(other.access).toEqual([]);
  expect(other.changes.filter(isDecision)).toEqual(plan.changes.filter(isDecision));
});

test("a certificate of a serial that nobody issued yet stands in for one in the plan's files", () => {
  const planned = planFor(withClients(LAST, { new: clientOf() }), CARRIED, NOW);
  const files = planned.plan.changes.flatMap((one) => (one.kind === "file" ? [`${one.reason} ${one.path}`] : []));
  expect(files).toEqual([
    "Drifted pki/index.txt",
    "Missing pki/issued/new.crt",
    "Drifted pki/nginx/clients.map",
    "Drifted pki/nginx/roles.map",
    "Missing pki/private/new.key",
    "Drifted pki/registry.yaml",
  ]);
});
