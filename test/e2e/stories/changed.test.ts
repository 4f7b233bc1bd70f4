import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicKey } from "../support/judges.ts";
import { Story } from "../support/story.ts";

const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }", dora: "{ groups: [guests], csr: true }" };

let before: Story;
beforeAll(async () => {
  before = (await Story.begin(CLIENTS, { on: "2026-01-01", requests: ["dora"] })).on("2026-01-10");
});
afterAll(() => before?.[Symbol.dispose]());

function subjectOf(story: Story, serial: string): string {
  const args = ["x509", "-noout", "-subject", "-in", `pki/certs_by_serial/${serial}.pem`];
  return execFileSync("openssl", args, { cwd: story.repository.root, encoding: "utf8" }).trim();
}

/** Paths under pki/ that differ from the commit before. */
function changed(story: Story): string[] {
  story.repository.git("add", "--intent-to-add", "pki");
  return story.repository.git("diff", "--name-only", "--", "pki").trim().split("\n");
}

describe("changed is", () => {
  it("the organization: a new certificate for that client alone; the old one lives out its days", async () => {
    using story = before.copy();
    expect(await story.edit({ alice: "{ groups: [staff], organization: Other Ltd }" }).reconcile()).toEqual([
      "issue alice SubjectChanged",
    ]);
    expect(subjectOf(story, story.newest("alice"))).toBe("subject=CN = alice, O = Other Ltd");
    expect(story.verdicts("alice")).toEqual(["OK", "OK"]);
    expect(story.admitted("alice")).toEqual(story.serials("alice"));
    expect(story.crl()).toEqual({});
    await story.insistOnSoundness();
  });

  it("the country of a request: the same key under another subject", async () => {
    using story = before.copy();
    expect(await story.edit({ dora: "{ groups: [guests], csr: true, country: DE }" }).reconcile()).toEqual([
      "issue dora SubjectChanged",
    ]);
    const keys = story
      .serials("dora")
      .map((one) => publicKey("x509", story.repository.at(`pki/certs_by_serial/${one}.pem`)));
    expect(new Set(keys).size).toBe(1);
  });

  it.each(["rsa-3072", "ed25519", "ec-p384"])("the key type, to %s: a new key for that client alone", async (type) => {
    using story = before.copy();
    expect(await story.edit({ alice: `{ groups: [staff], key: ${type} }` }).reconcile()).toEqual([
      "issue alice KeyChanged",
    ]);
    expect(story.verdicts("alice")).toEqual(["OK", "OK"]);
    await story.insistOnSoundness();
  });

  it("the key type for everybody: everybody whose key is made here, and nobody whose key is not", async () => {
    using story = before.copy();
    story.write(story.yaml().replace("certificates: { key: ec-p256", "certificates: { key: ed25519"));
    expect(await story.reconcile()).toEqual([
      "issue alice KeyChanged",
      "issue bob KeyChanged",
      "issue pkg.example.com KeyChanged",
    ]);
    await story.insistOnSoundness();
  });

  it("the lifetime: nothing is issued for it; the next certificate has it", async () => {
    using story = before.copy();
    expect(await story.edit({ alice: "{ groups: [staff], lifetime: 90d }" }).reconcile()).toEqual([]);
    expect(await story.on("2026-12-03").reconcile()).toContain("renew alice RenewalDue");
    expect(story.verdict(story.newest("alice"), "2027-03-02")).not.toContain("certificate has expired");
    expect(story.verdict(story.newest("alice"), "2027-03-04")).toContain("certificate has expired");
  });

  it("renew_before: what is inside it now is renewed, once", async () => {
    using story = before.copy();
    expect(await story.edit({ alice: "{ groups: [staff], renew_before: 360d }" }).reconcile()).toEqual([
      "renew alice RenewalDue",
    ]);
    expect(await story.after("1d").reconcile()).toEqual([]);
  });

  it.each([
    ["the group", "{ groups: [guests] }"],
    ["the groups, to none", "{}"],
    ["home", "{ groups: [staff], home: files }"],
    ["contact", "{ groups: [staff], contact: ops@example.com }"],
  ])("%s: nothing is issued, nothing is signed", async (_, entry) => {
    using story = before.copy();
    expect(await story.edit({ alice: entry }).reconcile()).toEqual([]);
    const paths = changed(story);
    expect(paths).toContain("pki/registry.yaml");
    expect(paths.filter((path) => path !== "pki/registry.yaml" && !path.startsWith("pki/nginx/"))).toEqual([]);
    expect(story.verdicts("alice")).toEqual(["OK"]);
    await story.insistOnSoundness();
  });

  it("whose key it is, to a request and back: a new key each time, and the old certificate lives out its days", async () => {
    using story = before.copy();
    expect(await story.edit({ alice: "{ groups: [staff], csr: true }" }).request("alice").reconcile()).toEqual([
      "issue alice KeyChanged",
    ]);
    expect(story.verdicts("alice")).toEqual(["OK", "OK"]);
    expect(story.repository.list("pki/private")).not.toContain("alice.key");
    expect(await story.after("1d").edit({ alice: CLIENTS.alice }).reconcile()).toEqual(["issue alice KeyChanged"]);
    expect(story.verdicts("alice")).toEqual(["OK", "OK", "OK"]);
    expect(story.repository.list("pki/reqs")).toEqual(["dora.req"]);
    await story.insistOnSoundness();
  });

  it("everything at once: one certificate a client", async () => {
    using story = before.copy();
    story.edit({
      alice: "{ groups: [guests], organization: Other, key: ed25519, lifetime: 90d, expires: 2026-05-01 }",
    });
    expect(await story.reconcile()).toEqual(["issue alice KeyChanged", "revoke alice Superseded"]);
    expect(subjectOf(story, story.newest("alice"))).toContain("O = Other");
    expect(story.verdict(story.newest("alice"), "2026-05-01T00:00:01Z")).toContain("certificate has expired");
    expect(await story.after("1d").reconcile()).toEqual([]);
  });

  it("in a simulation of a day before its certificate was issued: it settles there, and on the next real day", async () => {
    using story = before.copy().on("2026-03-01");
    await story.edit({ alice: "{ groups: [staff], organization: Other }" }).reconcile();
    story.on("2026-02-01").edit({ alice: "{ groups: [staff], organization: Third }" });
    expect(await story.reconcile()).toEqual(["issue alice SubjectChanged"]);
    expect(await story.reconcile()).toEqual([]);
    await story.on("2026-03-02").reconcile();
    expect(subjectOf(story, story.newest("alice"))).toContain("O = Third");
    expect(await story.after("1d").reconcile()).toEqual([]);
  });
});
