import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { installFilter, isConfigured } from "../../scripts/vault/install.ts";
import { isSealed, open, seal } from "../../scripts/vault/seal.ts";
import { run, scratch } from "../system/scratch.ts";
import { attempt, cloneLocked, commitFile, committed, unlockedRepository } from "./git-crypt.ts";

const KEY = "pki/private/x.key";
const SECRET = "-----BEGIN PRIVATE KEY-----\nnot really\n-----END PRIVATE KEY-----\n";

/** Unlocked, with our filter and one key committed. */
async function open1() {
  const made = unlockedRepository();
  await installFilter(made.root);
  commitFile(made.root, KEY, SECRET);
  return made;
}

async function lockedClone(root: string): Promise<string> {
  const clone = cloneLocked(root);
  await installFilter(clone);
  return clone;
}

const tree = (root: string, path = KEY) => readFileSync(join(root, path));
const status = (root: string) => run(root, "git", "status", "--porcelain");

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

describe("git's ways", () => {
  test.each([true, false])("git worktree add checks out what the clone calls for (unlocked: %s)", async (unlocked) => {
    const { root } = await open1();
    const main = unlocked ? root : await lockedClone(root);
    const linked = join(scratch(), "linked");
    run(main, "git", "worktree", "add", "--quiet", linked);
    expect(isSealed(tree(linked))).toBe(!unlocked);
    expect(status(linked)).toBe("");
    if (!unlocked) return;
    commitFile(linked, KEY, "changed there");
    expect(isSealed(committed(linked, KEY))).toBe(true);
  });

  test("stash, merge, rebase and checkout keep plaintext in the tree and ciphertext in git", async () => {
    const { root, key } = await open1();
    run(root, "git", "checkout", "--quiet", "-b", "side");
    commitFile(root, "pki/private/side.key", "side");
    run(root, "git", "checkout", "--quiet", "main");
    commitFile(root, "pki/private/main.key", "main");
    writeFileSync(join(root, KEY), "stashed");
    run(root, "git", "stash", "--quiet");
    expect(tree(root).toString()).toBe(SECRET);
    run(root, "git", "merge", "--quiet", "-m", "merge", "side");
    run(root, "git", "stash", "pop", "--quiet");
    expect(tree(root).toString()).toBe("stashed");
    run(root, "git", "commit", "--quiet", "-am", "stashed");
    run(root, "git", "checkout", "--quiet", "side");
    run(root, "git", "rebase", "--quiet", "main");
    expect(["x", "main", "side"].map((name) => tree(root, `pki/private/${name}.key`).toString())).toEqual([
      "stashed",
      "main",
      "side",
    ]);
    for (const name of ["x", "main", "side"]) {
      expect(open(key, committed(root, `pki/private/${name}.key`))).toEqual(tree(root, `pki/private/${name}.key`));
    }
    expect(status(root)).toBe("");
  });

  test("a conflict of two versions of a key leaves one of them whole", async () => {
    const { root } = await open1();
    run(root, "git", "checkout", "--quiet", "-b", "side");
    commitFile(root, KEY, "side");
    run(root, "git", "checkout", "--quiet", "main");
    commitFile(root, KEY, "main");
    expect(attempt(root, "merge", "side").status).toBe(1);
    expect(tree(root).toString()).toBe("main");
    run(root, "git", "checkout", "--theirs", "--", KEY);
    expect(tree(root).toString()).toBe("side");
  });

  test("from a subdirectory, and after the clone was moved", async () => {
    const { root, key } = await open1();
    const moved = join(scratch(), "else where");
    renameSync(root, moved);
    writeFileSync(join(moved, "pki/private/y.key"), "y");
    run(join(moved, "pki/private"), "git", "add", "y.key");
    run(join(moved, "pki"), "git", "commit", "--quiet", "-m", "y");
    expect(open(key, committed(moved, "pki/private/y.key")).toString()).toBe("y");
  });
});

test("a named key has its own driver, in git as in-process", async () => {
  const { root, keyFile } = await open1();
  run(root, "git-crypt", "init", "-k", "authority");
  commitFile(
    root,
    ".gitattributes",
    `${readFileSync(join(root, ".gitattributes"))}pki/private/ca.key filter=git-crypt-authority diff=git-crypt-authority\n`,
  );
  expect(await installFilter(root)).toEqual(["git-crypt-authority"]);
  commitFile(root, "pki/private/ca.key", SECRET);
  const named = `${keyFile}.authority`;
  run(root, "git-crypt", "export-key", "-k", "authority", named);
  const clone = await lockedClone(root);
  expect(run(clone, "git", "config", "filter.git-crypt-authority.required")).toBe("true\n");
  run(clone, "git-crypt", "unlock", keyFile);
  expect([isSealed(tree(clone)), isSealed(tree(clone, "pki/private/ca.key"))]).toEqual([false, true]);
  expect(status(clone)).toBe("");
  run(clone, "git-crypt", "unlock", named);
  expect(tree(clone, "pki/private/ca.key").toString()).toBe(SECRET);
  expect(status(clone)).toBe("");
});

test("git's configuration and the launcher name nothing in the working tree", async () => {
  const { root } = await open1();
  const settings = run(root, "git", "config", "--get-regexp", "^filter\\.");
  expect(settings).not.toContain(root);
  rmSync(join(root, "scripts"), { recursive: true, force: true });
  expect(statSync(join(root, ".git/gatehouse/filter/vault/filter.ts")).isFile()).toBe(true);
});

test("without its Node and any other the filter refuses, and git adds nothing", async () => {
  const { root } = await open1();
  rmSync(join(root, ".git/gatehouse/filter/node"));
  writeFileSync(join(root, ".git/gatehouse/filter/recent-node.sh"), "recent() { return 1; }\n");
  writeFileSync(join(root, KEY), "changed");
  const { status: code, said } = attempt(root, "add", KEY);
  expect(code).not.toBe(0);
  expect(said).toContain("run: sh scripts/setup.sh");
});
