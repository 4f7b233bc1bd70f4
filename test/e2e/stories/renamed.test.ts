import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicKey } from "../support/judges.ts";
import { Story } from "../support/story.ts";

const CLIENTS = { farm: "{ groups: [staff] }", dora: "{ groups: [guests], csr: true }", bob: "{ groups: [staff] }" };
const RENAMED = { farm: null, "farm-2": "{ groups: [staff], previously: farm }" };
const TIDIED = { "farm-2": "{ groups: [staff] }" };

let before: Story;
let renamed: Story;
beforeAll(async () => {
  before = (await Story.begin(CLIENTS, { on: "2026-01-01", requests: ["dora"] })).on("2026-03-01");
  renamed = before.copy().edit(RENAMED);
  await renamed.reconcile();
});
afterAll(() => {
  renamed?.[Symbol.dispose]();
  before?.[Symbol.dispose]();
});

const keyOf = (story: Story, serial: string) =>
  publicKey("x509", story.repository.at(`pki/certs_by_serial/${serial}.pem`));

/** The request of one name under another, as the person who renames it copies it. */
function moveRequest(story: Story, from: string, to: string): void {
  story.repository.write(`pki/reqs/${to}.req`, story.repository.read(`pki/reqs/${from}.req`));
}

describe("a managed client is renamed", () => {
  it("the plan says a rename, takes access from nobody, and issues one certificate under the new name", async () => {
    using story = before.copy();
    const plan = await story.edit({ farm: null, "farm-2": "{ groups: [guests], previously: farm }" }).plan();
    const oldName = { until: "2027-01-01T00:00:00Z", sameKey: false };
    expect(plan.access).toMatchObject([{ client: "farm-2", previously: "farm", gains: [], loses: ["pkg"], oldName }]);
    expect(await story.reconcile()).toEqual(["issue farm-2 SubjectChanged"]);
    await story.insistOnSoundness();
  });

  it("the old certificate still gets in, as the new name, until its own end", async () => {
    using story = renamed.copy();
    const [old, young] = [story.newest("farm"), story.newest("farm-2")];
    expect(story.crl()).toEqual({});
    expect([story.verdict(old), story.verdict(young)]).toEqual(["OK", "OK"]);
    expect(story.admitted("farm-2")).toEqual([old, young]);
    expect(story.admitted("farm")).toEqual([]);
    expect(story.repository.list("pki/issued")).not.toContain("farm.crt");
    await story.on("2027-01-02").reconcile();
    expect(story.verdict(old)).toBe("certificate has expired");
    expect(story.admitted("farm-2")).toEqual([young]);
    expect(story.repository.list("pki/private/by_serial")).not.toContain(`${old}.key`);
    await story.insistOnSoundness();
  });

  it("what happens to the new name happens to the old certificate too", async () => {
    const [old, young] = [renamed.newest("farm"), renamed.newest("farm-2")];
    for (const [fields, reason] of [
      ["groups: [staff], previously: farm, suspended: true", "Certificate Hold"],
      ["groups: [staff], previously: farm, reissue: { before: 2026-03-02 }", "Key Compromise"],
      ["groups: [staff], previously: farm, expires: 2026-03-02", "Cessation Of Operation"],
    ]) {
      using story = renamed.copy().on("2026-03-03");
      await story.edit({ "farm-2": `{ ${fields} }` }).reconcile();
      expect(story.crl(), fields).toEqual({ [old]: reason, [young]: reason });
      await story.insistOnSoundness();
    }
    using gone = renamed.copy();
    expect(await gone.after("1d").edit({ "farm-2": null }).reconcile()).toEqual([
      "revoke farm Removed",
      "revoke farm-2 Removed",
    ]);
  });

  it("to a name with overlap, the old certificate is superseded when that has passed", async () => {
    using story = before.copy();
    const old = story.newest("farm");
    await story.edit({ farm: null, "farm-2": "{ groups: [staff], previously: farm, overlap: 7d }" }).reconcile();
    expect(await story.after("6d").reconcile()).toEqual([]);
    expect(await story.after("1d").reconcile()).toEqual(["revoke farm-2 Superseded"]);
    expect(story.crl()).toEqual({ [old]: "Superseded" });
  });
});

describe("a client with its own key is renamed", () => {
  it("with the same request it keeps its key and its access, also through the next renewals", async () => {
    using story = before.copy();
    const old = story.newest("dora");
    moveRequest(story, "dora", "dolores");
    story.edit({ dora: null, dolores: "{ groups: [guests], csr: true, previously: dora }" });
    expect(await story.reconcile()).toEqual(["issue dolores SubjectChanged"]);
    expect(keyOf(story, story.newest("dolores"))).toBe(keyOf(story, old));
    expect(story.admitted("dolores")).toEqual([old, story.newest("dolores")]);
    expect(story.repository.list("pki/reqs")).toEqual(["dolores.req"]);
    for (const day of ["2026-12-20", "2027-02-01", "2028-01-01"]) await story.on(day).reconcile();
    expect(new Set(story.serials("dolores").map((serial) => keyOf(story, serial))).size).toBe(1);
    expect(story.verdict(story.newest("dolores"))).toBe("OK");
    await story.insistOnSoundness();
  });

  it("with another request it is one who leaves and one who comes, and the plan says why", async () => {
    using story = before.copy();
    const old = story.newest("dora");
    story.edit({ dora: null, dolores: "{ groups: [guests], csr: true, previously: dora }" }).request("dolores");
    const { changes, access } = await story.plan();
    expect(access.map(({ client, previously }) => ({ client, previously }))).toEqual([
      { client: "dolores", previously: null },
      { client: "dora", previously: null },
    ]);
    expect(changes).toContainEqual(
      expect.objectContaining({ kind: "issue", message: expect.stringContaining("dora") }),
    );
    expect(await story.reconcile()).toEqual(["issue dolores Missing", "revoke dora Removed"]);
    expect(story.crl()).toEqual({ [old]: "Cessation Of Operation" });
    await story.insistOnSoundness();
  });

  it("and gets a new request afterwards, in its renewal window: the certificate of the old name lives out its days", async () => {
    using story = before.copy();
    const old = story.newest("dora");
    const entry = { dora: null, dolores: "{ groups: [guests], csr: true, previously: dora, renew_before: 360d }" };
    moveRequest(story, "dora", "dolores");
    await story.edit(entry).reconcile();
    await story.after("30d").request("dolores").reconcile();
    expect(story.verdict(old)).toBe("OK");
    expect(story.admitted("dolores")).toContain(old);
    await story.insistOnSoundness();
  });
});

