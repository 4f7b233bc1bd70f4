import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificates, makeRequest, verdict } from "./support/judges.ts";
import { clientsYaml, environment, Repository } from "./support/repository.ts";

const CLIENTS = {
  alice: "{ groups: [staff] }",
  bob: "{ groups: [staff] }",
  dora: "{ groups: [guests], csr: true }",
  erin: "{ groups: [guests], lifetime: 40d }",
};
const CHANGED = clientsYaml({
  alice: "{ groups: [guests], suspended: true }",
  dora: CLIENTS.dora,
  erin: CLIENTS.erin,
  fred: "{ groups: [staff] }",
});
const THEN = "2026-12-15T12:00:00Z";

let ready: Repository;
let key: string;
/** Every program on the PATH but git-crypt. */
let barePath: string;
beforeAll(async () => {
  ready = Repository.fresh(clientsYaml(CLIENTS));
  makeRequest(ready, "dora");
  const { code, stderr } = await ready.run("start", "--now", "2026-11-21T12:00:00Z");
  if (code !== 0) throw new Error(stderr);
  ready.commit("Make the authority");
  key = ready.exportKey();
  barePath = ready.beside("bin");
  mkdirSync(barePath);
  for (const directory of (environment()["PATH"] ?? "").split(delimiter).reverse()) {
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      rmSync(join(barePath, name), { force: true });
      if (name !== "git-crypt") symlinkSync(join(directory, name), join(barePath, name));
    }
  }
});
afterAll(() => ready?.[Symbol.dispose]());

describe("plan", () => {
  it.each([[["--json"]], [[]]])(
    "says the same %j whether the clone is unlocked, locked, or opened by a variable",
    async (flags) => {
      using unlocked = ready.copy();
      using locked = ready.clone();
      unlocked.write("clients.yaml", CHANGED);
      locked.write("clients.yaml", CHANGED);
      const args = ["--now", THEN, ...flags] as const;
      const [one, two, three] = await Promise.all([
        unlocked.run("plan", ...args),
        locked.runWith({ PATH: barePath }, "plan", ...args),
        locked.runWith({ GATEHOUSE_KEY_FILE: key }, "plan", ...args),
      ]);
      expect(one).toMatchObject({ code: 0, stderr: "" });
      expect(one.stdout).toMatch(/erin/);
      expect(two).toEqual(one);
      expect(three).toEqual(one);
    },
  );

  it("differs in nothing but asOf a few seconds later", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", CHANGED);
    const [one, two] = await Promise.all(
      [THEN, "2026-12-15T12:00:09Z"].map(async (now) => (await twin.run("plan", "--json", "--now", now)).stdout),
    );
    const without = (text = "") =>
      text.replace(/"asOf": ".*"|"byTime": \{\s+"until": ".*"/g, "").replace(/"number": \d+/, "");
    expect(without(two)).toBe(without(one));
  });
});

/** Everything below a directory, and every object in git, as bytes. */
function* everything(repository: Repository, ...directories: readonly string[]): Generator<[string, Buffer]> {
  for (const directory of [repository.root, ...directories]) {
    for (const entry of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
      const file = join(directory, entry);
      if (statSync(file).isFile()) yield [file, readFileSync(file)];
    }
  }
  const how = { cwd: repository.root, env: environment(), maxBuffer: 1 << 26 };
  yield ["git's objects", execFileSync("git", ["cat-file", "--batch-all-objects", "--batch"], how)];
}

