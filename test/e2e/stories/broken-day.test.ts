import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCrl } from "../support/judges.ts";
import { Story } from "../support/story.ts";

const CROWD = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`c${n}`, "{ groups: [guests] }"]));
const CLIENTS = {
  alice: "{ groups: [staff] }",
  dora: "{ groups: [guests], csr: true }",
  erin: "{ groups: [guests], lifetime: 50d, renew_before: 20d }",
  flora: "{ groups: [guests], csr: true, lifetime: 50d, renew_before: 20d, overlap: 5d }",
  held: "{ groups: [staff] }",
  leaver: "{ groups: [guests], expires: 2026-02-20 }",
  mallory: "{ groups: [staff] }",
  ...CROWD,
};
/** What is asked for while nothing of it can be carried out: five leave, one comes, and one is let back in. */
const ASKED = {
  ...Object.fromEntries(
    Object.keys(CROWD)
      .slice(0, 5)
      .map((name) => [name, null]),
  ),
  held: "{ groups: [staff] }",
  newcomer: "{ groups: [staff] }",
};
const EVERYBODY = ["alice", "dora", "erin", "flora", ...Object.keys(CROWD)];

let before: Story;
beforeAll(async () => {
  before = await Story.begin(CLIENTS, { on: "2026-01-01", requests: ["dora", "flora"] });
  before.on("2026-01-20").edit({ mallory: "{ revoked: keyCompromise }", held: "{ groups: [staff], suspended: true }" });
  await before.reconcile();
});
afterAll(() => before?.[Symbol.dispose]());

/** Sixty daily runs; openssl looks every ten days. */
async function twoMonths(story: Story): Promise<void> {
  const [mallory, held] = [story.newest("mallory"), story.newest("held")];
  let number = readCrl(story.repository).number;
  for (let day = 1; day <= 60; day++) {
    await story.after("1d").runHere();
    if (day % 10 !== 0) continue;
    const crl = story.crl();
    expect(crl).toMatchObject({ [mallory]: "Key Compromise", [held]: "Certificate Hold" });
    const newest = EVERYBODY.map((name) => story.newest(name));
    expect(story.judge(newest), story.now).toEqual(newest.map(() => "OK"));
    expect(EVERYBODY.map((name) => story.admitted(name).at(-1))).toEqual(newest);
    for (const name of ["mallory", "held", "newcomer"]) expect(story.admitted(name)).toEqual([]);
    const next = readCrl(story.repository).number;
    expect(next).toBeGreaterThanOrEqual(number);
    number = next;
  }
  expect(story.admitted("leaver")).toEqual([]);
  expect(story.verdict(story.newest("leaver"))).toContain("certificate has expired");
  for (const name of ["erin", "flora"]) expect(story.serials(name).length).toBeGreaterThan(2);
  expect(Object.keys(story.crl())).toContain(story.serials("flora").at(-2));
  expect(story.serials("newcomer")).toEqual([]);
}

describe("for two months on main", () => {
  it.each([["clients.yaml cannot be read", "clients: [\n"]])(
    "%s: nobody is locked out, nobody is let in, and every day says what is wrong",
    async (_, text) => {
      using story = before.copy();
      const registry = story.repository.read("pki/registry.yaml");
      story.write(text);
      await twoMonths(story);
      expect(story.repository.read("pki/registry.yaml")).toBe(registry);
      const { code, stdout, stderr } = await story.run("reconcile");
      expect(code).toBe(1);
      expect(stderr).toMatch(/^clients\.yaml:\d+:\d+: /m);
      expect(stdout).toMatch(/InvalidRegistry[\s\S]*What was carried out last stays in force/);
      const status = await story.run("status");
      expect({ code: status.code, stdout: status.stdout }).toEqual({
        code: 1,
        stdout: expect.stringContaining("erin"),
      });
      const check: { findings: readonly { code: string; level: string }[] } = JSON.parse(
        (await story.run("check", "--json")).stdout,
      );
      const blocks = check.findings.filter(({ level }) => level === "block").map(({ code }) => code);
      expect(new Set(blocks)).toEqual(new Set(["InvalidRegistry"]));
      story.edit(ASKED).edit({ ...CROWD, newcomer: ASKED.newcomer });
      expect(await story.reconcile()).toEqual(["issue newcomer Missing", "release held"]);
      await story.insistOnSoundness();
    },
  );

  it("a limit refuses: the same, and once it is allowed, all that was asked for is done at once", async () => {
    using story = before.copy();
    const registry = story.repository.read("pki/registry.yaml");
    story.edit(ASKED);
    await twoMonths(story);
    expect(story.repository.read("pki/registry.yaml")).toBe(registry);
    const { refusals, plan } = await story.refused();
    expect(refusals).toEqual([
      expect.stringMatching(/^TooManyLosses 5 of 13 clients \(38 %\) lose access, over 25 %: c0, c1, c2, c3, c4\./),
    ]);
    expect(plan.changes).toEqual([]);
    const { code } = await story.run("reconcile", "--allow-losses", "5");
    expect(code).toBe(0);
    expect(story.verdict(story.newest("newcomer"))).toBe("OK");
    expect(story.verdict(story.newest("held"))).toBe("OK");
    for (const name of Object.keys(CROWD).slice(0, 5))
      expect(story.verdict(story.newest(name))).toBe("certificate revoked");
    await story.insistOnSoundness();
  });
});
