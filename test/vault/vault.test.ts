import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commonDirectory } from "../../scripts/system/checkout.ts";
import { writeFiles } from "../../scripts/system/files.ts";
import { confirmExport, EXPORT_HINT, initVault, isExportConfirmed } from "../../scripts/vault/init.ts";
import { keyFingerprint } from "../../scripts/vault/key-file.ts";
import { isSealed, open } from "../../scripts/vault/seal.ts";
import { openVault } from "../../scripts/vault/vault.ts";
import { repository, run, scratch } from "../system/scratch.ts";
import { cloneLocked, committed, unlockedRepository } from "./git-crypt.ts";

const SECRET = "-----BEGIN PRIVATE KEY-----\nnot really\n-----END PRIVATE KEY-----\n";
const CA_KEY = "pki/private/ca.key";

/** An unlocked repository with an authority's key committed, and a locked clone of it. */
async function pair() {
  const made = unlockedRepository();
  await writeFiles(made.root, [{ path: CA_KEY, data: openVault(made.root, {}).forTree(Buffer.from(SECRET)) }]);
  run(made.root, "git", "add", "--all");
  run(made.root, "git", "commit", "--quiet", "-m", "authority");
  return { ...made, clone: cloneLocked(made.root), encoded: readFileSync(made.keyFile).toString("base64") };
}

describe("an unlocked tree", () => {
  test("holds plaintext, and git stores ciphertext that the exported key opens in a clone", async () => {
    const { root, key, keyFile, clone } = await pair();
    expect(openVault(root, {})).toMatchObject({ state: "unlocked", treeUnlocked: true });
    expect(openVault(root, {}).read(CA_KEY).toString()).toBe(SECRET);
    expect(open(key, committed(root, CA_KEY)).toString()).toBe(SECRET);
    expect(isSealed(readFileSync(join(clone, CA_KEY)))).toBe(true);
    run(clone, "git-crypt", "unlock", keyFile);
    expect(openVault(clone, {}).read(CA_KEY).toString()).toBe(SECRET);
  });

  test("is unlocked before its first key too", () => {
    const { root } = unlockedRepository();
    expect(openVault(root, {})).toMatchObject({ state: "unlocked", treeUnlocked: true });
  });

  test("with keys still sealed is half unlocked: reading works, writing would seal twice", async () => {
    const { root, clone, keyFile } = await pair();
    run(clone, "git-crypt", "unlock", keyFile);
    writeFileSync(join(clone, CA_KEY), committed(root, CA_KEY));
    const vault = openVault(clone, {});
    expect(vault.treeUnlocked).toBe(false);
    expect(vault.read(CA_KEY).toString()).toBe(SECRET);
    expect(() => vault.forTree(Buffer.from("new"))).toThrow("sealed twice");
  });

  test("is the same from a linked worktree", async () => {
    const { root } = await pair();
    const linked = join(scratch(), "linked");
    run(root, "git", "worktree", "add", "--quiet", "--no-checkout", linked);
    expect(openVault(linked, {})).toMatchObject({ state: "unlocked" });
  });
});