describe("reconcile in a locked clone", () => {
  it.each(["GATEHOUSE_KEY_FILE", "GATEHOUSE_KEY"])(
    "with %s alone writes keys as ciphertext, and the plaintext is nowhere on the disk",
    async (variable) => {
      using locked = ready.clone();
      locked.write("clients.yaml", CHANGED);
      const temporary = locked.beside("tmp");
      mkdirSync(temporary);
      const value = variable === "GATEHOUSE_KEY" ? readFileSync(key).toString("base64") : key;
      const variables = { [variable]: value, TMPDIR: temporary, PATH: barePath };
      const { code, stdout, stderr } = await locked.runWith(variables, "reconcile", "--commit", "--now", THEN);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stdout + stderr).not.toContain("PRIVATE KEY");
      expect(locked.git("status", "--porcelain")).toBe("");

      using unlocked = locked.clone();
      unlocked.unlock(key);
      const body = unlocked.read("pki/private/fred.key").split("\n")[1] ?? "";
      expect(body).toMatch(/^[A-Za-z0-9+/]{64}$/);
      const der = Buffer.from(body, "base64").subarray(0, 45);
      for (const [where, bytes] of everything(locked, temporary)) {
        expect(bytes.includes(body) || bytes.includes(der), where).toBe(false);
      }
      expect(verdict(unlocked, "pki/issued/fred.crt", THEN)).toBe("OK");
      expect(await unlocked.run("plan", "--now", THEN, "--detailed-exitcode")).toMatchObject({ code: 0 });
      expect(await unlocked.run("reconcile", "--now", THEN)).toMatchObject({ code: 0 });
      expect(unlocked.git("status", "--porcelain")).toBe("");
    },
  );

  it("without a key signs nothing, changes nothing, and says how to unlock", async () => {
    using locked = ready.clone();
    locked.write("clients.yaml", CHANGED);
    const before = locked.fingerprint("pki");
    const { code, stderr } = await locked.run("reconcile", "--now", THEN);
    expect(code).toBe(1);
    expect(stderr).toContain("git-crypt unlock KEYFILE");
    expect(stderr).toContain("GATEHOUSE_KEY_FILE");
    expect(locked.fingerprint("pki")).toEqual(before);
  });

  it("without a key carries out what needs none: a change of groups", async () => {
    using locked = ready.clone();
    locked.write("clients.yaml", clientsYaml({ ...CLIENTS, bob: "{ groups: [guests] }" }));
    expect(await locked.run("reconcile", "--now", "2026-11-22T12:00:00Z")).toMatchObject({ code: 0 });
    expect(locked.git("diff", "--name-only")).toContain("pki/registry.yaml");
  });

  it("with another repository's key changes nothing", async () => {
    using other = await Repository.ready(clientsYaml({}));
    using locked = ready.clone();
    locked.write("clients.yaml", CHANGED);
    const before = locked.fingerprint("pki");
    const variables = { GATEHOUSE_KEY_FILE: other.exportKey() };
    const { code, stderr } = await locked.runWith(variables, "reconcile", "--now", THEN);
    expect(code).toBe(1);
    expect(stderr).toContain("the git-crypt key does not open this");
    expect(locked.fingerprint("pki")).toEqual(before);
  });

  it.each([
    ["a file that is not there", { GATEHOUSE_KEY_FILE: "/nowhere/gatehouse.key" }, "names a file that is not there"],
    ["something that is no key", { GATEHOUSE_KEY: "s3cret, s3cret!" }, "GATEHOUSE_KEY"],
  ])("with %s says so, and repeats nothing of a secret", async (_, variables, words) => {
    using locked = ready.clone();
    locked.write("clients.yaml", CHANGED);
    const { code, stderr } = await locked.runWith(variables, "reconcile", "--now", THEN);
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("s3cret");
  });

  it("start shows the status, whatever the clock says, and issues nothing", async () => {
    using locked = ready.clone();
    const { code, stdout, stderr } = await locked.runWith({ PATH: barePath }, "start", "--now", THEN);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain("alice");
    expect(certificates(locked)).toHaveLength(5);
    expect(existsSync(locked.at(".git/gatehouse/lock"))).toBe(false);
  });

  it("status says the same as in the unlocked clone", async () => {
    using locked = ready.clone();
    const [one, two] = await Promise.all([
      ready.run("status", "--json", "--now", THEN),
      locked.runWith({ PATH: barePath }, "status", "--json", "--now", THEN),
    ]);
    expect([two.code, two.stdout]).toEqual([0, one.stdout]);
    // Only who holds the key can lose it.
    expect([one.stderr, two.stderr]).toEqual([expect.stringContaining("Save git-crypt's key"), ""]);
  });
});
