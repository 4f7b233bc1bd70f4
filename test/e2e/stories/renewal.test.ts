import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicKey } from "../support/judges.ts";
import { type Clients, clientsYaml } from "../support/repository.ts";
import { Story } from "../support/story.ts";

const CLIENTS = {
  alice: "{ groups: [staff] }",
  capped: "{ groups: [guests], expires: 2027-02-01 }",
  dora: "{ groups: [guests], csr: true }",
  orla: "{ groups: [guests], overlap: 10d }",
};
const OPEN = new Set(["alice", "dora", "orla"]);

let first: Story;
beforeAll(async () => {
  first = await Story.begin(CLIENTS, { on: "2026-01-01T06:00:00Z", requests: ["dora"] });
});
afterAll(() => first?.[Symbol.dispose]());

const keyOf = (story: Story, serial: string) =>
  publicKey("x509", story.repository.at(`pki/certs_by_serial/${serial}.pem`));

describe("at renew_before", () => {
  it("and not a second earlier, a successor is issued to everybody whose certificate can end later", async () => {
    using story = first.copy();
    expect(await story.on("2026-12-02T05:59:59Z").reconcile()).toEqual([]);
    expect(await story.after("1m").reconcile()).toEqual([
      "renew alice RenewalDue",
      "renew capped RenewalDue",
      "renew dora RenewalDue",
      "renew orla RenewalDue",
      "renew pkg.example.com RenewalDue",
    ]);
    await story.insistOnSoundness();
  });

  it("a managed client gets a new key, a request the same again; both certificates are admitted until the end of the older", async () => {
    using story = first.copy();
    await story.on("2026-12-02T06:00:00Z").reconcile();
    for (const name of ["alice", "dora"]) {
      const [old = "", young = ""] = story.serials(name);
      expect(keyOf(story, old) === keyOf(story, young), name).toBe(name === "dora");
      expect(story.admitted(name)).toEqual([old, young]);
      expect(story.verdicts(name)).toEqual(["OK", "OK"]);
    }
    expect(story.crl()).toEqual({});
    await story.on("2027-01-01T05:59:59Z").reconcile();
    expect(story.verdicts("alice")).toEqual(["OK", "OK"]);
    await story.after("1m").reconcile();
    for (const name of ["alice", "dora"]) {
      expect(story.verdicts(name)).toEqual(["certificate has expired", "OK"]);
      expect(story.admitted(name)).toEqual([story.newest(name)]);
    }
    expect(Object.keys(story.crl())).not.toContain(story.serials("alice")[0]);
    await story.insistOnSoundness();
  });

  it("a new request in the window is an ordinary renewal under another key: the old one lives out its days", async () => {
    using story = first.copy();
    const plan = await story.on("2026-12-05").request("dora").plan();
    const [message = ""] = plan.warnings.flatMap((one) => (one.code === "RequestReplaced" ? [one.message] : []));
    expect(message.match(/sha256:[0-9a-f]{64}/g)).toHaveLength(2);
    await story.reconcile();
    const [old = "", young = ""] = story.serials("dora");
    expect(keyOf(story, young)).toBe(publicKey("pkey", story.repository.beside("dora.key")));
    expect(keyOf(story, old)).not.toBe(keyOf(story, young));
    expect(story.verdicts("dora")).toEqual(["OK", "OK"]);
    expect(story.admitted("dora")).toEqual([old, young]);
  });

  it("with an overlap the predecessor is admitted until it has passed, then revoked as superseded", async () => {
    using story = first.copy();
    await story.on("2026-12-02T06:00:00Z").reconcile();
    const [old = "", young = ""] = story.serials("orla");
    expect(await story.on("2026-12-12T05:59:59Z").reconcile()).toEqual([]);
    expect(story.admitted("orla")).toEqual([old, young]);
    expect(await story.on("2026-12-12T06:00:00Z").reconcile()).toEqual(["revoke orla Superseded"]);
    expect(story.admitted("orla")).toEqual([young]);
    expect(story.crl()).toEqual({ [old]: "Superseded" });
    expect(story.verdicts("orla")).toEqual(["certificate revoked", "OK"]);
    await story.insistOnSoundness();
  });

  it("a machine that was off for three weeks still gets in with the old certificate, and the new one waits for it", async () => {
    using story = first.copy();
    await story.on("2026-12-03").reconcile();
    const [old = "", young = ""] = story.serials("alice");
    await story.on("2026-12-24").reconcile();
    expect(story.verdict(old)).toBe("OK");
    expect(story.admitted("alice")).toEqual([old, young]);
    expect(publicKey("pkey", story.repository.at("pki/private/alice.key"))).toBe(keyOf(story, young));
  });

  it("a certificate capped by `expires` is never renewed, and nobody is admitted after it", async () => {
    using story = first.copy();
    for (const day of ["2026-12-02", "2026-12-20", "2027-01-31T23:59:59Z"]) await story.on(day).reconcile();
    const [only = "", ...more] = story.serials("capped");
    // The first one would have ended in 2027-01-01: one that ends with the access follows it, and then no more.
    expect(more).toHaveLength(1);
    expect(story.verdict(only)).toBe("certificate has expired");
    expect(story.verdict(more[0] ?? "")).toBe("OK");
    await story.on("2027-02-01T00:00:01Z").reconcile();
    expect(story.verdicts("capped")).toEqual(["certificate has expired", "certificate has expired"]);
    expect(story.admitted("capped")).toEqual([]);
    expect(story.serials("capped")).toHaveLength(2);
  });

  it("a certificate capped by the authority's end is renewed once at most, however many runs there are", async () => {
    const registry = (clients: Clients) =>
      clientsYaml(clients).replace("organization: Test Ltd", "organization: Test Ltd, lifetime: 400d");
    using story = await Story.begin({ alice: CLIENTS.alice }, { on: "2026-01-01T06:00:00Z", registry });
    for (let day = 0; day < 45; day++)
      await story
        .on("2026-12-22")
        .after(`${day * 24 + 1}h`)
        .runHere();
    expect(story.serials("alice")).toHaveLength(2);
    expect(story.verdict(story.newest("alice"), "2027-02-05T05:00:00Z")).toBe("OK");
    expect(story.verdict(story.newest("alice"), "2027-02-05T07:00:00Z")).toContain("expired");
  });
});

