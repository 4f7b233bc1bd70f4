import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicKey } from "../support/judges.ts";
import { Story } from "../support/story.ts";

const OWN = "{ groups: [guests], csr: true }";
const CLIENTS = { alice: "{ groups: [staff] }", dora: OWN, fred: OWN };
/** What somebody else's change asks for, beside a request that is refused. */
const ELSE = { alice: null, gus: "{ groups: [guests] }" };
const DONE = ["issue gus Missing", "revoke alice Removed"];
const FINGERPRINTS = /sha256:[0-9a-f]{64}/g;

let before: Story;
beforeAll(async () => {
  before = (await Story.begin(CLIENTS, { on: "2026-01-01", requests: ["dora", "fred"] })).on("2026-01-10");
});
afterAll(() => before?.[Symbol.dispose]());

const request = (story: Story, name: string) => story.repository.read(`pki/reqs/${name}.req`);
const put = (story: Story, name: string, pem: string) => story.repository.write(`pki/reqs/${name}.req`, pem);

/** The same request with one bit of its signature changed: still a request, by nobody's key. */
function tamper(pem: string): string {
  const [begin = "", ...lines] = pem.trim().split("\n");
  const der = Buffer.from(lines.slice(0, -1).join(""), "base64");
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  return `${begin}\n${der
    .toString("base64")
    .replace(/(.{64})/g, "$1\n")
    .trim()}\n${lines.at(-1)}\n`;
}

describe("a new request", () => {
  it("is a new key: the plan shows both fingerprints, the new one is certified, the old one is out", async () => {
    using story = before.copy();
    const old = story.newest("dora");
    const { warnings, changes } = await story.request("dora").plan();
    const [message = ""] = warnings.flatMap((one) => (one.code === "RequestReplaced" ? [one.message] : []));
    const [was, is] = message.match(FINGERPRINTS) ?? [];
    expect(was).not.toBe(is);
    expect(changes).toContainEqual(expect.objectContaining({ kind: "issue", reason: "KeyChanged", fingerprint: is }));
    expect(await story.reconcile()).toEqual(["issue dora KeyChanged", "revoke dora KeyChanged"]);
    const issued = publicKey("x509", story.repository.at("pki/issued/dora.crt"));
    expect(issued).toBe(publicKey("pkey", story.repository.beside("dora.key")));
    expect(story.crl()).toEqual({ [old]: "Superseded" });
    await story.insistOnSoundness();
  });

  it("with an overlap both keys get in until it has passed", async () => {
    using story = before.copy();
    const old = story.newest("dora");
    story.edit({ dora: "{ groups: [guests], csr: true, overlap: 7d }" }).request("dora");
    expect(await story.reconcile()).toEqual(["issue dora KeyChanged"]);
    expect(story.admitted("dora")).toEqual([old, story.newest("dora")]);
    expect(await story.after("7d").reconcile()).toEqual(["revoke dora Superseded"]);
    expect(story.verdicts("dora")).toEqual(["certificate revoked", "OK"]);
  });

  it("in place of the last one, and then the last one again: superseded keys may come back", async () => {
    using story = before.copy();
    const first = request(story, "dora");
    await story.request("dora").reconcile();
    put(story, "dora", first);
    expect(await story.after("1d").reconcile()).toEqual(["issue dora KeyChanged", "revoke dora KeyChanged"]);
    expect(story.verdicts("dora")).toEqual(["certificate revoked", "certificate revoked", "OK"]);
    await story.insistOnSoundness();
  });

  it("with the same key, made anew, changes nothing", async () => {
    using story = before.copy();
    const key = before.repository.beside("dora.key");
    expect(await story.request("dora", "-key", key, "-subj", "/CN=x").reconcile()).toEqual([]);
  });
});

describe("refused for that client with exit 1, while everyone else's changes go through: a request", () => {
  it.each<[what: string, write: (story: Story) => void, refused: readonly string[]]>([
    [
      "swapped for another client's, each way",
      (story) => {
        const [dora, fred] = [request(story, "dora"), request(story, "fred")];
        put(story, "dora", fred);
        put(story, "fred", dora);
      },
      [
        "dora.req: its key is already certified for fred. Make a new key and a new request: ",
        "fred.req: its key is already certified for dora. Make a new key and a new request: ",
      ],
    ],
    [
      "that is a copy of another client's",
      (story) => put(story, "dora", request(story, "fred")),
      ["dora.req: its key is already certified for fred. Make a new key and a new request: "],
    ],
    ["that was tampered with", (story) => put(story, "dora", tamper(request(story, "dora"))), ["signature"]],
    ["of a weak key", (story) => story.request("dora", "-newkey", "rsa:1024"), ["1024"]],
    [
      "of a curve that we do not know",
      (story) => story.request("dora", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"),
      ["dora.req"],
    ],
    ["that is empty", (story) => put(story, "dora", ""), ["dora.req"]],
    [
      "beside another one in its file",
      (story) => put(story, "dora", request(story, "dora") + request(story, "fred")),
      ["dora.req"],
    ],
    [
      "with the key of a managed client",
      (story) => story.request("dora", "-key", story.repository.at("pki/private/alice.key")),
      ["dora.req: its key is already certified for alice"],
    ],
  ])("%s", async (_, write, words) => {
    using story = before.copy();
    write(story);
    const { decided, refusals } = await story.edit(ELSE).refused();
    expect(decided).toEqual(DONE);
    expect(refusals).toHaveLength(words.length);
    for (const [n, text] of words.entries()) expect(refusals[n]).toContain(text);
    expect(refusals.every((text) => text.startsWith("BadRequest pki/reqs/"))).toBe(true);
    expect(story.verdicts("dora")).toEqual(["OK"]);
    expect(story.admitted("dora")).toEqual([story.newest("dora")]);
    expect(story.verdicts("gus")).toEqual(["OK"]);
    expect(story.verdicts("alice")).toEqual(["certificate revoked"]);
    expect((await story.after("1d").refused()).decided).toEqual([]);
  });

  it("that two newcomers share: neither gets a certificate", async () => {
    using story = before.copy();
    story.request("hal");
    put(story, "ian", request(story, "hal"));
    const { decided, refusals } = await story.edit({ ...ELSE, hal: OWN, ian: OWN }).refused();
    expect(decided).toEqual(DONE);
    expect(refusals).toEqual([
      expect.stringContaining("hal.req: its key is also in the request of ian; each needs its own"),
      expect.stringContaining("ian.req: its key is also in the request of hal; each needs its own"),
    ]);
    expect(await story.request("ian").reconcile()).toEqual(["issue hal Missing", "issue ian Missing"]);
    await story.insistOnSoundness();
  });

  it("that is refused at renewal: the certificate lives out its days, and every run says so", async () => {
    using story = before.copy();
    put(story, "dora", tamper(request(story, "dora")));
    const late = await story.on("2026-12-15").refused();
    expect(late.decided).toEqual([
      "renew alice RenewalDue",
      "renew fred RenewalDue",
      "renew pkg.example.com RenewalDue",
    ]);
    expect(story.verdicts("dora")).toEqual(["OK"]);
    await story.on("2027-01-02").refused();
    expect(story.verdicts("dora")).toEqual(["certificate has expired"]);
    expect(await story.request("dora").reconcile()).toEqual(["issue dora Missing"]);
    expect(story.verdicts("dora")).toEqual(["certificate has expired", "OK"]);
  });
});
