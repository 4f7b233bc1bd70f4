import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Decision } from "../../scripts/model/plan.ts";
import type { Client, Registry } from "../../scripts/model/registry.ts";
import type { State } from "../../scripts/model/state.ts";
import type { Instant } from "../../scripts/model/time.ts";
import { decide } from "../../scripts/plan/decide.ts";
import { makePlan, NO_POLICY } from "../../scripts/plan/index.ts";
import {
  certificateOf,
  clientOf,
  crlOf,
  DAY,
  fingerprintOf,
  NOW,
  registryOf,
  requestOf,
  revocationOf,
  serialOf,
  stateOf,
  VERSION,
  withClients,
} from "../support/plan-builders.ts";
import { inShort } from "../support/plan-one.ts";
import { planFor, reconcile } from "../support/plan-simulator.ts";
import { authorityEnds, play, plays } from "../support/plan-worlds.ts";

/** Ends so long from now. */
const ending = (days: number, fields: Parameters<typeof certificateOf>[0] = {}) =>
  certificateOf({ notAfter: NOW + days * DAY, ...fields });

function byTime(last: Registry, state: Partial<Parameters<typeof stateOf>[0]>, wants: Registry = last): string[] {
  const { plan } = planFor(wants, stateOf({ carriedOut: last, crl: crlOf(), ...state }), NOW);
  expect(plan.byTime.until).toBe(NOW + 14 * DAY);
  return plan.byTime.changes.map(inShort);
}

const of = (alice: Partial<Client>) => registryOf({ clients: { alice: clientOf(alice) } });

describe("by time alone, within two weeks,", () => {
  it.each<[sentence: string, last: Registry, days: number, expected: string[]]>([
    ["nothing is done about a certificate that lasts", of({}), 45, []],
    ["one that becomes due is renewed", of({}), 40, ["renew alice …1"]],
    ["one that is due already is renewed", of({}), 20, ["renew alice …1"]],
    ["one that is due a day later is not", of({}), 30 + 15, []],
    ["one whose access ends with it is not", of({ expires: NOW + 5 * DAY }), 5, []],
    [
      "one is renewed even though access ends before two weeks are over",
      of({ expires: NOW + 9 * DAY }),
      8,
      ["renew alice …1"],
    ],
    ["the suspended are left alone", of({ suspended: true }), 20, ["hold alice …1"]],
    [
      "a predecessor is revoked when its overlap is over",
      of({ overlap: 5 * DAY, renewBefore: 30 * DAY }),
      35,
      ["renew alice …1", "revoke alice …1 Superseded superseded"],
    ],
    [
      "certificates that last a week are renewed, and this is told once",
      of({ lifetime: 7 * DAY, renewBefore: DAY }),
      3,
      ["renew alice …1"],
    ],
  ])("%s", (_, last, days, expected) => {
    expect(byTime(last, { certificates: [ending(days)] })).toEqual(expected);
  });

  it("the hold of a certificate that ends is lifted, under a former name, too", () => {
    const renamed = registryOf({ clients: { ada: clientOf({ previously: "cyd", suspended: true }) } });
    const holds = [{ serial: serialOf(1), at: NOW - DAY }];
    const facts = { certificates: [ending(3, { identity: "cyd" })], holds };
    expect(byTime(renamed, facts)).toEqual(["release cyd …1"]);
  });

  it("a change has no part in it: it is the base that is looked at", () => {
    const last = of({});
    const wants = withClients(of({ renewBefore: 100 * DAY }), { bob: clientOf() });
    expect(byTime(last, { certificates: [ending(45)] }, wants)).toEqual([]);
    expect(byTime(last, { certificates: [ending(40)] }, withClients(last, { alice: null }))).toEqual([
      "renew alice …1",
    ]);
  });

  it("a request that came with the change is not yet renewed with", () => {
    const own = ending(40, { key: "request", fingerprint: fingerprintOf("k1") });
    const { plan } = planFor(
      of({ csr: true }),
      stateOf({
        carriedOut: of({ csr: true }),
        crl: crlOf(),
        certificates: [own],
        requests: { alice: requestOf("k2") },
      }),
      NOW,
    );
    expect(plan.byTime.changes).toMatchObject([{ kind: "renew", fingerprint: fingerprintOf("k1") }]);
  });

  it("a request that is refused today is refused then", () => {
    const own = ending(40, { key: "request", fingerprint: fingerprintOf("k1") });
    const requests = { alice: { ok: false, problem: "two blocks", hint: null } } as const;
    expect(byTime(of({ csr: true }), { certificates: [own], requests })).toEqual([]);
  });
});