describe("a `previously` that is stale is inert", () => {
  it("while it stays in the file nothing comes of it, for years", async () => {
    using story = renamed.copy();
    for (const day of ["2026-06-01", "2026-12-30", "2027-02-01", "2027-06-01"]) await story.on(day).reconcile();
    expect(await story.after("1d").reconcile()).toEqual([]);
    expect(story.verdict(story.newest("farm-2"))).toBe("OK");
    expect(await story.edit(TIDIED).reconcile()).toEqual([]);
    expect(await story.edit({ "farm-2": "{ groups: [staff], previously: farm }" }).reconcile()).toEqual([]);
    await story.insistOnSoundness();
  });

  it("of a name that was revoked it brings nothing back", async () => {
    using story = before.copy();
    const old = story.newest("farm");
    await story.edit({ farm: null }).reconcile();
    expect(await story.after("1d").edit(RENAMED).reconcile()).toEqual(["issue farm-2 Missing"]);
    expect(story.verdict(old)).toBe("certificate revoked");
    expect(story.admitted("farm-2")).toEqual([story.newest("farm-2")]);
    await story.insistOnSoundness();
  });

  it("of a name that nobody ever had it does nothing, and the plan says so, with the name that was meant", async () => {
    using story = before.copy();
    const { changes } = await story.edit({ ...RENAMED, "farm-2": "{ groups: [staff], previously: fram }" }).plan();
    expect(changes).toContainEqual(
      expect.objectContaining({
        kind: "issue",
        identity: "farm-2",
        message: expect.stringMatching(/fram.*did you mean farm\?/),
      }),
    );
    expect(await story.reconcile()).toEqual(["issue farm-2 Missing", "revoke farm Removed"]);
  });
});

describe("the old name", () => {
  it("taken out of `previously` while its certificate lives: that is revoked, and the plan says so", async () => {
    using story = renamed.copy();
    const old = story.newest("farm");
    expect(await story.after("30d").edit(TIDIED).reconcile()).toEqual(["revoke farm Removed"]);
    expect(story.admitted("farm-2")).toEqual([story.newest("farm-2")]);
    expect(story.verdict(old)).toBe("certificate revoked");
    await story.insistOnSoundness();
  });

  it("given to somebody else: they begin anew, nobody gets the other's certificates, and the plan warns", async () => {
    using story = renamed.copy();
    const [old, young] = [story.newest("farm"), story.newest("farm-2")];
    const { warnings } = await story
      .after("1d")
      .edit({ ...TIDIED, farm: CLIENTS.farm })
      .plan();
    expect(warnings.map(({ code }) => code)).toContain("NameReused");
    expect(await story.reconcile()).toEqual(["issue farm Missing", "revoke farm Removed"]);
    expect(story.admitted("farm-2")).toEqual([young]);
    expect(story.admitted("farm")).toEqual([story.newest("farm")]);
    expect(story.verdict(old)).toBe("certificate revoked");
    await story.insistOnSoundness();
  });

  it("cannot be claimed while somebody bears it", async () => {
    using story = renamed.copy();
    story.edit({ "bob-2": "{ groups: [staff], previously: bob }" });
    expect((await story.run("plan")).stderr).toMatch(
      /^clients\.yaml:\d+:\d+: previously: "?bob"? is still in the file/m,
    );
  });

  it("renamed twice, the certificates of the first name end with the second rename", async () => {
    using story = renamed.copy();
    const [first, second] = [story.newest("farm"), story.newest("farm-2")];
    story.after("1d").edit({ "farm-2": null, "farm-3": "{ groups: [staff], previously: farm-2 }" });
    expect(await story.reconcile()).toEqual(["issue farm-3 SubjectChanged", "revoke farm Removed"]);
    expect(story.admitted("farm-3")).toEqual([second, story.newest("farm-3")]);
    expect(story.verdict(first)).toBe("certificate revoked");
    await story.insistOnSoundness();
  });

  it("and back again: the name's own certificates are its own", async () => {
    using story = renamed.copy();
    const [first, second] = [story.newest("farm"), story.newest("farm-2")];
    story.after("1d").edit({ "farm-2": null, farm: "{ groups: [staff], previously: farm-2 }" });
    const decided = await story.reconcile();
    expect(story.verdict(second)).toBe("OK");
    expect(story.admitted("farm")).toContain(second);
    expect(decided).not.toContain("issue farm Missing");
    expect(story.verdict(first)).toBe("OK");
    await story.insistOnSoundness();
  });
});
