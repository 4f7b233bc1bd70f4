import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicKey } from "../support/judges.ts";
import { Story } from "../support/story.ts";

const CLIENTS = {
  alice: "{ groups: [staff] }",
  bob: "{ groups: [staff] }",
  dora: "{ groups: [guests], csr: true }",
};
const LOST = "2026-12-01T18:00:00Z";
const reissue = (reason = "keyCompromise", before = LOST) => `reissue: { before: ${before}, reason: ${reason} }`;

/** Lost on December 1st, renewed on the 5th, reported on the 20th. */
let before: Story;
beforeAll(async () => {
  before = await Story.begin(CLIENTS, { on: "2026-01-01", requests: ["dora"] });
  await before.on("2026-12-05").reconcile();
  before.on("2026-12-20T09:00:00Z");
});
afterAll(() => before?.[Symbol.dispose]());

const keyOf = (story: Story, serial: string) =>
  publicKey("x509", story.repository.at(`pki/certs_by_serial/${serial}.pem`));

describe("the laptop is lost", () => {
  it("every certificate is revoked at once, also the one issued between the loss and the report; a new key is made", async () => {
    using story = before.copy();
    const [first = "", second = ""] = story.serials("alice");
    expect(await story.edit({ alice: `{ groups: [staff], ${reissue()} }` }).reconcile()).toEqual([
      "issue alice Reissue",
      "revoke alice Reissued",
      "revoke alice Reissued",
    ]);
    expect(story.verdicts("alice")).toEqual(["certificate revoked", "certificate revoked", "OK"]);
    expect(story.crl()).toEqual({ [first]: "Key Compromise", [second]: "Key Compromise" });
    expect(story.admitted("alice")).toEqual([story.newest("alice")]);
    expect(new Set(story.serials("alice").map((serial) => keyOf(story, serial))).size).toBe(3);
    expect(publicKey("pkey", story.repository.at("pki/private/alice.key"))).toBe(keyOf(story, story.newest("alice")));
    for (const serial of [first, second])
      expect(story.repository.list("pki/private/by_serial")).not.toContain(`${serial}.key`);
    expect(story.verdicts("bob")).toEqual(["OK", "OK"]);
    await story.insistOnSoundness();
  });

  it.each([
    ["privilegeWithdrawn", "Privilege Withdrawn"],
    ["affiliationChanged", "Affiliation Changed"],
    ["superseded", "Superseded"],
  ])("with the reason that was given: %s", async (reason, words) => {
    using story = before.copy();
    const old = story.serials("alice");
    await story.edit({ alice: `{ groups: [staff], ${reissue(reason)} }` }).reconcile();
    expect(story.crl()).toEqual(Object.fromEntries(old.map((serial) => [serial, words])));
  });

  it("the new certificate is not valid before the loss", async () => {
    using story = before.copy();
    const lost = "2026-12-20T08:50:00Z";
    await story.edit({ alice: `{ groups: [staff], ${reissue("keyCompromise", lost)} }` }).reconcile();
    const args = ["x509", "-noout", "-startdate", "-dateopt", "iso_8601", "-in", "pki/issued/alice.crt"];
    const text = execFileSync("openssl", args, { cwd: story.repository.root, encoding: "utf8" });
    expect(text).toBe("notBefore=2026-12-20 08:50:00Z\n");
    expect(story.verdict(story.newest("alice"))).toBe("OK");
  });

  it("running again does not loop, and under the same entry renewals are ordinary ones", async () => {
    using story = before.copy();
    await story.edit({ alice: `{ groups: [staff], ${reissue()} }` }).reconcile();
    for (const _ of [1, 2, 3]) expect(await story.after("1d").reconcile()).toEqual([]);
    expect(await story.on("2027-11-21").reconcile()).toContain("renew alice RenewalDue");
    expect(story.verdicts("alice").slice(-2)).toEqual(["OK", "OK"]);
    expect(await story.after("1d").reconcile()).toEqual([]);
    expect(await story.edit({ alice: CLIENTS.alice }).reconcile()).toEqual([]);
    await story.insistOnSoundness();
  });

  it("lost again: another instant revokes the one that replaced it", async () => {
    using story = before.copy();
    await story.edit({ alice: `{ groups: [staff], ${reissue()} }` }).reconcile();
    story.on("2027-03-01").edit({ alice: `{ groups: [staff], ${reissue("keyCompromise", "2027-02-28")} }` });
    expect(await story.reconcile()).toEqual(["issue alice Reissue", "revoke alice Reissued"]);
    expect(story.verdicts("alice").slice(-2)).toEqual(["certificate revoked", "OK"]);
  });

  it("a loss that is still to come is a mistake in clients.yaml", async () => {
    using story = before.copy();
    story.edit({ alice: `{ groups: [staff], ${reissue("keyCompromise", "2027-01-01")} }` });
    expect((await story.run("plan")).stderr).toMatch(/^clients\.yaml:\d+:\d+: .*future/m);
  });

  it("of somebody suspended: revoked for good now, and issued when the suspension is lifted, once", async () => {
    using story = before.copy();
    await story.edit({ alice: "{ groups: [staff], suspended: true }" }).reconcile();
    story.after("1h").edit({ alice: `{ groups: [staff], suspended: true, ${reissue()} }` });
    expect(await story.reconcile()).toEqual(["revoke alice Reissued", "revoke alice Reissued"]);
    expect(
      await story
        .after("1h")
        .edit({ alice: `{ groups: [staff], ${reissue()} }` })
        .reconcile(),
    ).toEqual(["issue alice Missing"]);
    expect(await story.after("1h").reconcile()).toEqual([]);
    expect(story.verdicts("alice")).toEqual(["certificate revoked", "certificate revoked", "OK"]);
  });
});

