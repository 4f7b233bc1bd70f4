import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseKeyFile } from "../../scripts/vault/key-file.ts";
import { isSealed, open } from "../../scripts/vault/seal.ts";
import { committed } from "../vault/git-crypt.ts";
import { clientsYaml, NOON, Repository, runProgram } from "./support/repository.ts";

const REGISTRY = clientsYaml({ alice: "{ groups: [staff] }" });
const CA_KEY = "pki/private/ca.key";
const KEYS = [CA_KEY, "pki/private/alice.key"];

let ready: Repository;
let keyFile: string;
/** Only git and what filter.sh wants: no git-crypt. */
let barePath: string;
beforeAll(async () => {
  ready = await Repository.ready(REGISTRY);
  keyFile = ready.exportKey();
  barePath = ready.beside("bin");
  mkdirSync(barePath);
  symlinkSync((await runProgram("/bin/sh", ["-c", "command -v git"])).stdout.trim(), join(barePath, "git"));
});
afterAll(() => ready?.[Symbol.dispose]());

const sealed = (repository: Repository, path = CA_KEY) => isSealed(readFileSync(repository.at(path)));
const clean = (repository: Repository) => expect(repository.git("status", "--porcelain")).toBe("");
const keyOf = (file: string) => parseKeyFile(readFileSync(file));

/** What a killed unlock leaves of the authority's key: so many bytes of plaintext, and the rest of the ciphertext. */
function torn(at: number): Buffer {
  return Buffer.concat([Buffer.from(ready.read(CA_KEY)).subarray(0, at), committed(ready.root, CA_KEY).subarray(at)]);
}

