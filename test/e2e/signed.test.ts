import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { preview } from "../../scripts/flows/preview.ts";
import { makeRequest } from "./support/judges.ts";
import { clientsYaml, environment, type Repository } from "./support/repository.ts";
import {
  CLIENTS,
  commitAs,
  head,
  type Keys,
  listed,
  mergeAs,
  SIGNED,
  SIGNERS,
  signedRepository,
} from "./support/signing.ts";
import {
  ACCEPTED,
  addCarol,
  EVASIONS,
  instant,
  LATER,
  nothingGoesOn,
  planAt,
  pushed,
  REFUSED,
  reconcile,
  setUpCi,
  unsigned,
} from "./support/unsigned.ts";

let ready: Repository;
let keys: Keys;
beforeAll(async () => {
  ({ repository: ready, keys } = await signedRepository());
});
afterAll(() => ready?.[Symbol.dispose]());

describe("limits.signed carries out", () => {
  it("what somebody signed who is listed, and CI's commit of it, from then on", async () => {
    using twin = ready.copy();
    addCarol(twin);
    commitAs(twin, keys.ann, "Add carol");
    expect(await unsigned(twin)).toEqual([]);
    setUpCi(twin, keys.ci);
    expect(await reconcile(twin, "--commit")).toMatchObject({ code: 0 });
    expect(twin.git("status", "--porcelain")).toBe("");
    commitAs(twin, keys.ann, "Read me");
    expect((await planAt(twin)).plan).toMatchObject({ changes: [], refusals: [] });
  });

  it.each(ACCEPTED)("%s", async (_, work) => {
    using twin = ready.copy();
    work(twin, keys);
    expect(await unsigned(twin)).toEqual([]);
  });

  it("no unsigned commit before it was carried out itself, and none after it was switched off", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", clientsYaml(CLIENTS));
    commitAs(twin, keys.ann, "Switch signatures off");
    setUpCi(twin, keys.ci);
    expect(await reconcile(twin, "--commit")).toMatchObject({ code: 0 });
    twin.git("config", "--unset", "commit.gpgsign");
    addCarol(twin);
    commitAs(twin, null, "Switch it on again, and add carol");
    expect(await unsigned(twin)).toEqual([]);
    expect((await reconcile(twin, "--commit")).code).toBe(0);
    const next = commitAs(twin, null, "Too late");
    expect(await unsigned(twin)).toEqual([expect.stringContaining(next.slice(0, 12))]);
  });
});

describe("limits.signed refuses", () => {
  it.each(REFUSED)("%s", async (_, work, why) => {
    using twin = ready.copy();
    addCarol(twin);
    work(twin, keys);
    const said = await unsigned(twin);
    expect(said).toEqual([expect.stringContaining(why)]);
    expect(said[0]).toContain(head(twin).slice(0, 12));
  });

  it("what its time has not come for, or is over, also where the commit is dated back", async () => {
    using twin = ready.copy();
    const times = 'namespaces="git",valid-after="20260101Z",valid-before="20260701Z"';
    twin.write(SIGNERS, twin.read(SIGNERS) + listed("ben@example.com", keys.ben, times));
    commitAs(twin, keys.ann, "Ben, for half a year", "2026-05-01T12:00:00Z");
    const commits = [
      commitAs(twin, keys.ben, "In time", "2026-06-01T12:00:00Z"),
      commitAs(twin, keys.ben, "Too late", "2026-08-01T12:00:00Z"),
      commitAs(twin, keys.ben, "Dated back", "2026-06-02T12:00:00Z"),
      commitAs(twin, keys.ben, "Too early", "2025-12-01T12:00:00Z"),
    ];
    const said = await unsigned(twin);
    expect(said.map((message) => commits.findIndex((id) => message.startsWith(id.slice(0, 12))))).toEqual([1, 2, 3]);
    expect(said[0]).toContain("lists for another time");
    expect(said[1]).toContain("claims to be of 2026-06-02T12:00:00Z");
  });

  it("edits that are in no commit, and says what to type", async () => {
    using twin = ready.copy();
    addCarol(twin);
    makeRequest(twin, "dora");
    const said = await unsigned(twin);
    expect(said).toEqual([
      expect.stringContaining("clients.yaml has changes that are in no commit"),
      expect.stringContaining("git add -- pki/reqs/dora.req && git commit -S"),
    ]);
    expect((await reconcile(twin)).code).toBe(1);
  });

  it("in plan --head what is refused on main, without checking it out", async () => {
    using twin = ready.copy();
    twin.git("checkout", "--quiet", "-b", "change");
    addCarol(twin);
    const id = commitAs(twin, null, "Add carol");
    twin.git("checkout", "--quiet", "main");
    expect(await unsigned(twin, "change")).toEqual([expect.stringContaining(id.slice(0, 12))]);
    // A merge that somebody signs will vouch for it; a push would make it main as it is.
    expect(await unsigned(twin, "change", "main")).toEqual([]);
    expect((await pushed(twin, "change", "main")).plan.refusals).toHaveLength(1);
    expect(await unsigned(twin)).toEqual([]);
  });

  it("to switch it on while nobody is listed", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", clientsYaml(CLIENTS));
    commitAs(twin, keys.ann, "Switch signatures off");
    await reconcile(twin);
    commitAs(twin, keys.ci, "State");
    twin.write(SIGNERS, listed("state@gatehouse", keys.ci));
    twin.write("clients.yaml", clientsYaml(CLIENTS, SIGNED));
    expect(await unsigned(twin)).toEqual([expect.stringContaining("lists nobody whose signature would count")]);
  });
});