describe("the machine with a key of its own is lost", () => {
  const LOSS = { dora: `{ groups: [guests], csr: true, ${reissue()} }` };

  it("with the old request: revoked all the same, and refused with a sentence that says why and what to do", async () => {
    using story = before.copy();
    const { decided, refusals } = await story.edit(LOSS).refused();
    expect(decided).toEqual(["revoke dora Reissued", "revoke dora Reissued"]);
    expect(refusals).toEqual([
      expect.stringMatching(
        /^BadRequest pki\/reqs\/dora\.req: its key was revoked \(certificate [0-9A-F]{32}\)\. Make a new key and a new request: /,
      ),
    ]);
    expect(story.verdicts("dora")).toEqual(["certificate revoked", "certificate revoked"]);
    expect(story.admitted("dora")).toEqual([]);
    expect((await story.after("1d").refused()).decided).toEqual([]);
    expect(story.verdicts("bob")).toEqual(["OK", "OK"]);
  });

  it("with a new request it is in again, then or later", async () => {
    using later = before.copy();
    await later.edit(LOSS).refused();
    expect(await later.after("2d").request("dora").reconcile()).toEqual(["issue dora Missing"]);
    using at = before.copy();
    expect((await at.edit(LOSS).request("dora").reconcile()).toSorted()).toEqual([
      "issue dora Reissue",
      "revoke dora Reissued",
      "revoke dora Reissued",
    ]);
    for (const story of [later, at]) {
      expect(story.verdicts("dora")).toEqual(["certificate revoked", "certificate revoked", "OK"]);
      expect(await story.after("1d").reconcile()).toEqual([]);
      await story.insistOnSoundness();
    }
  });

  it("the old key stays refused after the entry is out of the file again", async () => {
    using story = before.copy();
    const old = story.repository.read("pki/reqs/dora.req");
    await story.edit(LOSS).request("dora").reconcile();
    story.repository.write("pki/reqs/dora.req", old);
    const { refusals, decided } = await story.edit({ dora: CLIENTS.dora }).after("1d").refused();
    expect({ decided, refusals }).toEqual({ decided: [], refusals: [expect.stringContaining("its key was revoked")] });
    expect(story.verdict(story.newest("dora"))).toBe("OK");
  });

  it("after a rename the certificates of the former name are revoked with the same reason", async () => {
    using story = before.copy();
    const request = story.repository.read("pki/reqs/dora.req");
    story.repository.write("pki/reqs/dolores.req", request);
    const renamed = "groups: [guests], csr: true, previously: dora";
    expect(await story.edit({ dora: null, dolores: `{ ${renamed} }` }).reconcile()).toEqual([
      "issue dolores SubjectChanged",
    ]);
    story
      .after("1d")
      .edit({ dolores: `{ ${renamed}, ${reissue()} }` })
      .request("dolores");
    expect(await story.reconcile()).toEqual([
      "issue dolores Reissue",
      ...["revoke dolores Reissued", "revoke dolores Reissued", "revoke dolores Reissued"],
    ]);
    expect(new Set(Object.values(story.crl()))).toEqual(new Set(["Key Compromise"]));
    expect(story.admitted("dolores")).toEqual([story.newest("dolores")]);
    await story.insistOnSoundness();
  });
});