describe("unlock", () => {
  it("opens every key, without git-crypt, for the owner alone", async () => {
    using clone = ready.clone();
    expect(await clone.runWith({ PATH: barePath }, "unlock", "--key-file", keyFile)).toMatchObject({ code: 0 });
    for (const path of KEYS) {
      expect(clone.read(path)).toBe(ready.read(path));
      expect(statSync(clone.at(path)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(clone.at("pki/private")).mode & 0o777).toBe(0o700);
    clean(clone);
    expect(clone.git("config", "filter.git-crypt.required")).toBe("true\n");
    expect(await clone.run("reconcile", "--now", NOON)).toMatchObject({ code: 0 });
    expect(await clone.run("unlock")).toMatchObject({ code: 0, stderr: expect.stringContaining("nothing to open") });
  });

  it("with a key in the environment alone, from a subdirectory", async () => {
    using clone = ready.clone();
    const script = new URL("../../scripts/unlock.ts", import.meta.url).pathname;
    const inside = ["-c", 'cd "$1" && exec "$2" "$3"', "sh", clone.at("pki/private"), process.execPath, script];
    expect(await runProgram("/bin/sh", inside, { GATEHOUSE_KEY_FILE: keyFile })).toMatchObject({ code: 0 });
    expect(sealed(clone)).toBe(false);
  });

  it("with a wrong key, or none, changes nothing and says so", async () => {
    using other = await Repository.ready(clientsYaml({}));
    using clone = ready.clone();
    const before = clone.fingerprint("pki");
    const wrong = await clone.run("unlock", "--key-file", other.exportKey());
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("it is another repository's") });
    const none = await clone.run("unlock");
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("npm run unlock -- --key-file KEYFILE") });
    expect(clone.fingerprint("pki")).toEqual(before);
    expect(existsSync(clone.at(".git/git-crypt"))).toBe(false);
  });

  it("keeps what was issued in the locked clone and is not committed yet", async () => {
    using clone = ready.clone();
    clone.write("clients.yaml", clientsYaml({ alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" }));
    await clone.runWith({ GATEHOUSE_KEY_FILE: keyFile }, "reconcile", "--now", NOON);
    expect(sealed(clone, "pki/private/bob.key")).toBe(true);
    expect(await clone.run("unlock", "--key-file", keyFile)).toMatchObject({ code: 0 });
    expect(clone.read("pki/private/bob.key")).toContain("PRIVATE KEY");
    clone.commit("bob");
    expect(isSealed(committed(clone.root, "pki/private/bob.key"))).toBe(true);
  });

  it.each([
    ["before", () => committed(ready.root, CA_KEY)],
    ["in the middle of", () => torn(100)],
    ["at the end of", () => torn(ready.read(CA_KEY).length)],
  ])("finishes what was killed %s a file", async (_, left) => {
    using half = ready.copy();
    half.write(CA_KEY, left());
    expect(await half.run("unlock")).toMatchObject({ code: 0 });
    expect(half.read(CA_KEY)).toBe(ready.read(CA_KEY));
    clean(half);
  });
});

describe("lock", () => {
  it("puts ciphertext into the tree, takes the key away, and leaves git's filter", async () => {
    using clone = ready.clone();
    await clone.run("unlock", "--key-file", keyFile);
    expect(await clone.run("start", "--now", NOON, "--exported", keyFile)).toMatchObject({ code: 0 });
    expect(await clone.run("lock")).toMatchObject({ code: 0 });
    for (const path of KEYS) expect(sealed(clone, path)).toBe(true);
    expect(existsSync(clone.at(".git/git-crypt/keys/default"))).toBe(false);
    expect(existsSync(clone.at(".git/gatehouse/unsaved-keys"))).toBe(false);
    clean(clone);
    clone.write("pki/private/new.key", "secret");
    expect(() => clone.git("add", "pki/private/new.key")).toThrow("the vault is locked");
  });

  it("puts a key aside that nobody has saved, and unlock finds it", async () => {
    using twin = ready.copy();
    const { stderr } = await twin.run("lock");
    expect(stderr).toContain("Nobody has confirmed that git-crypt's key is saved");
    expect(sealed(twin)).toBe(true);
    expect(await twin.run("unlock")).toMatchObject({ code: 0 });
    expect(twin.read(CA_KEY)).toBe(ready.read(CA_KEY));
  });

  it.each([
    ["a changed key", "pki/private/alice.key"],
    ["a key that git does not know", "pki/private/new.key"],
  ])("is refused with %s", async (_, path) => {
    using twin = ready.copy();
    twin.write(path, "-----BEGIN PRIVATE KEY-----\n");
    const { code, stderr } = await twin.run("lock");
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(path) });
    expect(sealed(twin)).toBe(false);
    expect(twin.read(path)).toBe("-----BEGIN PRIVATE KEY-----\n");
  });

  it("and unlock reach linked worktrees", async () => {
    using twin = ready.copy();
    const linked = twin.beside("linked");
    twin.git("worktree", "add", "--quiet", linked);
    expect(readFileSync(join(linked, CA_KEY), "utf8")).toBe(ready.read(CA_KEY));
    writeFileSync(join(linked, CA_KEY), "changed");
    expect(await twin.run("lock")).toMatchObject({ code: 1, stderr: expect.stringContaining(linked) });
    writeFileSync(join(linked, CA_KEY), ready.read(CA_KEY));
    expect(await twin.run("lock")).toMatchObject({ code: 0 });
    expect(isSealed(readFileSync(join(linked, CA_KEY)))).toBe(true);
    await twin.run("unlock", "--key-file", keyFile);
    expect(readFileSync(join(linked, CA_KEY), "utf8")).toBe(ready.read(CA_KEY));
  });
});

