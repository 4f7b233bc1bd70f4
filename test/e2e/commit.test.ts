import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
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

function blob(repository: Repository, revision: string): Buffer {
  return execFileSync("git", ["cat-file", "blob", revision], { cwd: repository.root, env: environment() });
}

describe("reconcile --commit", () => {
  it("makes one commit that says in words what was done, and leaves a clean tree", async () => {
    using twin = ready.copy();
    const bob = serialOf(twin, "bob");
    twin.write("clients.yaml", clientsYaml(GROWN));
    expect(await twin.run("reconcile", "--commit", "--allow-losses", "1")).toMatchObject({ code: 0 });
    expect(twin.git("rev-list", "--count", "HEAD").trim()).toBe("3");
    const message = twin.git("log", "-1", "--format=%B");
    expect(message).toMatch(/^Issue 1, revoke 1, sign the CRL\n\n/);
    expect(message).toContain("+ carol: it has no valid certificate");
    expect(message).toContain(`- bob ${bob}: no longer in the registry`);
    expect(twin.git("status", "--porcelain")).toBe("");
    expect(twin.git("show", "--name-only", "--format=", "HEAD").split("\n")).toContain("clients.yaml");
  });

  it("commits keys as ciphertext, which a clone reads once it is unlocked with the exported key", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", clientsYaml({ ...CLIENTS, carol: "{ groups: [guests] }" }));
    await twin.run("reconcile", "--commit");
    const keys = twin.git("ls-files", "pki/private").trim().split("\n");
    expect(keys).toContain("pki/private/carol.key");
    for (const path of keys) expect(blob(twin, `HEAD:${path}`).subarray(0, 10).toString("latin1")).toBe("\0GITCRYPT\0");
    using clone = twin.clone();
    clone.unlock(twin.exportKey());
    for (const path of keys) expect(clone.read(path)).toBe(twin.read(path));
    expect(await clone.run("plan", "--detailed-exitcode")).toMatchObject({ code: 0 });
    expect(await clone.run("reconcile")).toMatchObject({ code: 0 });
    expect(clone.git("status", "--porcelain")).toBe("");
  });

  it("a quiet run commits nothing", async () => {
    using twin = ready.copy();
    expect(await twin.run("reconcile", "--commit")).toMatchObject({ code: 0 });
    expect(twin.git("rev-parse", "HEAD")).toBe(ready.git("rev-parse", "HEAD"));
  });

  it("takes up pki/ and clients.yaml and nothing else of what lies about", async () => {
    using twin = ready.copy();
    twin.write("notes.txt", "mine\n");
    twin.write("staged.txt", "mine too\n");
    twin.git("add", "staged.txt");
    makeRequest(twin, "dora");
    twin.write("clients.yaml", clientsYaml({ ...CLIENTS, dora: "{ groups: [guests], csr: true }" }));
    expect(await twin.run("reconcile", "--commit")).toMatchObject({ code: 0 });
    expect(twin.git("status", "--porcelain").trim().split("\n").sort()).toEqual(["?? notes.txt", "A  staged.txt"]);
    expect(twin.git("ls-tree", "--name-only", "HEAD", "pki/reqs/").trim()).toBe("pki/reqs/dora.req");
  });

  it("commits what an earlier run made and did not commit", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", clientsYaml({ ...CLIENTS, carol: "{ groups: [guests] }" }));
    await twin.run("reconcile");
    expect(await twin.run("reconcile", "--commit")).toMatchObject({ code: 0 });
    expect(twin.git("status", "--porcelain")).toBe("");
  });

  it.each([
    ["has errors", "{ groups: [stuff] }", "stuff"],
    ["is refused as a whole", "{ groups: [staff], suspended: true }", "LastSensitiveClient"],
  ])("does not commit a clients.yaml that %s; what is due is committed all the same", async (_, entry, words) => {
    using twin = ready.copy();
    const sensitive = (clients: Clients) =>
      clientsYaml(clients).replace("[pkg, files] }", "[pkg, files], sensitive: true }");
    twin.write("clients.yaml", sensitive({ alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" }));
    await twin.run("reconcile", "--commit", "--allow-losses", "1");
    twin.write("clients.yaml", sensitive({ alice: entry, bob: "{ groups: [guests] }" }));
    const now = new Date(Date.now() + 20 * 86_400_000).toISOString();
    const { code, stdout, stderr } = await twin.run("reconcile", "--commit", "--now", now);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(words);
    expect(twin.git("status", "--porcelain").trim()).toBe("M clients.yaml");
    expect(twin.git("log", "-1", "--format=%s").trim()).toBe("Sign the CRL");
  });

  it.each([
    ["without .gitattributes", (twin: Repository) => twin.git("rm", "--quiet", ".gitattributes")],
    ["without git-crypt's filter", (twin: Repository) => twin.git("config", "--remove-section", "filter.git-crypt")],
    [
      "with attributes that switch the filter off",
      (twin: Repository) => twin.write(".git/info/attributes", "pki/private/** -filter\n"),
    ],
  ])("commits no key in the clear %s", async (_, work) => {
    using twin = ready.copy();
    work(twin);
    twin.write("clients.yaml", clientsYaml({ ...CLIENTS, carol: "{ groups: [guests] }" }));
    const { code, stderr } = await twin.run("reconcile", "--commit");
    expect(code).toBe(1);
    expect(stderr).toMatch(/pki\/private\/\S+: .*; nothing was committed/);
    expect(twin.git("rev-parse", "HEAD")).toBe(ready.git("rev-parse", "HEAD"));
    expect(twin.git("diff", "--cached", "--name-only", "--", "pki")).toBe("");
  });

  it("what it starts, such as a hook, sees nothing of the keys in its environment", async () => {
    using twin = ready.copy();
    const key = twin.exportKey();
    const seen = twin.beside("seen");
    twin.write(".git/hooks/pre-commit", `#!/bin/sh\nenv > '${seen}'\n`);
    chmodSync(twin.at(".git/hooks/pre-commit"), 0o755);
    twin.write("clients.yaml", clientsYaml({ ...CLIENTS, carol: "{ groups: [guests] }" }));
    const variables = { GATEHOUSE_KEY_FILE: key, GATEHOUSE_KEY: readFileSync(key).toString("base64") };
    expect(await twin.runWith(variables, "reconcile", "--commit")).toMatchObject({ code: 0 });
    expect(readFileSync(seen, "utf8")).toContain("PATH=");
    expect(readFileSync(seen, "utf8")).not.toContain("GATEHOUSE");
  });
});

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
  const dispose = () => [one, two].forEach((clone) => clone[Symbol.dispose]());
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
    expect(await one.run("reconcile", "--push")).toMatchObject({ code: 0 });
    two.git("pull", "--quiet", "origin", "main");
    expect(two.git("log", "-2", "--format=%s")).toBe("Issue 1\nAdd carol\n");
    expect(two.read("pki/private/carol.key")).toBe(one.read("pki/private/carol.key"));
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
