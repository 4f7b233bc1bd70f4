import fc from "fast-check";
import { expect, test } from "vitest";
import type { Certificate } from "../../scripts/model/state.ts";
import { isLive } from "../../scripts/plan/holdings.ts";
import { renewalOrders } from "../../scripts/plan/renewals.ts";
import { clientOf, DAY, NOW, registryOf, requestOf, stateOf } from "../support/plan-builders.ts";
import { reconcile } from "../support/plan-simulator.ts";

/** How long a client's certificates are to be, from when on, and how it looks after itself. */
const worlds = fc.record({
  days: fc.constantFrom(5, 20),
  /** A part of the lifetime. */
  window: fc.constantFrom(0.2, 0.5, 0.9),
  /** Of the certificate for a year when the lifetime is shortened, in days. */
  age: fc.nat(330),
  csr: fc.boolean(),
  /** The client asks as often as just suffices. */
  lazy: fc.boolean(),
});

test("who asks once in each window is never without a certificate, and nothing goes on for longer than is asked for", () => {
  const law = fc.property(worlds, ({ days, window, age, csr, lazy }) => {
    const long = registryOf({ clients: { alice: clientOf({ csr }) } });
    let state = reconcile(long, stateOf({ requests: { alice: requestOf("k1") } }), NOW - age * DAY);
    let has = [...state.certificates.values()].at(-1);
    const renewal = Math.max(1, Math.floor(days * window));
    const entry = { csr, lifetime: days * DAY, renewBefore: renewal * DAY, shorten: true };
    const short = registryOf({ clients: { alice: clientOf(entry) } });
    for (let day = 0; day <= 2 * days; day++) {
      const now = NOW + day * DAY;
      state = reconcile(short, state, now);
      const live = [...state.certificates.values()].filter((one) => isLive(one, state, now));
      expect(live).toContainEqual(has);
      const long = live.filter(({ notAfter }) => notAfter > now + entry.lifetime);
      expect(long.length).toBeLessThan(day < renewal ? live.length : 1);
      if (!lazy || day % renewal === renewal - 1) has = successorOf(has, live) ?? has;
    }
  });
  fc.assert(law, { numRuns: 20 });
});

/** What servers hand out to the holder of this certificate, if there is anything newer. */
function successorOf(has: Certificate | undefined, live: readonly Certificate[]): Certificate | undefined {
  const valid = live.toSorted((a, b) => a.issued - b.issued).map((certificate) => ({ certificate, identity: "alice" }));
  return renewalOrders(valid).find(({ predecessor }) => predecessor === has)?.successor;
}