/** What runs once a day for two weeks decide, about certificates that there were, and about new ones. */
function daily(registry: Registry, start: State, now: Instant): Set<string> {
  const told = new Set<string>();
  let state = start;
  for (let day = 0; day <= 14; day++) {
    const at = now + day * DAY;
    for (const one of decide(registry, state, at).list)
      if (!("serial" in one) || start.certificates.has(one.serial)) told.add(words(one));
    state = reconcile(registry, state, at);
  }
  return told;
}

function words(decision: Decision): string {
  return [
    decision.kind,
    decision.identity,
    "serial" in decision ? decision.serial : "",
    "reason" in decision ? decision.reason : "",
  ].join(" ");
}

test("it is what runs once a day would do, whatever went before", () => {
  fc.assert(
    fc.property(plays, authorityEnds, (steps, end) => {
      const last: { now: Instant; after: State; registry: Registry }[] = [];
      play(steps, end, (moment) => {
        last[0] = moment;
      });
      for (const { now, after, registry } of last) {
        const { plan } = planFor(registry, after, now);
        expect(new Set(plan.byTime.changes.map(words))).toEqual(daily(registry, after, now));
      }
    }),
    { numRuns: 40 },
  );
});

describe("due by time is only what the base's registry alone would do, too", () => {
  const due = (last: Registry, wants: Registry, days: number) =>
    planFor(wants, stateOf({ carriedOut: last, crl: crlOf(), certificates: [ending(days)] }), NOW).plan.changes.flatMap(
      (one) => ("identity" in one ? [`${inShort(one)}: ${one.due}`] : []),
    );
  it.each<[sentence: string, last: Registry, wants: Registry, days: number, expected: string[]]>([
    ["a renewal", of({}), of({}), 20, ["renew alice …1: time"]],
    [
      "a renewal beside another change",
      of({}),
      withClients(of({}), { bob: clientOf() }),
      20,
      ["issue bob Missing: registry", "renew alice …1: time"],
    ],
    [
      "not one that an end of access moved by a hundred years brings about",
      of({ expires: NOW + 20 * DAY }),
      of({ expires: NOW + 36_500 * DAY }),
      20,
      ["renew alice …1: registry"],
    ],
    [
      "not one that a longer renew_before brings about",
      of({}),
      of({ renewBefore: 300 * DAY }),
      200,
      ["renew alice …1: registry"],
    ],
  ])("%s", (_, last, wants, days, expected) => {
    expect(due(last, wants, days)).toEqual(expected);
  });

  it("by the base that is given, not by what was carried out", () => {
    const state = stateOf({ carriedOut: of({}), crl: crlOf(), certificates: [ending(20)] });
    const longer = of({ expires: NOW + 20 * DAY });
    const input = { ...planInput(of({}), state), base: { registry: longer, commit: "1".repeat(40) } };
    expect(makePlan(input).plan.changes).toContainEqual(expect.objectContaining({ kind: "renew", due: "registry" }));
    expect(makePlan(planInput(of({}), state)).plan.changes).toContainEqual(
      expect.objectContaining({ kind: "renew", due: "time" }),
    );
  });

  it("and the digest does not ask which base it is", () => {
    const state = stateOf({ carriedOut: of({}), crl: crlOf(), certificates: [ending(20)] });
    const base = { registry: of({ expires: NOW + 20 * DAY }), commit: "1".repeat(40) };
    const digests = [planInput(of({}), state), { ...planInput(of({}), state), base }].map(
      (one) => makePlan(one).plan.digest,
    );
    expect(new Set(digests).size).toBe(1);
  });

  const GONE = { certificates: [ending(200)], revocations: [revocationOf(serialOf(1))] };
  it("not a CRL that is signed for what was revoked, nor one that another renew_before brings about", () => {
    const crl = (last: Registry, wants: Registry, facts: Parameters<typeof stateOf>[0]) =>
      planFor(wants, stateOf({ carriedOut: last, ...facts }), NOW).plan.changes.flatMap((one) =>
        one.kind === "crl" ? [`${one.reason} ${one.due}`] : [],
      );
    const old = { crl: crlOf({ thisUpdate: NOW - 16 * DAY }) };
    const sooner = { ...of({}), crl: { lifetime: 30 * DAY, renewBefore: 10 * DAY } };
    expect(crl(of({}), of({}), { ...old, certificates: [ending(200)] })).toEqual(["RenewalDue time"]);
    expect(crl(sooner, of({}), { ...old, certificates: [ending(200)] })).toEqual(["RenewalDue registry"]);
    expect(crl(of({}), withClients(of({}), { alice: null }), { crl: crlOf(), ...GONE })).toEqual([
      "EntriesChanged registry",
    ]);
  });
});

function planInput(registry: Registry, state: State) {
  return { registry, problems: [], state, now: NOW, version: VERSION, policy: NO_POLICY };
}
