import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificates, makeRequest, readCrl, serialOf } from "./support/judges.ts";
import { type Clients, clientsYaml, environment, Repository } from "./support/repository.ts";

const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }" };
const GROWN = { alice: "{ groups: [staff] }", carol: "{ groups: [guests] }" };
const LATER = "2026-11-22T12:00:00Z";

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(CLIENTS), null);
});
afterAll(() => ready?.[Symbol.dispose]());

/** A bare repository and two unlocked clones of it. */
function shared(): { one: Repository; two: Repository; bare: string; [Symbol.dispose](): void } {
  const one = ready.copy();
  const bare = one.beside("shared.git");
  execFileSync("git", ["clone", "--quiet", "--bare", one.root, bare], { env: environment() });
  one.git("remote", "add", "origin", bare);
  one.git("fetch", "--quiet", "origin");
  const two = one.clone();
  two.git("remote", "set-url", "origin", bare);
  two.unlock(one.exportKey());
  const dispose = () => {
    for (const clone of [one, two]) clone[Symbol.dispose]();
  };
  return { one, two, bare, [Symbol.dispose]: dispose };
}

function edit(clone: Repository, clients: Clients, message: string): void {
  clone.write("clients.yaml", clientsYaml(clients));
  clone.git("commit", "--quiet", "--all", `--message=${message}`);
  clone.git("push", "--quiet", "origin", "HEAD:main");
}

