import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serialOf } from "./support/judges.ts";
import { clientsYaml, NOON, Repository } from "./support/repository.ts";
import { CAROL, CLIENTS, commitAs, type Keys, mergeAs, SIGNED, signedRepository } from "./support/signing.ts";

const LATER = "2026-11-22T12:00:00Z";

/** Carol was added by a merge that ann signed, and taken out again. */
let ready: Repository;
let keys: Keys;
let carol = "";
const made = { merge: "", issued: "", removal: "", revoked: "" };
beforeAll(async () => {
  ({ repository: ready, keys } = await signedRepository());
  ready.git("checkout", "--quiet", "-b", "change");
  ready.write("clients.yaml", clientsYaml(CAROL, SIGNED));
  commitAs(ready, keys.mallory, "Add carol");
  ready.git("checkout", "--quiet", "main");
  made.merge = mergeAs(ready, keys.ann, "change");
  await ready.run("reconcile", "--now", LATER);
  made.issued = commitAs(ready, keys.ci, "Issue 1");
  carol = serialOf(ready, "carol");
  made.removal = commit(clientsYaml(CLIENTS, SIGNED), "Remove carol");
  // Somebody else's entry, between the change and its reconcile.
  commit(clientsYaml({ ...CLIENTS, bob: "{ groups: [staff] }" }, SIGNED), "Bob joins the staff");
  await ready.run("reconcile", "--now", LATER);
  made.revoked = commitAs(ready, keys.ci, "Revoke 1");
});
afterAll(() => ready?.[Symbol.dispose]());

function commit(yaml: string, message: string): string {
  ready.write("clients.yaml", yaml);
  return commitAs(ready, keys.ann, message);
}

const statusOf = (repository: Repository, ...argv: string[]) =>
  repository.run("status", "--now", LATER, "--serial", ...argv);

describe("status --serial tells", () => {
  it("which commits admitted and revoked a certificate, and who signed them", async () => {
    const { code, stdout } = await statusOf(ready, carol, "--json");
    expect(code).toBe(0);
    const { provenance, identities } = JSON.parse(stdout);
    expect(identities).toMatchObject([{ serial: carol, state: "revoked" }]);
    const by = (commit: string, signer: string) => ({ commit, signature: { verdict: "good", signer } });
    expect(provenance).toMatchObject({
      serial: carol,
      shallow: false,
      admitted: { state: by(made.issued, "state@gatehouse"), change: by(made.merge, "ann@example.com") },
      revoked: { state: by(made.revoked, "state@gatehouse"), change: by(made.removal, "ann@example.com") },
    });
    expect(provenance.admitted.change).toMatchObject({ author: "Tester", subject: "Merge change" });
    expect(provenance.admitted.state.time).toMatch(/^20\d\d-\d\d-\d\dT.*Z$/);
  });

  it("the same in words, for the beginning of a serial number too", async () => {
    const { stdout } = await statusOf(ready, carol.slice(0, 12).toLowerCase());
    const words = stdout.replace(/\s+/g, " ");
    expect(words).toContain(`by commit ${made.issued.slice(0, 12)} (Tester, "Issue 1"), signed by state@gatehouse`);
    expect(words).toContain(`Z by commit ${made.merge.slice(0, 12)} (Tester, "Merge change"), signed by ann`);
    expect(words).toContain(`by commit ${made.removal.slice(0, 12)} (Tester, "Remove carol")`);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("where nobody signed, or nobody was listed yet, no signer", async () => {
    const { stdout } = await statusOf(ready, serialOf(ready, "bob"), "--json");
    const { admitted, revoked } = JSON.parse(stdout).provenance;
    expect(revoked).toBeNull();
    expect(admitted.change).toMatchObject({
      subject: "Begin",
      signature: { verdict: "none", signer: null, key: null },
    });
  });

  it("that no commit knows of it yet", async () => {
    using fresh = Repository.fresh(clientsYaml(CLIENTS));
    await fresh.run("start", "--now", NOON);
    const { stdout } = await statusOf(fresh, serialOf(fresh, "bob"));
    expect(stdout).toMatch(/Admitted +in no commit yet/);
    rmSync(fresh.at(".git"), { recursive: true });
    // Where git cannot be asked, that is no answer.
    expect(await statusOf(fresh, serialOf(fresh, "bob"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("not a git repository"),
    });
  });
});

describe("status --client", () => {
  const ask = (...argv: string[]) => ready.run("status", "--now", LATER, "--client", ...argv);

  it("says what became of somebody who was removed", async () => {
    const { code, stdout, stderr } = await ask("carol");
    expect(code).toBe(0);
    expect(stdout).toMatch(/State +gone\nSerial +\w+\n.*\nRevoked +2026-11-22T12:00:00Z, cessationOfOperation\n/);
    // What it says to type next tells the rest.
    const serial = /status -- --serial (\w+)/.exec(stderr)?.[1] ?? "";
    expect((await statusOf(ready, serial)).stdout.replace(/\s+/g, " ")).toContain("Remove carol");
  });

  it("knows a name that was never there from one that has left", async () => {
    const { code, stderr } = await ask("carrol");
    expect(code).toBe(1);
    expect(stderr).toContain("Did you mean carol?");
    expect((await ask("nobody-at-all")).stderr).not.toContain("Did you mean");
  });

  it("says of somebody who is taken out, and not revoked yet, what comes", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", clientsYaml({ alice: CLIENTS.alice ?? "" }, SIGNED));
    const { identities } = JSON.parse((await twin.run("status", "--now", LATER, "--client", "bob", "--json")).stdout);
    expect(identities).toMatchObject([{ name: "bob", state: "removed" }]);
  });
});

it("status without --serial says nothing of commits", async () => {
  const { stdout } = await ready.run("status", "--json", "--now", LATER);
  expect(JSON.parse(stdout)).not.toHaveProperty("provenance");
});