describe("a locked clone", () => {
  test("without a key says how to unlock", async () => {
    const { clone } = await pair();
    const vault = openVault(clone, {});
    expect(vault).toMatchObject({ state: "locked", treeUnlocked: false, key: null });
    expect(() => vault.read(CA_KEY)).toThrow("the vault is locked");
    expect(() => vault.forTree(Buffer.from("x"))).toThrow("the vault is locked");
    await expect(initVault(clone, {})).rejects.toThrow("but it is locked");
  });

  test.each(["GATEHOUSE_KEY", "GATEHOUSE_KEY_FILE"])(
    "with %s reads keys, and writes ones that git stores as they are",
    async (name) => {
      const { clone, encoded, keyFile } = await pair();
      const vault = openVault(clone, { [name]: name === "GATEHOUSE_KEY" ? encoded : keyFile });
      expect(vault).toMatchObject({ state: "unlocked", treeUnlocked: false });
      expect(vault.read(CA_KEY).toString()).toBe(SECRET);
      await writeFiles(clone, [{ path: "pki/private/x.key", data: vault.forTree(Buffer.from("new")) }]);
      run(clone, "git", "add", "--all");
      run(clone, "git", "commit", "--quiet", "-m", "x");
      expect(committed(clone, "pki/private/x.key").equals(readFileSync(join(clone, "pki/private/x.key")))).toBe(true);
      run(clone, "git-crypt", "unlock", keyFile);
      expect(readFileSync(join(clone, "pki/private/x.key"), "utf8")).toBe("new");
    },
  );

  test("is seen as locked by any key when the authority's own is elsewhere", async () => {
    const { root, clone } = await pair();
    mkdirSync(join(clone, "pki/private/by_serial"));
    writeFileSync(join(clone, "pki/private/by_serial/4A.key"), committed(root, CA_KEY));
    rmSync(join(clone, CA_KEY));
    expect(openVault(clone, {}).state).toBe("locked");
  });

  test("with another repository's key says so, with the path and not the key", async () => {
    const { clone } = await pair();
    const other = unlockedRepository();
    const vault = openVault(clone, { GATEHOUSE_KEY_FILE: other.keyFile });
    expect(() => vault.read(CA_KEY)).toThrow(/^pki\/private\/ca.key: .*another key/);
  });
});

describe("keys in the environment", () => {
  const ENCODED = Buffer.from("\0GITCRYPTKEY something secret").toString("base64");
  test.each([
    ["is not base64", { GATEHOUSE_KEY: "not base64!" }],
    ["not a git-crypt key file", { GATEHOUSE_KEY: ENCODED }],
    ["not there", { GATEHOUSE_KEY_FILE: "/nowhere/key" }],
  ])("that are no keys are refused (%s) without a byte of them", (message, environment) => {
    const attempt = () => openVault(repository(), environment);
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/secret|c29tZ/);
  });

  test("that differ from the repository's own are refused", () => {
    const one = unlockedRepository();
    const other = unlockedRepository();
    expect(() => openVault(one.root, { GATEHOUSE_KEY_FILE: other.keyFile })).toThrow("two different keys");
    expect(openVault(one.root, { GATEHOUSE_KEY_FILE: one.keyFile }).state).toBe("unlocked");
  });

  test("may be wrapped, as base64 prints them", () => {
    const { keyFile } = unlockedRepository();
    const wrapped = run("/", "base64", keyFile);
    expect(wrapped.trim()).toContain("\n");
    expect(openVault(repository(), { GATEHOUSE_KEY: wrapped }).state).toBe("unlocked");
  });
});

describe("initVault", () => {
  test("makes a key once, with git-crypt's own filter", async () => {
    const root = repository();
    expect(openVault(root, {}).state).toBe("absent");
    expect(() => openVault(root, {}).forTree(Buffer.from("x"))).toThrow("no git-crypt key yet");
    expect(await initVault(root, {})).toBe(true);
    expect(await initVault(root, {})).toBe(false);
    expect(run(root, "git", "config", "filter.git-crypt.clean")).toContain("git-crypt");
    expect(openVault(root, {})).toMatchObject({ state: "unlocked", treeUnlocked: true });
  });

  test("makes none where the environment brings one", async () => {
    const root = repository();
    const { keyFile } = unlockedRepository();
    expect(await initVault(root, { GATEHOUSE_KEY_FILE: keyFile })).toBe(false);
  });
});

test("the confirmation that a key was exported is about that key only", () => {
  const { root, key } = unlockedRepository();
  const common = commonDirectory(root);
  expect(isExportConfirmed(common, keyFingerprint(key))).toBe(false);
  confirmExport(common, keyFingerprint(key));
  expect(isExportConfirmed(common, keyFingerprint(key))).toBe(true);
  expect(isExportConfirmed(common, keyFingerprint(unlockedRepository().key))).toBe(false);
});

test("the hint to export the key is a command that works, and writes outside the clone", async () => {
  const around = scratch();
  const root = join(around, "clone");
  mkdirSync(root);
  await initVault(repository(root), {});
  run(root, "sh", "-c", EXPORT_HINT);
  expect(openVault(repository(), { GATEHOUSE_KEY_FILE: join(around, "gatehouse.key") }).state).toBe("unlocked");
});
