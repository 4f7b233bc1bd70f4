import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { installFilter, isConfigured } from "../../scripts/vault/install.ts";
import { isSealed, open, seal } from "../../scripts/vault/seal.ts";
import { run } from "../system/scratch.ts";
import { KEY, lockedClone, open1, SECRET, status, tree } from "./filtered.ts";
import { attempt, cloneLocked, commitFile, committed, unlockedRepository } from "./git-crypt.ts";

describe("with the key", () => {
  test.each([0, 1, 16, 5 * 1024 * 1024])("%i bytes become git-crypt's blob, which git-crypt opens", async (size) => {
    const { root, key, keyFile } = await open1();
    const plaintext = randomBytes(size);
    commitFile(root, "pki/private/y.key", plaintext);
    expect(committed(root, "pki/private/y.key").equals(seal(key, plaintext))).toBe(true);
    const clone = cloneLocked(root);
    run(clone, "git-crypt", "unlock", keyFile);
    expect(tree(clone, "pki/private/y.key").equals(plaintext)).toBe(true);
    expect(status(clone)).toBe("");
  });

  test("what git-crypt committed is checked out as plaintext, many at once", async () => {
    const { root, keyFile } = unlockedRepository();
    mkdirSync(join(root, "pki/private"), { recursive: true });
    for (let at = 0; at < 40; at += 1) writeFileSync(join(root, `pki/private/${at}.key`), `${SECRET}${at}`);
    run(root, "git", "add", "--all");
    run(root, "git", "commit", "--quiet", "-m", "keys");
    const clone = await lockedClone(root);
    run(clone, "git-crypt", "unlock", keyFile);
    for (let at = 0; at < 40; at += 1) expect(tree(clone, `pki/private/${at}.key`).toString()).toBe(`${SECRET}${at}`);
    expect(status(clone)).toBe("");
  });

  test("ciphertext is not sealed twice", async () => {
    const { root, key } = await open1();
    writeFileSync(join(root, "pki/private/y.key"), seal(key, Buffer.from(SECRET)));
    const { status: code, said } = attempt(root, "add", "pki/private/y.key");
    expect(code).not.toBe(0);
    expect(said).toContain("pki/private/y.key: is ciphertext already, and would be sealed twice; run: npm run unlock");
  });

  test("another key's ciphertext is found by the HMAC, and said so", async () => {
    const { root } = await open1();
    writeFileSync(join(root, "pki/private/y.key"), seal(unlockedRepository().key, Buffer.from(SECRET)));
    const { status: code, said } = attempt(root, "add", "pki/private/y.key");
    expect(code).not.toBe(0);
    expect(said).toContain("another key has sealed it, or it was changed since");
  });

  test("a blob of another key is checked out as it is, with a word, and is no change", async () => {
    const { root, key } = await open1();
    const foreign = seal(unlockedRepository().key, Buffer.from(SECRET));
    const clone = await lockedClone(root);
    commitFile(clone, KEY, foreign);
    const { status: code, said } = attempt(root, "pull", "--quiet", clone, "HEAD");
    expect(code).toBe(0);
    expect(said).toContain(`gatehouse: ${KEY}: stays ciphertext: another key has sealed it`);
    expect(tree(root).equals(foreign)).toBe(true);
    run(root, "touch", KEY);
    expect(status(root)).toBe("");
    commitFile(clone, KEY, seal(key, Buffer.from("mended")));
    run(root, "git", "pull", "--quiet", clone, "HEAD");
    expect(tree(root).toString()).toBe("mended");
  });
});

describe("locked", () => {
  test("plaintext is refused, with what to do", async () => {
    const clone = await lockedClone((await open1()).root);
    writeFileSync(join(clone, "pki/private/y.key"), SECRET);
    const { status: code, said } = attempt(clone, "add", "pki/private/y.key");
    expect(code).not.toBe(0);
    expect(said).toContain(
      "gatehouse: pki/private/y.key: is not encrypted, and the vault is locked: git would store it in the clear; run: npm run unlock, then add it again",
    );
    expect(run(clone, "git", "ls-files", "pki/private")).toBe(`${KEY}\n`);
  });

  test("so it is under git-crypt's header", async () => {
    const clone = await lockedClone((await open1()).root);
    const text = `${SECRET}${SECRET}`;
    writeFileSync(join(clone, KEY), Buffer.concat([Buffer.from("\0GITCRYPT\0"), Buffer.from(text)]));
    expect(attempt(clone, "add", KEY).said).toContain("is not encrypted");
  });

  test("ciphertext passes byte for byte, in and out; a key in the environment changes nothing in the tree", async () => {
    const { root, key, keyFile } = await open1();
    const clone = await lockedClone(root);
    const sealed = seal(key, Buffer.from("new"));
    commitFile(clone, "pki/private/y.key", sealed);
    expect(committed(clone, "pki/private/y.key").equals(sealed)).toBe(true);
    rmSync(join(clone, KEY));
    run(clone, "env", `GATEHOUSE_KEY_FILE=${keyFile}`, "git", "checkout", "--", KEY);
    expect(isSealed(tree(clone))).toBe(true);
    expect(status(clone)).toBe("");
  });

  test("a file that is in the clear in git already stays usable, and is named", async () => {
    const { root } = await open1();
    // As a clone without any filter commits it.
    const careless = cloneLocked(root);
    commitFile(careless, "pki/private/y.key", SECRET);
    const clone = await lockedClone(careless);
    rmSync(join(clone, "pki/private/y.key"));
    const { status: code, said } = attempt(clone, "checkout", "--", "pki/private/y.key");
    expect(code).toBe(0);
    expect(said).toContain("pki/private/y.key: is not encrypted in git");
    run(clone, "touch", "pki/private/y.key");
    expect(status(clone)).toBe("");
    writeFileSync(join(clone, "pki/private/y.key"), `${SECRET}changed`);
    expect(attempt(clone, "add", "pki/private/y.key").said).toContain("is not encrypted");
  });
});

describe("beside git-crypt", () => {
  test("its unlock and lock go on working, and its lock takes our filter away until it is mended", async () => {
    const { root, keyFile } = await open1();
    const clone = await lockedClone(root);
    run(clone, "git-crypt", "unlock", keyFile);
    expect(tree(clone).toString()).toBe(SECRET);
    expect(isConfigured(clone)).toBe(true);
    expect(run(clone, "git-crypt", "status", KEY)).toMatch(/^ +encrypted: /);
    run(clone, "git-crypt", "lock");
    expect(isSealed(tree(clone))).toBe(true);
    expect(isConfigured(clone)).toBe(false);
    expect(await installFilter(clone)).toEqual(["git-crypt"]);
    expect(isConfigured(clone)).toBe(true);
    expect(status(clone)).toBe("");
  });

  test("a clone without our set-up behaves as it always did", async () => {
    const { root, key, keyFile } = await open1();
    const clone = cloneLocked(root);
    run(clone, "git-crypt", "unlock", keyFile);
    expect(run(clone, "git", "config", "--get-regexp", "filter")).not.toContain("gatehouse");
    commitFile(clone, KEY, "by git-crypt");
    expect(open(key, committed(clone, KEY)).toString()).toBe("by git-crypt");
    run(root, "git", "pull", "--quiet", clone, "HEAD");
    expect(tree(root).toString()).toBe("by git-crypt");
    run(clone, "git-crypt", "lock");
    expect(isSealed(tree(clone))).toBe(true);
  });
});
