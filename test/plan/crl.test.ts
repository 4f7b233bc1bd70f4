import { describe, expect, it, test } from "vitest";
import type { CrlEntry } from "../../scripts/model/state.ts";
import { CRL_BACKDATE, crlEntries, planCrl } from "../../scripts/plan/crl.ts";
import {
  certificateOf,
  crlOf,
  DAY,
  type Facts,
  NOW,
  revocationOf,
  serialOf,
  stateOf,
} from "../support/plan-builders.ts";

const SETTINGS = { lifetime: 30 * DAY, renewBefore: 15 * DAY };
const ONE = certificateOf();
const hold = { serial: ONE.serial, at: NOW - DAY };
const revoked = revocationOf(ONE.serial, { reason: "keyCompromise" });
const entry = (fields: Partial<CrlEntry> = {}): CrlEntry => ({
  serial: ONE.serial,
  at: NOW - DAY,
  reason: "keyCompromise",
  ...fields,
});
const listing = (...entries: CrlEntry[]) => crlOf({ entries: new Map(entries.map((one) => [one.serial, one])) });
const LAST = crlOf().thisUpdate;

describe("the CRL lists", () => {
  it.each<[sentence: string, facts: Facts, expected: string[]]>([
    ["nothing when nothing is revoked", {}, []],
    ["what is revoked", { revocations: [revoked] }, ["keyCompromise"]],
    ["what is held", { holds: [hold] }, ["certificateHold"]],
    ["what is held and revoked as revoked", { holds: [hold], revocations: [revoked] }, ["keyCompromise"]],
    [
      "what ended after the last CRL",
      { revocations: [revoked], certificates: [{ ...ONE, notAfter: LAST }], crl: crlOf() },
      ["keyCompromise"],
    ],
    [
      "no more what ended before the last CRL",
      { revocations: [revoked], certificates: [{ ...ONE, notAfter: LAST - 1 }], crl: crlOf() },
      [],
    ],
    [
      "what ended long ago when there is no CRL any more",
      { revocations: [revoked], certificates: [{ ...ONE, notAfter: 5 }] },
      ["keyCompromise"],
    ],
    [
      "what the last one listed, although its revocation is gone",
      { certificates: [ONE], crl: listing(entry()) },
      ["keyCompromise"],
    ],
    ["what the last one listed, although nobody knows the certificate", { crl: listing(entry()) }, ["keyCompromise"]],
    ["no more what the last one held", { certificates: [ONE], crl: listing(entry({ reason: "certificateHold" })) }, []],
  ])("%s", (_, facts, expected) => {
    expect([...crlEntries(stateOf({ certificates: [ONE], ...facts })).values()].map(({ reason }) => reason)).toEqual(
      expected,
    );
  });
});

function why(facts: Facts, now = NOW): string | null {
  return planCrl(stateOf({ certificates: [ONE], ...facts }), SETTINGS, now, "time")?.change.reason ?? null;
}

describe("a CRL is signed", () => {
  it.each<[sentence: string, reason: string | null, facts: Facts, now?: number]>([
    ["when there is none", "Missing", {}],
    ["when the last one is another authority's", "Missing", { crl: crlOf({ authorityKeyId: "BB" }) }],
    ["when something new is revoked", "EntriesChanged", { revocations: [revoked], crl: crlOf() }],
    [
      "when a hold became a revocation",
      "EntriesChanged",
      { revocations: [revoked], crl: listing(entry({ reason: "certificateHold" })) },
    ],
    ["when a hold is lifted", "EntriesChanged", { crl: listing(entry({ reason: "certificateHold" })) }],
    ["when its renewal is due", "RenewalDue", { crl: crlOf() }, crlOf().nextUpdate - SETTINGS.renewBefore],
    ["not a second before", null, { crl: crlOf() }, crlOf().nextUpdate - SETTINGS.renewBefore - 1],
    ["not when it lists what it should", null, { revocations: [revoked], crl: listing(entry()) }],
    [
      "not when entries may go: a quiet day stays quiet",
      null,
      { crl: listing(entry()), certificates: [{ ...ONE, notAfter: LAST - 1 }] },
    ],
    [
      "not when a held certificate merely ended",
      null,
      {
        holds: [hold],
        crl: listing(entry({ reason: "certificateHold" })),
        certificates: [{ ...ONE, notAfter: LAST - 1 }],
      },
    ],
    [
      "not when the hold of an ended certificate is lifted",
      null,
      { crl: listing(entry({ reason: "certificateHold" })), certificates: [{ ...ONE, notAfter: LAST - 1 }] },
    ],
    [
      "a CRL whose time is to come, though nothing else changed",
      "RenewalDue",
      { crl: crlOf({ thisUpdate: NOW + 2 * DAY }) },
    ],
    ["never without an authority", null, { authority: null }],
    [
      "when it would go on for longer than is asked for now",
      "LifetimeChanged",
      { crl: crlOf({ nextUpdate: NOW + 3 * 365 * DAY }) },
    ],
    ["not when it ends just as one that is signed now", null, { crl: crlOf({ nextUpdate: NOW + SETTINGS.lifetime }) }],
    ["a second later", "LifetimeChanged", { crl: crlOf({ nextUpdate: NOW + SETTINGS.lifetime + 1 }) }],
    [
      "not when somebody looks at yesterday",
      null,
      { crl: crlOf({ thisUpdate: NOW - CRL_BACKDATE, nextUpdate: NOW + SETTINGS.lifetime }) },
      NOW - DAY + CRL_BACKDATE,
    ],
  ])("%s", (_, reason, facts, now) => {
    expect(why(facts, now)).toBe(reason);
  });
});

