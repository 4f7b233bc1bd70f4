import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRequest, serialOf } from "./support/judges.ts";
import { type Clients, clientsYaml, environment, Repository } from "./support/repository.ts";

const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }" };
const GROWN = { alice: "{ groups: [staff] }", carol: "{ groups: [guests] }" };

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
    // Where the filter alone is gone, reconcile may as well set it up again.
    if (code !== 0) expect(stderr).toMatch(/pki\/private\/\S+: .*; nothing was committed/);
    else expect(twin.git("rev-parse", "HEAD")).not.toBe(ready.git("rev-parse", "HEAD"));
    for (const path of twin.git("ls-files", "pki/private").trim().split("\n"))
      expect(blob(twin, `:${path}`).subarray(0, 10).toString("latin1"), path).toBe("\0GITCRYPT\0");
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