describe("whoever can push without a key that is listed cannot", () => {
  it.each(EVASIONS)("%s", async (_, work, why) => {
    using twin = ready.copy();
    work(twin, keys);
    expect(await unsigned(twin)).toEqual(why.map((words) => expect.stringContaining(words)));
    await nothingGoesOn(twin);
  });

  it("come back by merging main into the time when he was listed", async () => {
    using twin = ready.copy();
    twin.write(SIGNERS, twin.read(SIGNERS) + listed("ben@example.com", keys.ben));
    const then = commitAs(twin, keys.ann, "List ben");
    twin.write(SIGNERS, twin.read(SIGNERS).replace(/^ben.*\n/m, ""));
    commitAs(twin, keys.ann, "Ben leaves");
    twin.git("checkout", "--quiet", "--detach", then);
    mergeAs(twin, keys.ben, "main");
    expect(await unsigned(twin)).toEqual([expect.stringContaining("does not list its own signer")]);
  });

  it("have a request swapped while the rest goes on", async () => {
    using twin = ready.copy();
    makeRequest(twin, "dora");
    const withDora = clientsYaml({ ...CLIENTS, dora: "{ groups: [guests], csr: true }" }, SIGNED);
    twin.write("clients.yaml", withDora);
    commitAs(twin, keys.ann, "Add dora");
    await reconcile(twin);
    commitAs(twin, keys.ci, "Issue dora");
    makeRequest(twin, "dora");
    commitAs(twin, null, "A new key for dora");
    await nothingGoesOn(twin);
    const before = twin.fingerprint("pki");
    expect((await reconcile(twin)).code).toBe(1);
    expect(twin.fingerprint("pki")).toEqual(before);
  });

  it("be helped by this clone's configuration, its grafts or replaced objects", async () => {
    using twin = ready.copy();
    const good = head(twin);
    addCarol(twin);
    const bad = commitAs(twin, keys.mallory, "Add carol");
    for (const name of ["gpg.ssh.program", "gpg.program", "gpg.openpgp.program", "gpg.x509.program"])
      twin.git("config", name, "/bin/true");
    writeFileSync(twin.beside("mine"), listed("mallory@example.com", keys.mallory));
    twin.git("config", "gpg.ssh.allowedSignersFile", twin.beside("mine"));
    expect(await unsigned(twin)).toHaveLength(1);
    twin.git("replace", bad, good);
    expect(await unsigned(twin)).toHaveLength(1);
  });
});

describe("what was refused", () => {
  it("is mended by the merge that the refusal says to make", async () => {
    using twin = ready.copy();
    addCarol(twin);
    const bad = commitAs(twin, null, "Add carol");
    const [said = ""] = await unsigned(twin);
    const [, from = "", to = ""] = /git switch --detach (\w+) && git merge --no-ff -S (\w+)/.exec(said) ?? [];
    twin.git("switch", "--quiet", "--detach", from);
    mergeAs(twin, keys.ann, to);
    expect(bad.startsWith(to)).toBe(true);
    expect(await unsigned(twin)).toEqual([]);
    expect((await reconcile(twin)).code).toBe(0);
  });

  it("stays refused under what CI signs meanwhile, and what was carried out last goes on", async () => {
    using twin = ready.copy();
    addCarol(twin);
    const bad = commitAs(twin, null, "Add carol");
    setUpCi(twin, keys.ci);
    const later = "2026-12-15T12:00:00Z";
    expect(await twin.run("reconcile", "--commit", "--now", later)).toMatchObject({ code: 1 });
    expect(twin.git("log", "-1", "--format=%s")).toContain("CRL");
    const { refusals } = (await planAt(twin, null, null, later)).plan;
    expect(refusals.map(({ message }) => message)).toEqual([expect.stringContaining(bad.slice(0, 12))]);
    expect(twin.list("pki/issued")).not.toContain("carol.crt");
  });
});

describe("reconcile --commit", () => {
  it("signs nothing where git would not sign its commit", async () => {
    using twin = ready.copy();
    addCarol(twin);
    commitAs(twin, keys.ann, "Add carol");
    const before = twin.fingerprint("pki");
    const { code, stderr } = await reconcile(twin, "--commit");
    expect(code).toBe(1);
    expect(stderr).toContain("git config commit.gpgsign true");
    expect(twin.fingerprint("pki")).toEqual(before);
  });

  it("takes a commit back that is signed by a key nobody listed", async () => {
    using twin = ready.copy();
    addCarol(twin);
    const before = commitAs(twin, keys.ann, "Add carol");
    setUpCi(twin, keys.mallory);
    const { code, stderr } = await reconcile(twin, "--commit");
    expect(code).toBe(1);
    expect(stderr).toContain("state@gatehouse");
    expect(head(twin)).toBe(before);
    setUpCi(twin, keys.ci);
    expect(await reconcile(twin, "--commit")).toMatchObject({ code: 0 });
  });
});

it("a clone that is too shallow to judge says so", async () => {
  using twin = ready.copy();
  const clone = twin.beside("shallow");
  execFileSync("git", ["clone", "--quiet", "--depth=1", `file://${twin.root}`, clone], { env: environment() });
  const options = { now: instant(LATER), checkClock: false, allowLosses: null, head: null, base: null };
  const { plan } = await preview({ root: clone, ...options });
  expect(plan.refusals).toEqual([{ code: "Unsigned", message: expect.stringContaining("--unshallow") }]);
});