describe("rekey", () => {
  it("seals everything anew in one commit, which the old key does not open", async () => {
    using twin = ready.copy();
    await twin.run("start", "--now", NOON, "--exported", keyFile);
    const exported = twin.beside("new.key");
    const { code, stderr } = await twin.run("rekey", "--export", exported);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(twin.git("rev-list", "--count", "HEAD").trim()).toBe("3");
    for (const path of KEYS) {
      expect(open(keyOf(exported), committed(twin.root, path)).toString()).toBe(ready.read(path));
      expect(() => open(keyOf(keyFile), committed(twin.root, path))).toThrow("another key");
      expect(twin.read(path)).toBe(ready.read(path));
    }
    clean(twin);
    expect((await twin.run("check", "--now", NOON)).stdout).toContain("KeyNotExported");
    expect(twin.git("diff", "--name-only", "HEAD~1").replaceAll(/^pki\/private\/.*\n/gm, "")).toBe("");

    using clone = twin.clone();
    expect(await clone.run("unlock", "--key-file", keyFile)).toMatchObject({ code: 1 });
    expect(await clone.run("unlock", "--key-file", exported)).toMatchObject({ code: 0 });
    clean(clone);
  });

  it("reaches a clone that is unlocked with the old key", async () => {
    using twin = ready.copy();
    using colleague = twin.clone();
    await colleague.run("unlock", "--key-file", keyFile);
    const exported = twin.beside("new.key");
    await twin.run("rekey", "--export", exported);
    colleague.git("pull", "--quiet");
    expect(sealed(colleague)).toBe(true);
    clean(colleague);
    expect((await colleague.run("check", "--now", NOON)).stdout).toContain("HalfUnlocked");
    expect(await colleague.run("unlock", "--key-file", exported)).toMatchObject({ code: 0 });
    expect(colleague.read(CA_KEY)).toBe(ready.read(CA_KEY));
    clean(colleague);
    colleague.git("checkout", "--quiet", "HEAD~1");
    colleague.git("checkout", "--quiet", "main");
    clean(colleague);
  });

  it("leaves everything as it was when the commit is refused", async () => {
    using twin = ready.copy();
    const hook = twin.at(".git/hooks/pre-commit");
    mkdirSync(twin.at(".git/hooks"), { recursive: true });
    writeFileSync(hook, "#!/bin/sh\necho not today >&2\nexit 1\n", { mode: 0o755 });
    const before = twin.git("rev-parse", "HEAD", "HEAD^{tree}");
    expect(await twin.run("rekey")).toMatchObject({ code: 1, stderr: expect.stringContaining("not today") });
    expect(twin.git("rev-parse", "HEAD", "HEAD^{tree}")).toBe(before);
    clean(twin);
    expect(readFileSync(twin.at(".git/git-crypt/keys/default")).equals(readFileSync(keyFile))).toBe(true);
  });

  it("works in a locked clone, where the new key must be written somewhere", async () => {
    using clone = ready.clone();
    const variables = { GATEHOUSE_KEY_FILE: keyFile };
    expect(await clone.runWith(variables, "rekey")).toMatchObject({ code: 1 });
    const exported = clone.beside("new.key");
    expect(await clone.runWith(variables, "rekey", "--export", exported)).toMatchObject({ code: 0 });
    for (const path of KEYS) {
      expect(sealed(clone, path)).toBe(true);
      expect(open(keyOf(exported), committed(clone.root, path)).toString()).toBe(ready.read(path));
    }
    clean(clone);
    const body = ready.read(CA_KEY).split("\n")[1] ?? "";
    expect(body.length).toBe(64);
    expect((await runProgram("grep", ["-rlF", body, clone.root])).stdout).toBe("");
    expect(clone.git("cat-file", "--batch-all-objects", "--batch")).not.toContain(body);
  });

  it("is refused with changes that are not committed, or without the key", async () => {
    using twin = ready.copy();
    twin.write("pki/private/alice.key", "changed");
    expect(await twin.run("rekey")).toMatchObject({ code: 1, stderr: expect.stringContaining("alice.key") });
    using clone = ready.clone();
    expect(await clone.run("rekey")).toMatchObject({ code: 1, stderr: expect.stringContaining("npm run unlock") });
  });
});
