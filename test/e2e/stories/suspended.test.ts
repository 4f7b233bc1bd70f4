import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Story } from "../support/story.ts";

const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }", dora: "{ groups: [guests], csr: true }" };
const SUSPENDED = { alice: "{ groups: [staff], suspended: true }" };
const LIFTED = { alice: CLIENTS.alice };

let before: Story;
/** Alice is suspended on November 1st; her certificate would be renewed on December 2nd. */
let held: Story;
beforeAll(async () => {
  before = await Story.begin(CLIENTS, { on: "2026-01-01", requests: ["dora"] });
  held = before.copy().on("2026-11-01").edit(SUSPENDED);
  await held.reconcile();
});
afterAll(() => {
  held?.[Symbol.dispose]();
  before?.[Symbol.dispose]();
});

describe("suspended, then lifted", () => {
  it("the certificate goes on hold and comes back, the same one", async () => {
    using story = held.copy();
    const serial = story.newest("alice");
    expect(story.crl()).toEqual({ [serial]: "Certificate Hold" });
    expect(story.verdict(serial)).toBe("certificate revoked");
    expect(story.admitted("alice")).toEqual([]);
    expect(await story.after("2d").edit(LIFTED).reconcile()).toEqual(["release alice"]);
    expect(story.serials("alice")).toEqual([serial]);
    expect(story.crl()).toEqual({});
    expect(story.verdict(serial)).toBe("OK");
    expect(story.admitted("alice")).toEqual([serial]);
    await story.insistOnSoundness();
  });

  it("again and again", async () => {
    using story = before.copy().on("2026-03-01");
    for (const _ of [1, 2, 3]) {
      expect(await story.after("1h").edit(SUSPENDED).reconcile()).toEqual(["hold alice"]);
      expect(await story.after("1h").edit(LIFTED).reconcile()).toEqual(["release alice"]);
    }
    expect(story.verdicts("alice")).toEqual(["OK"]);
    await story.insistOnSoundness();
  });

  it("nothing is renewed while held, and at once after", async () => {
    using story = held.copy();
    expect(await story.on("2026-12-10").reconcile()).not.toContain("renew alice RenewalDue");
    expect(story.serials("alice")).toHaveLength(1);
    expect(await story.after("1h").edit(LIFTED).reconcile()).toEqual(["renew alice RenewalDue", "release alice"]);
    expect(story.verdicts("alice")).toEqual(["OK", "OK"]);
    await story.insistOnSoundness();
  });

  it("lifted after its end, a new one is issued, and nothing is left of the hold", async () => {
    using story = held.copy();
    await story.on("2027-02-01").reconcile();
    expect(await story.after("1h").edit(LIFTED).reconcile()).toEqual(["issue alice Missing", "release alice"]);
    expect(story.repository.list("pki/held")).toEqual([]);
    await story.after("20d").reconcile();
    expect(story.crl()).toEqual({});
    expect(story.verdicts("alice")).toEqual(["certificate has expired", "OK"]);
    await story.insistOnSoundness();
  });

  it("a predecessor and its successor are held together and come back together", async () => {
    using story = before.copy();
    await story.on("2026-12-10").reconcile();
    expect(await story.after("1d").edit(SUSPENDED).reconcile()).toEqual(["hold alice", "hold alice"]);
    expect(story.verdicts("alice")).toEqual(["certificate revoked", "certificate revoked"]);
    expect(await story.after("1d").edit(LIFTED).reconcile()).toEqual(["release alice", "release alice"]);
    expect(story.verdicts("alice")).toEqual(["OK", "OK"]);
  });

  it("somebody new who is suspended from the start gets a certificate when that is lifted", async () => {
    using story = before.copy().on("2026-03-01");
    expect(await story.edit({ zoe: "{ groups: [staff], suspended: true }" }).reconcile()).toEqual([]);
    expect(await story.after("1d").edit({ zoe: "{ groups: [staff] }" }).reconcile()).toEqual(["issue zoe Missing"]);
  });

  it("a request is certified again with the same key", async () => {
    using story = before.copy().on("2026-12-03");
    await story.edit({ dora: "{ groups: [guests], csr: true, suspended: true }" }).reconcile();
    expect(await story.after("1d").edit({ dora: CLIENTS.dora }).reconcile()).toEqual([
      "renew dora RenewalDue",
      "release dora",
    ]);
    expect(story.verdicts("dora")).toEqual(["OK", "OK"]);
  });
});

describe("there is no way back from a permanent revocation", () => {
  it("held, then removed, then added again: the old one stays revoked, a new key is made", async () => {
    using story = held.copy();
    const old = story.newest("alice");
    expect(await story.after("1d").edit({ alice: null }).reconcile()).toEqual(["revoke alice Removed"]);
    expect(story.crl()).toEqual({ [old]: "Cessation Of Operation" });
    expect(story.repository.list("pki/held")).toEqual([]);
    expect(await story.after("1d").edit(SUSPENDED).reconcile()).toEqual([]);
    expect(await story.after("1d").edit(LIFTED).reconcile()).toEqual(["issue alice Missing"]);
    expect(story.crl()).toEqual({ [old]: "Cessation Of Operation" });
    expect(story.verdicts("alice")).toEqual(["certificate revoked", "OK"]);
    await story.insistOnSoundness();
  });

  it("held, then compromised: the entry on the CRL changes, and a lifted suspension changes nothing", async () => {
    using story = held.copy();
    const old = story.newest("alice");
    expect(await story.after("1d").edit({ alice: "{ revoked: keyCompromise }" }).reconcile()).toEqual([
      "revoke alice Declared",
    ]);
    expect(story.crl()).toEqual({ [old]: "Key Compromise" });
    expect(story.repository.list("pki/held")).toEqual([]);
    await story.after("1d").edit(LIFTED).reconcile();
    expect(story.crl()).toEqual({ [old]: "Key Compromise" });
    expect(story.verdicts("alice")).toEqual(["certificate revoked", "OK"]);
    await story.insistOnSoundness();
  });

  it("revoked, then suspended, then lifted: revoked all along", async () => {
    using story = before.copy().on("2026-05-01");
    const old = story.newest("alice");
    const crl = { [old]: "Privilege Withdrawn" };
    await story.edit({ alice: "{ revoked: privilegeWithdrawn }" }).reconcile();
    expect(await story.after("1d").edit(SUSPENDED).reconcile()).toEqual([]);
    expect(story.crl()).toEqual(crl);
    expect(await story.after("1d").edit(LIFTED).reconcile()).toEqual(["issue alice Missing"]);
    expect(story.crl()).toEqual(crl);
    expect(story.verdict(old)).toBe("certificate revoked");
    expect(story.admitted("alice")).toEqual([story.newest("alice")]);
    await story.insistOnSoundness();
  });

  it("held while the access ends: revoked, and taken up again only under a new key", async () => {
    using story = held.copy();
    const old = story.newest("alice");
    story.on("2026-11-20").edit({ alice: "{ groups: [staff], suspended: true, expires: 2026-11-15 }" });
    expect(await story.reconcile()).toEqual(["revoke alice Expired"]);
    expect(await story.after("1d").edit(LIFTED).reconcile()).toEqual(["issue alice Missing"]);
    expect(story.crl()).toEqual({ [old]: "Cessation Of Operation" });
    await story.insistOnSoundness();
  });
});
