import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificates, decisions, makeRequest, planOf, serialOf } from "./support/judges.ts";
import { type Clients, clientsYaml, NOON, Repository } from "./support/repository.ts";

const TWELVE = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`c${n + 1}`, "{ groups: [guests] }"]));
const LATER = "2026-11-22T12:00:00Z";

let ready: Repository;
beforeAll(async () => {
  ready = Repository.fresh(clientsYaml({ ...TWELVE, dora: "{ groups: [guests], csr: true }" }));
  makeRequest(ready, "dora");
  const { code, stderr } = await ready.run("start", "--now", NOON);
  if (code !== 0) throw new Error(stderr);
  ready.commit("Make the authority");
});
afterAll(() => ready?.[Symbol.dispose]());

const DORA = { dora: "{ groups: [guests], csr: true }" };
const without = (...names: string[]): Clients =>
  Object.fromEntries(Object.entries({ ...TWELVE, ...DORA }).filter(([name]) => !names.includes(name)));

function edited(clients: Clients, extra = ""): Repository {
  const twin = ready.copy();
  twin.write("clients.yaml", clientsYaml(clients, extra));
  return twin;
}

/** The fields of each kind of change, in order. */
const SHAPES = {
  definition: "kind due section name fields message",
  issue: "kind due identity profile reason key fingerprint message",
  revoke: "kind due identity serial reason cause message",
  hold: "kind due identity serial message",
  crl: "kind due issuer number reason message",
  file: "kind due path reason byHand message",
};

const LINE = { because: { entry: true, groups: [] }, until: null, contact: null, reissued: null, oldName: null };
const ACCESS = [
  { client: "c1", previously: null, gains: [], loses: ["files"], lossIs: "forever", ...LINE },
  { client: "c2", previously: null, gains: [], loses: ["files"], lossIs: "held", ...LINE },
  { client: "erin", previously: null, gains: ["files", "pkg"], loses: [], lossIs: null, ...LINE },
];

