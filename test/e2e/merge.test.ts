import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocking, reconcileHere } from "./support/in-process.ts";
import { certificates, readCrl, serialOf, serialsOf, verdict } from "./support/judges.ts";
import { type Clients, clientsYaml, Repository } from "./support/repository.ts";

/** What the hooks do after a checkout; they are off here. */
function mendModes(twin: Repository): void {
  execFileSync("chmod", ["-R", "u=rwX,go=", twin.at("pki/private")]);
}

/** Far enough from each other that git merges changes of one without the other. */
const quiet = (from: number, to: number): Clients =>
  Object.fromEntries(Array.from({ length: to - from }, (_, i) => [`c${from + i}`, "{ groups: [guests] }"]));
const clients = (first: Clients, second: Clients, third: Clients): Clients => ({
  ...first,
  ...quiet(10, 14),
  ...second,
  ...quiet(14, 18),
  ...third,
});
const ALICE = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }" };
const CAROL = { carol: "{ groups: [guests] }", erin: "{ groups: [guests], lifetime: 40d }" };
const LAST = { zoe: "{ groups: [guests] }" };
const START = clients(ALICE, CAROL, LAST);
const HERE = clients({ alice: ALICE.alice, fred: "{ groups: [staff] }" }, CAROL, LAST);
const THERE = clients(
  ALICE,
  { ...CAROL, carol: "{ groups: [guests], suspended: true }" },
  { gina: "{ groups: [guests] }" },
);
const BOTH = ["alice", "bob", ...Object.keys(quiet(10, 18)), "carol", "erin", "fred", "gina", "pkg.example.com", "zoe"];

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(START));
  ready.git("config", "core.hooksPath", "/dev/null");
});
afterAll(() => ready?.[Symbol.dispose]());

async function carryOut(twin: Repository, branch: string, registry: Clients, now: string): Promise<void> {
  twin.git("checkout", "--quiet", "-b", branch, "main");
  twin.write("clients.yaml", clientsYaml(registry));
  expect((await reconcileHere(twin, now)).refusals).toEqual([]);
  twin.commit(branch);
}

const conflicts = (twin: Repository) =>
  twin
    .git("diff", "--name-only", "--diff-filter=U", "-z")
    .split("\0")
    .filter((path) => path !== "");

function merge(twin: Repository, branch: string): void {
  try {
    twin.git("merge", "--quiet", "--no-edit", branch);
  } catch {
    // The conflicts are looked at below.
  }
}

describe("two branches that both issued, revoked, held and renewed, merged by git alone", () => {
  it("have no conflict in facts; reconcile settles the rest, and nothing is lost or done twice", async () => {
    using twin = ready.copy();
    await carryOut(twin, "here", HERE, "2026-12-22T12:00:00Z");
    await carryOut(twin, "there", THERE, "2026-11-23T12:00:00Z");
    const [bob, carol, gina] = ["bob", "carol", "gina"].map((name) => serialOf(twin, name));
    twin.git("checkout", "--quiet", "here");
    const [fred, number] = [serialOf(twin, "fred"), readCrl(twin).number];
    expect(serialsOf(twin, "erin")).toHaveLength(2);
    merge(twin, "there");

    const facts = /^pki\/(?:certs_by_serial|revoked|held|private\/by_serial|ca\.crt|reqs)|^clients\.yaml$/;
    expect(conflicts(twin).filter((path) => facts.test(path))).toEqual([]);
    expect(conflicts(twin)).toContain("pki/crl.pem");
    // git's marks would make a CRL unreadable: .gitattributes keeps ours.
    expect(readCrl(twin).verified).toBe(true);

    const now = "2026-12-23T12:00:00Z";
    const { refusals, summary } = await reconcileHere(twin, now);
    expect(refusals).toEqual([]);
    expect({ ...summary, file: 0, definition: 0, crl: 0 }).toMatchObject({
      issue: 0,
      renew: 0,
      revoke: 0,
      hold: 0,
      release: 0,
    });
    twin.git("add", "--all");
    twin.git("commit", "--quiet", "--no-edit");

    const names = certificates(twin).map(({ identity }) => identity);
    expect([...new Set(names)].sort()).toEqual([...BOTH].sort());
    expect(names).toHaveLength(BOTH.length + 1);
    expect([serialOf(twin, "fred"), serialOf(twin, "gina")]).toEqual([fred, gina]);
    const crl = readCrl(twin);
    expect(crl.number).toBeGreaterThan(number);
    // zoe went on the other branch, whose CRL never was in force here.
    expect([...crl.entries.keys()].sort()).toEqual([bob, carol, serialOf(twin, "zoe")].sort());
    expect(verdict(twin, "pki/issued/gina.crt", now)).toBe("OK");
    expect(twin.read("pki/private/gina.key")).toContain("BEGIN PRIVATE KEY");
    mendModes(twin);
    expect(await blocking(twin, now)).toEqual([]);
    expect((await reconcileHere(twin, now)).changes).toEqual([]);
  });

  it("that revoked the same client conflict in that one fact; either side will do", async () => {
    using twin = ready.copy();
    const without = clients({ alice: ALICE.alice }, CAROL, LAST);
    await carryOut(twin, "here", without, "2026-11-22T12:00:00Z");
    await carryOut(twin, "there", without, "2026-11-23T12:00:00Z");
    merge(twin, "here");
    const revocation = `pki/revoked/${serialOf(twin, "bob")}.yaml`;
    expect(conflicts(twin)).toContain(revocation);
    const { refusals } = await reconcileHere(twin, "2026-11-24T12:00:00Z");
    expect(refusals.map(({ message }) => message).join()).toContain(revocation);
    expect([...readCrl(twin).entries.keys()]).toEqual([serialOf(twin, "bob")]);
    twin.git("checkout", "--ours", "--", revocation);
    expect((await reconcileHere(twin, "2026-11-24T12:00:00Z")).refusals).toEqual([]);
    twin.git("add", "--all");
    twin.git("commit", "--quiet", "--no-edit");
    expect((await reconcileHere(twin, "2026-11-24T12:01:00Z")).refusals).toEqual([]);
    mendModes(twin);
    expect(await blocking(twin, "2026-11-24T12:01:00Z")).toEqual([]);
  });
});
