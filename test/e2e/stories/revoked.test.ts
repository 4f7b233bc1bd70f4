import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicKey } from "../support/judges.ts";
import { Story } from "../support/story.ts";

const CLIENTS = {
  alice: "{ groups: [staff] }",
  bob: "{ groups: [staff] }",
  carol: "{ groups: [staff] }",
  dora: "{ groups: [guests], csr: true }",
  erin: "{ groups: [guests] }",
  fred: "{ groups: [guests] }",
};
const FINGERPRINTS = /sha256:[0-9a-f]{64}/g;

let before: Story;
beforeAll(async () => {
  before = (await Story.begin(CLIENTS, { on: "2026-01-01", requests: ["dora"] })).on("2026-03-01");
});
afterAll(() => before?.[Symbol.dispose]());

const keyOf = (story: Story, serial: string) =>
  publicKey("x509", story.repository.at(`pki/certs_by_serial/${serial}.pem`));

describe("revoked", () => {
  it("with each reason: the CRL says which, and openssl refuses every one of them", async () => {
    using story = before.copy();
    const reasons = {
      alice: ["keyCompromise", "Key Compromise"],
      bob: ["affiliationChanged", "Affiliation Changed"],
      carol: ["superseded", "Superseded"],
      dora: ["cessationOfOperation", "Cessation Of Operation"],
      erin: ["privilegeWithdrawn", "Privilege Withdrawn"],
      // RFC 5280, 5.3.1: unspecified is said by saying nothing.
      fred: ["unspecified", ""],
    };
    const names = Object.keys(reasons);
    story.edit(Object.fromEntries(Object.entries(reasons).map(([name, [why]]) => [name, `{ revoked: ${why} }`])));
    expect(await story.reconcile()).toEqual(names.map((name) => `revoke ${name} Declared`));
    const said = Object.entries(reasons).map(([name, [, words]]) => [story.newest(name), words]);
    expect(story.crl()).toEqual(Object.fromEntries(said));
    for (const name of names) {
      expect(story.verdicts(name)).toEqual(["certificate revoked"]);
      expect(story.admitted(name)).toEqual([]);
    }
    await story.insistOnSoundness();
  });

  it("stays on the CRL until the certificate has ended, whatever happens to the entry", async () => {
    using story = before.copy();
    await story.edit({ alice: "{ revoked: keyCompromise }" }).reconcile();
    expect(await story.after("1d").edit({ alice: null }).reconcile()).toEqual([]);
    for (let month = 0; month < 10; month++) {
      await story.after("30d").runHere();
      expect(Object.values(story.crl())).toEqual(["Key Compromise"]);
    }
    await story.on("2027-01-20").runHere();
    await story.on("2027-02-10").runHere();
    expect(story.crl()).toEqual({});
    expect(story.verdicts("alice")).toEqual(["certificate has expired"]);
    await story.insistOnSoundness();
  });

  it.each([
    ["added a second time", (yaml: string) => `${yaml}  mallory: { groups: [staff] }\n`, /mallory/],
    [
      "taken for a rename",
      (yaml: string) => `${yaml}  mallory-2: { groups: [staff], previously: mallory }\n`,
      /previously: "?mallory/,
    ],
    ["written in capitals", (yaml: string) => `${yaml}  Mallory: { groups: [staff] }\n`, /Mallory/],
    [
      "given to a server",
      (yaml: string) => yaml.replace("servers:\n", "servers:\n  mallory: { names: [m.example.com] }\n"),
      /mallory/,
    ],
    [
      "made a member",
      (yaml: string) => yaml.replace("mallory: { ", "mallory: { groups: [staff], "),
      /groups.* beside revoked/,
    ],
  ])("the tombstone keeps its name from being %s", async (_, edit, words) => {
    using story = before.copy();
    await story.edit({ mallory: "{ revoked: keyCompromise }" }).reconcile();
    story.write(edit(story.yaml()));
    const { code, stderr } = await story.run("plan");
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^clients\\.yaml:\\d+:\\d+: .*${words.source}`, "m"));
  });
});

describe("removed", () => {
  it("is revoked for cessation, and request and key are gone", async () => {
    using story = before.copy();
    const [alice, dora] = [story.newest("alice"), story.newest("dora")];
    expect(await story.edit({ alice: null, dora: null }).reconcile()).toEqual([
      "revoke alice Removed",
      "revoke dora Removed",
    ]);
    expect(story.crl()).toEqual({ [alice]: "Cessation Of Operation", [dora]: "Cessation Of Operation" });
    expect(story.repository.list("pki/reqs")).toEqual([]);
    expect(story.repository.list("pki/private/by_serial")).not.toContain(`${alice}.key`);
    expect(story.repository.list("pki/private")).not.toContain("alice.key");
    await story.insistOnSoundness();
  });

  it("and added again: a new key, the old one stays revoked, and the plan warns with what was", async () => {
    using story = before.copy();
    const old = story.newest("alice");
    await story.edit({ alice: null }).reconcile();
    const plan = await story.after("30d").edit({ alice: CLIENTS.alice }).plan();
    expect(plan.warnings).toContainEqual({ code: "NameReused", message: expect.stringMatching(FINGERPRINTS) });
    expect(await story.reconcile()).toEqual(["issue alice Missing"]);
    expect(keyOf(story, story.newest("alice"))).not.toBe(keyOf(story, old));
    expect(story.verdicts("alice")).toEqual(["certificate revoked", "OK"]);
    expect(story.crl()).toEqual({ [old]: "Cessation Of Operation" });
    await story.insistOnSoundness();
  });

  it("and added again with a request: not with the old key; with a new one the plan warns with both fingerprints", async () => {
    using story = before.copy();
    const request = story.repository.read("pki/reqs/dora.req");
    await story.edit({ dora: null }).reconcile();
    story.repository.write("pki/reqs/dora.req", request);
    const { refusals, decided } = await story.after("1d").edit({ dora: CLIENTS.dora }).refused();
    expect({ decided, refusals }).toEqual({ decided: [], refusals: [expect.stringContaining("its key was revoked")] });
    const { warnings, changes } = await story.request("dora").plan();
    const [message = ""] = warnings.flatMap((one) => (one.code === "NameReused" ? [one.message] : []));
    const [was, is] = message.match(FINGERPRINTS) ?? [];
    expect(was).not.toBe(is);
    expect(changes).toContainEqual(expect.objectContaining({ kind: "issue", fingerprint: is }));
    expect(await story.reconcile()).toEqual(["issue dora Missing"]);
    expect(story.verdicts("dora")).toEqual(["certificate revoked", "OK"]);
  });

  it("and added between two runs: nothing happened; with another request, its key was changed", async () => {
    using story = before.copy();
    expect(await story.edit({ alice: null }).edit({ alice: CLIENTS.alice }).reconcile()).toEqual([]);
    const { warnings } = await story.request("dora").plan();
    expect(warnings).toContainEqual({ code: "RequestReplaced", message: expect.stringMatching(FINGERPRINTS) });
    expect(await story.reconcile()).toEqual(["issue dora KeyChanged", "revoke dora KeyChanged"]);
  });
});

describe("removed and added in one plan", () => {
  it("one leaves, another comes: a new key, and the plan says who loses and who gains", async () => {
    using story = before.copy();
    const plan = await story.edit({ alice: null, alicia: CLIENTS.alice }).plan();
    expect(plan.access).toMatchObject([
      { client: "alice", previously: null, gains: [], loses: ["files", "pkg"] },
      { client: "alicia", previously: null, gains: ["files", "pkg"], loses: [] },
    ]);
    expect(await story.reconcile()).toEqual(["issue alicia Missing", "revoke alice Removed"]);
    expect(keyOf(story, story.newest("alicia"))).not.toBe(keyOf(story, story.newest("alice")));
    await story.insistOnSoundness();
  });

  it("under another name with the same request: the key was given up, and is refused", async () => {
    using story = before.copy();
    story.repository.write("pki/reqs/doris.req", story.repository.read("pki/reqs/dora.req"));
    const { decided, refusals } = await story.edit({ dora: null, doris: CLIENTS.dora }).refused();
    expect(decided).toEqual(["revoke dora Removed"]);
    expect(refusals).toEqual([expect.stringMatching(/doris\.req: its key .* new key and a new request: /)]);
    expect((await story.after("1d").refused()).decided).toEqual([]);
    expect(await story.request("doris").reconcile()).toEqual(["issue doris Missing"]);
    await story.insistOnSoundness();
  });

  it("a client's name becomes a signer's: nothing of the client goes on", async () => {
    using story = before.copy();
    const old = story.newest("erin");
    story.edit({ erin: null });
    story.write(story.yaml().replace("clients:\n", "signers:\n  erin: { repository: pkg }\nclients:\n"));
    expect(await story.reconcile()).toEqual(["definition erin", "issue erin Missing", "revoke erin Removed"]);
    expect(story.verdict(old)).toBe("certificate revoked");
    expect(story.admitted("erin")).toEqual([]);
    expect(keyOf(story, story.newest("erin"))).not.toBe(keyOf(story, old));
    await story.insistOnSoundness();
  });
});