describe("plan --json", () => {
  it("has the shape that scripts rely on, field by field and in order", async () => {
    using twin = edited(
      { ...without("c1"), c2: "{ groups: [guests], suspended: true }", erin: "{ groups: [staff] }" },
      "crl: { lifetime: 20d }\n",
    );
    makeRequest(twin, "dora");
    const { code, stdout } = await twin.run("plan", "--json", "--now", LATER);
    expect(code).toBe(0);
    const plan = JSON.parse(stdout);
    expect(Object.keys(plan).join(" ")).toBe(
      "asOf digest summary base changes access edits compromised byTime warnings refusals",
    );
    expect(plan.asOf).toBe(LATER);
    expect(plan.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(plan.summary).toEqual({
      ...{ issue: 2, renew: 0, revoke: 2, hold: 1, release: 0, definition: 1, crl: 1 },
      ...{ file: plan.changes.filter(({ kind }: { kind: string }) => kind === "file").length, lose: 2 },
    });
    const shapes = new Map(plan.changes.map((one: { kind: string }) => [one.kind, Object.keys(one).join(" ")]));
    expect(Object.fromEntries(shapes)).toEqual(SHAPES);
    expect(plan.changes.map(({ kind }: { kind: string }) => kind)[0]).toBe("definition");
    expect(plan.changes).toContainEqual(
      expect.objectContaining({ kind: "issue", due: "registry", identity: "erin", key: "managed", fingerprint: null }),
    );
    expect(plan.changes).toContainEqual(
      expect.objectContaining({
        ...{ kind: "issue", identity: "dora", reason: "KeyChanged", key: "request" },
        fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      }),
    );
    expect(plan.changes).toContainEqual(
      expect.objectContaining({ kind: "revoke", identity: "c1", serial: serialOf(ready, "c1"), cause: "Removed" }),
    );
    expect(plan.access).toEqual(ACCESS);
    expect(plan.edits).toContainEqual({ section: "clients", name: "c2", field: "suspended", from: false, to: true });
    expect(plan.edits).toContainEqual({ section: "crl", name: "crl", field: "lifetime", from: "30d", to: "20d" });
    expect({ base: plan.base, compromised: plan.compromised }).toEqual({ base: null, compromised: [] });
    expect(plan.byTime.changes).toEqual([]);
    expect(plan.refusals).toEqual([]);
  });

  it("a renewal names its predecessor, and is due by time", async () => {
    const { stdout } = await ready.run("plan", "--json", "--now", "2027-11-01T00:00:00Z");
    const renewal = JSON.parse(stdout).changes.find(({ identity }: { identity: string }) => identity === "c1");
    expect(Object.keys(renewal).join(" ")).toBe("kind due identity profile serial reason key fingerprint message");
    expect(renewal).toMatchObject({ kind: "renew", due: "time", serial: serialOf(ready, "c1"), reason: "RenewalDue" });
  });

  it("goes to stdout alone; nothing to do is exit 0 and an empty list", async () => {
    const { code, stdout, stderr } = await ready.run("plan", "--json", "--now", LATER);
    expect({ code, stderr, changes: JSON.parse(stdout).changes }).toEqual({ code: 0, stderr: "", changes: [] });
  });

  it("writes nothing", async () => {
    using twin = edited(without("c1"));
    const before = twin.fingerprint();
    await twin.run("plan", "--now", LATER);
    expect(twin.fingerprint()).toEqual(before);
  });
});

describe("plan --detailed-exitcode", () => {
  it.each([
    ["0 without changes", 0, without()],
    ["2 with changes", 2, without("c1")],
    ["1 with a refusal", 1, without("c1", "c2", "c3", "c4", "c5", "c6")],
    ["1 with an error", 1, { c1: "{ groups: [stuff] }" }],
  ])("is %s", async (_, code, clients) => {
    using twin = edited(clients);
    expect(await twin.run("plan", "--now", LATER, "--detailed-exitcode")).toMatchObject({ code });
  });
});

describe("reconcile --digest", () => {
  it("does what was looked at, and nothing else", async () => {
    using twin = edited(without("c1"));
    const { digest } = planOf(await twin.run("plan", "--json", "--now", LATER));
    const before = twin.fingerprint("pki");
    const wrong = await twin.run("reconcile", "--digest", `sha256:${"0".repeat(64)}`, "--now", LATER);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain(`the plan has digest ${digest}`);
    expect(twin.fingerprint("pki")).toEqual(before);
    twin.write("clients.yaml", clientsYaml(without("c2")));
    expect(await twin.run("reconcile", "--digest", digest, "--now", LATER)).toMatchObject({ code: 1 });
    expect(twin.fingerprint("pki")).toEqual(before);
    twin.write("clients.yaml", clientsYaml(without("c1")));
    const right = await twin.run("reconcile", "--digest", digest, "--now", "2026-11-22T12:00:30Z");
    expect(right).toMatchObject({ code: 0 });
    expect(twin.list("pki/issued")).not.toContain("c1.crt");
  });
});

describe("a plan that takes access from too many", () => {
  const FOUR = ["c1", "c2", "c3", "c4"];

  it("is refused with the numbers, by plan and by reconcile, and nothing of it is done", async () => {
    using twin = edited(without(...FOUR));
    const before = twin.fingerprint("pki");
    for (const command of ["plan", "reconcile"] as const) {
      const ran = await twin.run(command, "--json", "--now", LATER);
      const plan = planOf(ran);
      expect(ran.code).toBe(1);
      expect(plan.refusals).toEqual([
        { code: "TooManyLosses", message: expect.stringMatching(/^4 of 13 clients \(31 %\)/) },
      ]);
      expect(plan.refusals[0]?.message).toContain("--allow-losses 4");
    }
    expect(twin.fingerprint("pki")).toEqual(before);
  });

  it.each([
    ["--allow-losses 3", ["--allow-losses", "3"], "", 1],
    ["--allow-losses 5", ["--allow-losses", "5"], "", 1],
    ["--allow-losses 4", ["--allow-losses", "4"], "", 0],
    ["limits.allow for 4", [], "limits: { allow: { lose: 4, until: 2026-12-01 } }\n", 0],
    ["limits.allow for 4 that is over", [], "limits: { allow: { lose: 4, until: 2026-11-22 } }\n", 1],
    ["limits.allow for 5", [], "limits: { allow: { lose: 5, until: 2026-12-01 } }\n", 1],
    ["a limit loosened by the change itself", [], "limits: { lose: 100% }\n", 1],
  ])("with %s", async (_, argv, extra, code) => {
    using twin = edited(without(...FOUR), extra);
    expect(await twin.run("reconcile", "--now", LATER, ...argv)).toMatchObject({ code });
    expect(twin.list("pki/issued").includes("c1.crt")).toBe(code === 1);
    expect(await twin.run("plan", "--now", LATER, "--detailed-exitcode", ...argv)).toMatchObject({ code });
  });

  it("the rest goes on meanwhile: a renewal, the CRL", async () => {
    using twin = edited(without(...FOUR));
    const ran = await twin.run("reconcile", "--json", "--now", "2027-11-01T00:00:00Z");
    expect(ran.code).toBe(1);
    expect(planOf(ran).refusals.map(({ code }) => code)).toEqual(["TooManyLosses"]);
    expect(planOf(ran).summary).toMatchObject({ renew: 14, revoke: 0 });
    expect(certificates(twin)).toHaveLength(14 * 2);
    const again = planOf(await twin.run("plan", "--json", "--now", "2027-11-01T00:00:00Z"));
    expect(again.refusals.map(({ code }) => code)).toEqual(["TooManyLosses"]);
    expect(decisions(again).filter((one) => !one.startsWith("revoke"))).toEqual([]);
  });
});

describe("another authority in clients.yaml", () => {
  it("is refused, and the one there is stays", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", ready.read("clients.yaml").replace("Test CA", "Other CA"));
    const ran = await twin.run("reconcile", "--json", "--now", LATER);
    expect({ code: ran.code, refusals: planOf(ran).refusals.map(({ code }) => code) }).toEqual({
      ...{ code: 1, refusals: ["AuthorityChanged"] },
    });
    expect(twin.read("pki/ca.crt")).toBe(ready.read("pki/ca.crt"));
  });
});

describe("the clock", () => {
  it("refuses to sign before what was signed last, and says to set the clock", async () => {
    using twin = await Repository.ready(clientsYaml({ c1: "{ groups: [guests] }" }), "2030-01-01T00:00:00Z");
    twin.write("clients.yaml", clientsYaml({ c2: "{ groups: [guests] }" }));
    const before = twin.fingerprint("pki");
    const { code, stdout } = await twin.run("reconcile");
    expect(code).toBe(1);
    expect(stdout).toContain("ClockBehind");
    expect(twin.fingerprint("pki")).toEqual(before);
  });
});