/** What somebody who looks in from outside sees: who holds how many valid certificates, and until when. */
function situation(story: Story) {
  return ["alice", "capped", "dora", "orla"].map((name) => ({
    name,
    valid: story.serials(name).filter((serial) => story.verdict(serial) === "OK").length,
    admitted: story.admitted(name).length,
    newest: OPEN.has(name) ? story.verdict(story.newest(name)) : story.verdicts(name).at(-1),
  }));
}

const END = "2029-01-01T12:00:00Z";

describe("from one end to the other of three years", () => {
  it("nobody is ever without, run twice a day or every two months, and all of it ends in the same place", async () => {
    using daily = first.copy();
    using rarely = first.copy();
    let changes = 0;
    for (daily.after("6h"); daily.now < END; daily.after("12h")) if (await step(daily)) changes++;
    await daily.on(END).runHere();
    for (rarely.after("60d"); rarely.now < END; rarely.after("60d")) await rarely.runHere();
    await rarely.on(END).runHere();
    const one = { valid: 1, admitted: 1, newest: "OK" };
    expect(situation(rarely)).toEqual(situation(daily));
    expect(situation(daily)).toEqual([
      { name: "alice", ...one },
      { name: "capped", valid: 0, admitted: 0, newest: "certificate has expired" },
      { name: "dora", ...one },
      { name: "orla", ...one },
    ]);
    // Every 335 days a successor; every 15 a CRL; and the ends of predecessors.
    expect(daily.serials("alice")).toHaveLength(4);
    expect(changes).toBeLessThan(1095 / 15 + 4 * 6);
    for (const story of [daily, rarely]) await story.insistOnSoundness();
  });

  it("and a quiet run writes not one byte", async () => {
    using story = first.copy();
    await story.on("2026-01-17").runHere();
    const before = story.repository.fingerprint("pki");
    for (let run = 0; run < 20; run++) expect(await story.after("12h").runHere()).toBe(false);
    expect(story.repository.fingerprint("pki")).toEqual(before);
  });
});

/** A run, by the planner alone where there is nothing to do, and in earnest where there is. */
async function step(story: Story): Promise<boolean> {
  const { plan, state } = await story.planHere();
  for (const name of OPEN) {
    const valid = [...state.certificates.values()].some(
      (one) => one.identity === name && one.notAfter >= story.instant && !state.revocations.has(one.serial),
    );
    if (!valid) throw new Error(`${name} is locked out on ${story.now}`);
  }
  return plan.changes.length > 0 && (await story.runHere());
}