test("an entry goes once a CRL from after its certificate's end has listed it", () => {
  const end = NOW + DAY;
  let state = stateOf({ certificates: [{ ...ONE, notAfter: end }], revocations: [revoked], crl: listing(entry()) });
  const listed: number[] = [];
  for (let now = NOW; now < NOW + 100 * DAY; now += 20 * DAY) {
    const order = planCrl(state, SETTINGS, now, "time");
    if (order === null) continue;
    const { number, thisUpdate, nextUpdate, entries } = order;
    listed.push(entries.length);
    state = {
      ...state,
      crl: crlOf({ number, thisUpdate, nextUpdate, entries: new Map(entries.map((one) => [one.serial, one])) }),
    };
  }
  expect(listed).toEqual([1, 0, 0, 0]);
});

describe("numbers and times", () => {
  it.each<[sentence: string, crl: ReturnType<typeof crlOf> | null, number: number, thisUpdate: number]>([
    ["are the clock's, a little back", crlOf(), NOW - CRL_BACKDATE, NOW - CRL_BACKDATE],
    ["rise past a number that ran ahead", crlOf({ number: NOW + 5 }), NOW + 6, NOW - CRL_BACKDATE],
    [
      "rise by one within one second",
      crlOf({ thisUpdate: NOW - CRL_BACKDATE }),
      NOW - CRL_BACKDATE + 1,
      NOW - CRL_BACKDATE + 1,
    ],
    [
      "go back to the clock's after one that ran ahead, and the number rises",
      crlOf({ number: NOW + 400 * DAY, thisUpdate: NOW + 400 * DAY }),
      NOW + 400 * DAY + 1,
      NOW - CRL_BACKDATE,
    ],
    ["start with the clock's", null, NOW - CRL_BACKDATE, NOW - CRL_BACKDATE],
  ])("%s", (_, crl, number, thisUpdate) => {
    const order = planCrl(stateOf({ crl, revocations: [revoked], certificates: [ONE] }), SETTINGS, NOW, "registry");
    expect(order).toMatchObject({ number, thisUpdate, nextUpdate: NOW + SETTINGS.lifetime, change: { number } });
  });

  test("a renewal is due by time, a missing one by the registry, changed entries by whatever changed them", () => {
    const due = (facts: Facts, now = NOW) => planCrl(stateOf(facts), SETTINGS, now, "time")?.change.due;
    expect(due({})).toBe("registry");
    expect(due({ crl: crlOf() }, crlOf().nextUpdate)).toBe("time");
    expect(due({ crl: crlOf(), revocations: [revoked] })).toBe("time");
  });

  test("entries come by serial", () => {
    const revocations = [3, 1, 2].map((n) => revocationOf(serialOf(n)));
    const order = planCrl(stateOf({ revocations }), SETTINGS, NOW, "registry");
    expect(order?.entries.map(({ serial }) => serial)).toEqual([serialOf(1), serialOf(2), serialOf(3)]);
  });
});
