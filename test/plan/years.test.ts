import { describe, expect, it } from "vitest";
import type { Client } from "../../scripts/model/registry.ts";
import type { State } from "../../scripts/model/state.ts";
import { isLive } from "../../scripts/plan/holdings.ts";
import { authorityOf, clientOf, DAY, NOW, registryOf, requestOf, stateOf } from "../support/plan-builders.ts";
import { planFor, reconcile } from "../support/plan-simulator.ts";

const SHORT = { lifetime: 60 * DAY, renewBefore: 20 * DAY } as const;

/** Runs every so often for so long; how many runs changed something, and how many times the client had nothing. */
function runFor(days: number, every: number, client: Partial<Client>, start: State, end: number) {
  const registry = registryOf({ clients: { alice: clientOf(client) } });
  let [state, changes, without] = [start, 0, 0];
  for (let now = NOW; now <= NOW + days * DAY; now += every) {
    if (planFor(registry, state, now).plan.changes.length > 0) changes++;
    state = reconcile(registry, state, now);
    const live = [...state.certificates.values()].some((one) => isLive(one, state, now));
    if (!live && now < end) without++;
  }
  const { size } = state.certificates;
  return { issued: size, changes, without };
}

describe("for over a year", () => {
  const far = NOW + 3000 * DAY;
  it.each<
    [sentence: string, issued: number, days: number, every: number, client: Partial<Client>, authorityEnd?: number]
  >([
    ["a certificate is renewed when it is due, run daily", 11, 400, DAY, SHORT],
    ["a certificate is renewed when it is due, run twice a day", 11, 400, DAY / 2, SHORT],
    ["a certificate is renewed when it is due, run weekly", 10, 400, 7 * DAY, SHORT],
    ["a request is certified again when it is due", 11, 400, DAY, { ...SHORT, csr: true }],
    ["an overlap makes no more of them", 11, 400, DAY, { ...SHORT, overlap: 2 * DAY }],
    ["a reissue makes no more of them", 11, 400, DAY, { ...SHORT, reissue: { before: NOW, reason: "keyCompromise" } }],
    [
      "a certificate that ends with its access is not renewed every day",
      2,
      400,
      DAY,
      { ...SHORT, expires: NOW + 90 * DAY },
    ],
    ["one that ends with the authority is not renewed every day", 2, 400, DAY, SHORT, NOW + 90 * DAY],
    ["whoever is suspended is issued nothing", 0, 400, DAY, { ...SHORT, suspended: true }],
  ])("%s", (_, issued, days, every, client, authorityEnd = far) => {
    const requests = { alice: requestOf("k1") };
    const start = stateOf({ authority: authorityOf({ notAfter: authorityEnd }), requests });
    const end = client.suspended === true ? 0 : Math.min(client.expires ?? far, authorityEnd);
    const told = runFor(days, every, client, start, end);
    expect(told).toMatchObject({ issued, without: 0 });
    // A certificate, the end of its predecessor, and 27 CRLs: any other day is quiet.
    expect(told.changes).toBeLessThanOrEqual(3 * issued + 28);
  });
});
