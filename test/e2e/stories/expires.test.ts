import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Story } from "../support/story.ts";

const CLIENTS = { alice: "{ groups: [staff] }", dora: "{ groups: [guests], csr: true }", bob: "{ groups: [staff] }" };
const until = (date: string) => ({
  alice: `{ groups: [staff], expires: ${date} }`,
  dora: `{ groups: [guests], csr: true, expires: ${date} }`,
});
const SHORTER = ["issue alice LifetimeChanged", "issue dora LifetimeChanged"];
const LONGER_OUT = ["revoke alice Superseded", "revoke dora Superseded"];

let before: Story;
/** Since March 1st, access of alice and dora ends on July 1st. */
let limited: Story;
beforeAll(async () => {
  before = (await Story.begin(CLIENTS, { on: "2026-01-01", requests: ["dora"] })).on("2026-03-01");
  limited = before.copy().edit(until("2026-07-01"));
  await limited.reconcile();
});
afterAll(() => {
  limited?.[Symbol.dispose]();
  before?.[Symbol.dispose]();
});

describe("expires", () => {
  it("set: one that ends with the access is issued, the longer one is revoked as superseded", async () => {
    using story = before.copy();
    const longer = ["alice", "dora"].map((name) => story.newest(name));
    expect(await story.edit(until("2026-07-01")).reconcile()).toEqual([...SHORTER, ...LONGER_OUT]);
    expect(story.crl()).toEqual(Object.fromEntries(longer.map((serial) => [serial, "Superseded"])));
    for (const name of ["alice", "dora"]) {
      expect(story.verdicts(name)).toEqual(["certificate revoked", "OK"]);
      expect(story.verdict(story.newest(name), "2026-06-30T23:59:59Z")).not.toContain("certificate has expired");
      expect(story.verdict(story.newest(name), "2026-07-01T00:00:01Z")).toContain("certificate has expired");
      expect(story.admitted(name)).toEqual([story.newest(name)]);
    }
    await story.insistOnSoundness();
  });

  it("set later than the certificate's end: nothing happens until it is renewed, and then it ends with the access", async () => {
    using story = before.copy();
    expect(await story.edit(until("2027-02-15")).reconcile()).toEqual([]);
    await story.on("2026-12-20").reconcile();
    expect(story.verdict(story.newest("alice"), "2027-02-15T00:00:01Z")).toContain("certificate has expired");
    expect(await story.on("2027-02-10").reconcile()).toEqual([]);
  });

  it("moved earlier: reissued shorter, the longer one revoked", async () => {
    using story = limited.copy();
    expect(await story.on("2026-04-01").edit(until("2026-05-01")).reconcile()).toEqual([...SHORTER, ...LONGER_OUT]);
    expect(story.verdicts("alice")).toEqual(["certificate revoked", "certificate revoked", "OK"]);
    expect(story.verdict(story.newest("alice"), "2026-05-01T00:00:01Z")).toContain("certificate has expired");
    await story.insistOnSoundness();
  });

  it("moved earlier while a predecessor is still valid: both are revoked", async () => {
    using story = before.copy();
    await story.on("2026-12-10").reconcile();
    await story.after("1d").edit(until("2026-12-20")).reconcile();
    expect(story.verdicts("alice")).toEqual(["certificate revoked", "certificate revoked", "OK"]);
    await story.insistOnSoundness();
  });

  it("moved later: nothing before the renewal is due, and then a longer one; the old key of a request is fine", async () => {
    using story = limited.copy();
    expect(await story.on("2026-04-01").edit(until("2026-12-01")).reconcile()).toEqual([]);
    expect(await story.on("2026-06-05").reconcile()).toEqual(["renew alice RenewalDue", "renew dora RenewalDue"]);
    for (const name of ["alice", "dora"]) {
      expect(story.verdicts(name).slice(-2)).toEqual(["OK", "OK"]);
      expect(story.verdict(story.newest(name), "2026-12-01T00:00:01Z")).toContain("certificate has expired");
    }
    expect(await story.after("1d").reconcile()).toEqual([]);
  });

  it("taken out again: renewed when it is due, for the full lifetime", async () => {
    using story = limited.copy();
    expect(await story.on("2026-04-01").edit(CLIENTS).reconcile()).toEqual([]);
    await story.on("2026-06-05").reconcile();
    expect(story.verdict(story.newest("alice"), "2027-06-04")).not.toContain("certificate has expired");
  });

  it.each([
    ["with a run in the second before", ["2026-06-30T23:59:59Z", "2026-07-01T00:00:01Z"]],
    ["with a run at its instant", ["2026-07-01T00:00:00Z"]],
    ["without a run in between", ["2026-09-01"]],
  ])("reached %s: nobody gets in, nothing is issued, and nothing is left of it", async (_, runs) => {
    using story = limited.copy();
    const known = story.serials("alice").length;
    for (const day of runs) await story.on(day).reconcile();
    for (const name of ["alice", "dora"]) {
      expect(story.verdict(story.newest(name), "2026-09-01T00:00:01Z")).toContain("certificate has expired");
      expect(story.admitted(name)).toEqual([]);
      expect(story.serials(name)).toHaveLength(known);
      expect(story.repository.list("pki/issued")).not.toContain(`${name}.crt`);
    }
    expect(story.repository.list("pki/private")).not.toContain("alice.key");
    expect(story.verdict(story.newest("bob"))).toBe("OK");
    await story.insistOnSoundness();
  });

  it("reached before the change was ever carried out: the longer certificates are revoked", async () => {
    using story = before.copy();
    const longer = ["alice", "dora"].map((name) => story.newest(name));
    story.edit(until("2026-03-10")).on("2026-03-20");
    expect(await story.reconcile()).toEqual(["revoke alice Expired", "revoke dora Expired"]);
    expect(story.crl()).toEqual(Object.fromEntries(longer.map((serial) => [serial, "Cessation Of Operation"])));
    expect(await story.after("1d").reconcile()).toEqual([]);
    await story.insistOnSoundness();
  });

  it("moved later after it was reached: issued again, a request with the key it had", async () => {
    using story = limited.copy();
    await story.on("2026-07-02").reconcile();
    expect(await story.after("1d").edit(until("2026-12-01")).reconcile()).toEqual([
      "issue alice Missing",
      "issue dora Missing",
    ]);
    for (const name of ["alice", "dora"]) expect(story.verdict(story.newest(name))).toBe("OK");
    await story.insistOnSoundness();
  });
});