describe("reconcile --push", () => {
  it("pushes its commit", async () => {
    using both = shared();
    const { one, two } = both;
    edit(one, { ...CLIENTS, carol: "{ groups: [guests] }" }, "Add carol");
    const before = one.git("rev-parse", "--short", "origin/main").trim();
    const { code, stdout, stderr } = await one.run("reconcile", "--push");
    expect(code).toBe(0);
    const after = one.git("rev-parse", "--short", "HEAD").trim();
    expect(stderr).toContain(`Pushed to origin, main: ${before}..${after}.\n`);
    expect(stdout).not.toContain("Pushed");
    const again = await one.run("reconcile", "--push", "--json");
    expect(again.stderr).toContain(`Nothing to push: main at origin is at ${after} already.\n`);
    expect(JSON.parse(again.stdout).changes).toEqual([]);
    two.git("pull", "--quiet", "origin", "main");
    expect(two.git("log", "-2", "--format=%s")).toBe("Issue 1\nAdd carol\n");
    expect(two.read("pki/private/carol.key")).toBe(one.read("pki/private/carol.key"));
  });

  it("says what became of a first push, and of a commit that was never pushed", async () => {
    using both = shared();
    const { one, two } = both;
    one.git("checkout", "--quiet", "-b", "elsewhere");
    const first = await one.run("reconcile", "--push");
    expect(first.stderr).toMatch(/Pushed to origin, elsewhere: [0-9a-f]+, a new branch there\.\n/);
    edit(two, { ...CLIENTS, carol: "{ groups: [guests] }" }, "Add carol");
    expect((await two.run("reconcile", "--commit")).stderr).not.toMatch(/push/i);
    expect((await two.run("reconcile", "--push")).stderr).toMatch(/Pushed to origin, main: [0-9a-f]+\.\.[0-9a-f]+\.\n/);
  });

  it("starts over when main moved meanwhile: both changes are carried out, nobody twice", async () => {
    using both = shared();
    const { one, two } = both;
    edit(one, { ...CLIENTS, carol: "{ groups: [guests] }" }, "Add carol");
    two.git("pull", "--quiet", "origin", "main");
    edit(two, { ...CLIENTS, carol: "{ groups: [guests] }", dora: "{ groups: [guests] }" }, "Add dora");
    expect(await two.run("reconcile", "--push")).toMatchObject({ code: 0 });
    const late = await one.run("reconcile", "--push");
    expect(late).toMatchObject({ code: 0 });
    expect(late.stderr).toContain("starting over");
    expect(one.git("rev-parse", "HEAD")).toBe(two.git("rev-parse", "HEAD"));
    expect(
      certificates(one)
        .map(({ identity }) => identity)
        .sort(),
    ).toEqual(["alice", "bob", "carol", "dora", "pkg.example.com"]);
    expect(one.git("status", "--porcelain")).toBe("");
    expect(one.read("pki/private/dora.key")).toContain("BEGIN PRIVATE KEY");
    expect(await one.run("plan", "--detailed-exitcode")).toMatchObject({ code: 0 });
  });

  it("two at once on one edit: one commit, one certificate, one CRL", async () => {
    using both = shared();
    const { one, two } = both;
    edit(one, GROWN, "Swap bob for carol");
    two.git("pull", "--quiet", "origin", "main");
    const runs = await Promise.all([one, two].map((clone) => clone.run("reconcile", "--push")));
    expect(runs).toMatchObject([{ code: 0 }, { code: 0 }]);
    two.git("pull", "--quiet", "origin", "main");
    one.git("pull", "--quiet", "origin", "main");
    expect(one.git("rev-parse", "HEAD")).toBe(two.git("rev-parse", "HEAD"));
    expect(one.git("rev-list", "--count", "HEAD").trim()).toBe("4");
    expect([...readCrl(one).entries.keys()]).toEqual([serialOf(one, "bob")]);
    serialOf(one, "carol");
  });

  it.each([
    ["an edit of clients.yaml", (one: Repository) => one.write("clients.yaml", clientsYaml(GROWN)), "clients.yaml"],
    ["a request that git does not know yet", (one: Repository) => makeRequest(one, "dora"), "pki/reqs/dora.req"],
  ])("refuses while there is %s uncommitted, which starting over would lose", async (_, work, path) => {
    using both = shared();
    work(both.one);
    const before = both.one.fingerprint("pki");
    const { code, stderr } = await both.one.run("reconcile", "--push");
    expect(code).toBe(1);
    expect(stderr).toContain(`uncommitted changes (${path})`);
    expect(both.one.fingerprint("pki")).toEqual(before);
  });

  it("never drops a commit of the user's: it undoes its own and says what to do", async () => {
    using both = shared();
    const { one, two } = both;
    edit(two, { ...CLIENTS, dora: "{ groups: [guests] }" }, "Add dora");
    one.write("notes.txt", "mine\n");
    one.git("add", "notes.txt");
    one.git("commit", "--quiet", "--message=Notes");
    const before = one.git("rev-parse", "HEAD");
    const { code, stderr } = await one.run("reconcile", "--push");
    expect(code).toBe(1);
    expect(stderr).toContain("git pull --rebase origin main");
    expect(one.git("rev-parse", "HEAD")).toBe(before);
    one.git("pull", "--quiet", "--rebase", "origin", "main");
    expect(await one.run("reconcile", "--push")).toMatchObject({ code: 0 });
    expect(one.git("log", "-3", "--format=%s")).toBe("Issue 1\nNotes\nAdd dora\n");
  });

  it("takes up what a killed run left", async () => {
    using both = shared();
    const { one } = both;
    edit(one, GROWN, "Swap bob for carol");
    expect(await one.runWith({ GATEHOUSE_FAULT: "25" }, "reconcile", "--push")).toMatchObject({ signal: "SIGKILL" });
    expect(one.git("status", "--porcelain")).not.toBe("");
    expect(await one.run("reconcile", "--push")).toMatchObject({ code: 0 });
    expect(one.git("rev-parse", "HEAD")).toBe(one.git("rev-parse", "origin/main"));
    serialOf(one, "carol");
  });

  it.each([
    ["HEAD is detached", ["checkout", "--quiet", "--detach"], "HEAD is detached"],
    ["there is no origin", ["remote", "remove", "origin"], "there is no remote origin"],
  ])("signs nothing where %s", async (_, command, words) => {
    using both = shared();
    const { one } = both;
    edit(one, GROWN, "Swap bob for carol");
    one.git(...command);
    const before = one.fingerprint("pki");
    const { code, stderr } = await one.run("reconcile", "--push");
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(one.fingerprint("pki")).toEqual(before);
  });

  it("is refused together with --now", async () => {
    const { code, stderr } = await ready.run("reconcile", "--push", "--now", LATER);
    expect(code).toBe(1);
    expect(stderr).toContain("--now is a simulation, and is refused with --push");
  });

  it("says why when the remote cannot be reached or refuses", async () => {
    using both = shared();
    both.one.git("remote", "set-url", "origin", both.one.beside("nowhere.git"));
    both.one.write("clients.yaml", clientsYaml({ ...CLIENTS, carol: "{ groups: [guests] }" }));
    both.one.git("commit", "--quiet", "--all", "--message=Add carol");
    const { code, stderr } = await both.one.run("reconcile", "--push");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gatehouse: .*nowhere\.git/m);
    expect(stderr).not.toContain("    at ");
    serialOf(both.one, "carol");
  });
});
