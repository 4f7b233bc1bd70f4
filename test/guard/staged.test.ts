import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync, hash, randomBytes } from "node:crypto";
import { appendFileSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { guardStaged } from "../../scripts/guard/index.ts";
import { repository as bareRepository, plainEnvironment, run, scratch } from "../system/scratch.ts";
import { committed, unlockedRepository } from "../vault/git-crypt.ts";

const PAIR = generateKeyPairSync("ed25519");
const KEY = PAIR.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const PUBLIC = `sha256:${hash("sha256", PAIR.publicKey.export({ type: "spki", format: "der" }), "hex")}`;
const SECRET_LINE = KEY.split("\n")[1] ?? "";
const COMMAND = new URL("../../scripts/guard.ts", import.meta.url).pathname;

afterEach(() => vi.unstubAllEnvs());

/** A repository with this one's own rules, not yet added. */
function repository(): string {
  const root = bareRepository();
  copyFileSync(new URL("../../.gitattributes", import.meta.url), join(root, ".gitattributes"));
  run(root, "git", "add", ".gitattributes");
  return root;
}

function write(root: string, path: string, data: string | Buffer = KEY): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), data);
}

function stage(root: string, path: string, data: string | Buffer = KEY): void {
  write(root, path, data);
  run(root, "git", "add", "--", path);
}

const commit = (root: string) => run(root, "git", "commit", "--quiet", "--allow-empty", "-m", "x");
const codes = async (root: string) => (await guardStaged(root)).map(({ path, code }) => `${path} ${code}`);

describe("under pki/private", () => {
  test("what git-crypt sealed passes, before the first commit and after", async () => {
    const { root } = unlockedRepository();
    stage(root, "pki/private/a.key");
    stage(root, "pki/private/empty", "");
    expect(await codes(root)).toEqual([]);
    commit(root);
    stage(root, "pki/private/b.key");
    expect(await codes(root)).toEqual([]);
  });

  test.each(["pki/private/x.key", "pki/private/a/b/readme.txt", "PKI/Private/x"])(
    "%s in the clear blocks",
    async (path) => {
      const root = repository();
      stage(root, path, "anything");
      expect(await codes(root)).toEqual([`${path} Plaintext`]);
    },
  );

  test("what was committed in the clear long ago still blocks, though nothing of it changes", async () => {
    const root = repository();
    stage(root, "pki/private/x.key");
    commit(root);
    stage(root, "other", "text");
    expect(await codes(root)).toEqual(["pki/private/x.key Plaintext"]);
  });

  test("symlinks, submodules and attributes block", async () => {
    const root = repository();
    mkdirSync(join(root, "pki/private"), { recursive: true });
    symlinkSync("/etc/shadow", join(root, "pki/private/link"));
    stage(root, "pki/private/a/.gitattributes", "* -filter\n");
    run(root, "git", "add", "--all");
    run(root, "git", "update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},pki/private/module`);
    expect(await codes(root)).toEqual([
      ".gitattributes Attributes",
      "pki/private/a/.gitattributes Attributes",
      "pki/private/link Symlink",
      "pki/private/module Submodule",
    ]);
  });

  test("pki itself as a symlink blocks", async () => {
    const root = repository();
    symlinkSync("/elsewhere", join(root, "pki"));
    run(root, "git", "add", "pki");
    expect(await codes(root)).toEqual(["pki Symlink"]);
  });
});

describe("elsewhere", () => {
  test.each(["leak.pem", "docs/a b.md", "pki/reqs/x.req", "ünicode\n.txt"])(
    "a private key in %j blocks",
    async (path) => {
      const root = repository();
      stage(root, path);
      expect(await codes(root)).toEqual([`${path} PrivateKey`]);
    },
  );

  test("a removed key, and an old one that does not change, are no business of this commit", async () => {
    const root = repository();
    stage(root, "old.pem");
    stage(root, "gone.pem", `\n${KEY}`);
    commit(root);
    run(root, "git", "rm", "--quiet", "gone.pem");
    stage(root, "other", "text");
    expect(await codes(root)).toEqual([]);
  });

  test("a moved key is found", async () => {
    const root = repository();
    stage(root, "old.pem");
    commit(root);
    run(root, "git", "mv", "old.pem", "new.pem");
    expect(await codes(root)).toEqual(["new.pem PrivateKey"]);
  });

  test("what stalls a search is no ciphertext, though it begins like one", async () => {
    const root = repository();
    const header = Buffer.concat([Buffer.from("\0GITCRYPT\0", "latin1"), randomBytes(8192)]);
    const slow = Buffer.from(`DEK-Info: AES,00112233\n${"A".repeat(40)}\n`.repeat(80_000));
    writeFileSync(join(root, "slow"), Buffer.concat([header, slow]));
    const id = run(root, "git", "hash-object", "-w", "--no-filters", "slow").trim();
    run(root, "git", "update-index", "--add", "--cacheinfo", `100644,${id},pki/private/x.key`);
    expect(await codes(root)).toEqual(["pki/private/x.key Plaintext"]);
  });

  test("a sealed key that is moved out of the vault is found, and what the next add would make of it", async () => {
    const { root } = unlockedRepository();
    stage(root, "pki/private/a.key");
    commit(root);
    run(root, "mkdir", "keys");
    run(root, "git", "mv", "pki/private/a.key", "keys/a.key");
    expect(await codes(root)).toEqual(["keys/a.key LeftVault"]);
    run(root, "git", "add", "--update");
    expect(await codes(root)).toEqual(["keys/a.key PrivateKey"]);
  });

  test("the index counts, not the working tree", async () => {
    const root = repository();
    stage(root, "a", KEY);
    write(root, "a", "harmless");
    write(root, "b", KEY);
    expect(await codes(root)).toEqual(["a PrivateKey"]);
  });

  test("neither textconv nor attributes can hide it", async () => {
    const root = repository();
    run(root, "git", "config", "diff.hide.textconv", "true");
    appendFileSync(join(root, ".gitattributes"), "* diff=hide -diff\n");
    run(root, "git", "add", ".gitattributes");
    stage(root, "leak.pem");
    expect(await codes(root)).toEqual(["leak.pem PrivateKey"]);
  });

  test("another index, as commit --only makes one, is the one that counts", async () => {
    const root = repository();
    write(root, "leak.pem");
    const env = plainEnvironment({ GIT_INDEX_FILE: join(root, ".git/next-index") });
    execFileSync("git", ["add", "leak.pem", ".gitattributes"], { cwd: root, env });
    expect(await codes(root)).toEqual([]);
    vi.stubEnv("GIT_INDEX_FILE", join(root, ".git/next-index"));
    expect(await codes(root)).toEqual(["leak.pem PrivateKey"]);
  });
});

describe("the command", () => {
  const guard = (cwd: string, ...args: string[]) =>
    spawnSync(process.execPath, [COMMAND, ...args], { cwd, env: plainEnvironment(), encoding: "utf8" });

  test("exits 0 in silence when there is nothing", () => {
    expect(guard(bareRepository())).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  test("says in one line what, where, and the command that mends it, which works", () => {
    const root = repository();
    stage(root, "a b.pem");
    const { status, stdout } = guard(root);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^guard: a b\.pem: a private key in the clear: Ed25519 private key \(PKCS#8\), line 2; its public key is sha256:[0-9a-f]{64}; mend it with: git rm --cached -- 'a b\.pem'\n$/,
    );
    run(root, "sh", "-c", stdout.replace(/.*mend it with: /, ""));
    expect(guard(root).status).toBe(0);
  });

  test("the way out of a key that was added before git-crypt was unlocked works", () => {
    const { root, keyFile } = unlockedRepository();
    const clone = join(scratch(), "clone");
    run(root, "git", "clone", "--quiet", root, clone);
    stage(clone, "pki/private/x.key");
    const { stdout, status } = guard(clone);
    expect(status).toBe(1);
    const fix = stdout.replace(/.*mend it with: /, "").replace("KEYFILE", `'${keyFile}'`);
    const unlock = new URL("../../scripts/unlock.ts", import.meta.url).pathname;
    run(clone, "sh", "-c", fix.replace("npm run unlock --", `'${process.execPath}' '${unlock}'`));
    expect(guard(clone).status).toBe(0);
    commit(clone);
    expect(committed(clone, "pki/private/x.key").subarray(0, 10).toString("latin1")).toBe("\0GITCRYPT\0");
  });

  test("as JSON gives findings", () => {
    const root = repository();
    stage(root, "leak.pem");
    const { status, stdout } = guard(root, "--json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      findings: [
        {
          code: "PrivateKey",
          level: "block",
          path: "leak.pem",
          message: `a private key in the clear: Ed25519 private key (PKCS#8), line 2; its public key is ${PUBLIC}`,
          fix: "git rm --cached -- leak.pem",
          commit: null,
        },
      ],
    });
  });

  test("never shows a byte of a key, nor a control character of a path", () => {
    const root = repository();
    stage(root, "pki/private/x.key");
    stage(root, "leak\u001b[2J.pem", `${KEY}${KEY}`);
    for (const args of [[], ["--json"]]) {
      const { stdout, stderr } = guard(root, ...args);
      expect(stdout + stderr).not.toContain(SECRET_LINE.slice(0, 12));
      expect(stdout + stderr).not.toContain("\u001b");
    }
  });

  test("exits 2 where it cannot decide: an object is missing", () => {
    const root = repository();
    run(root, "git", "update-index", "--add", "--cacheinfo", `100644,${"1".repeat(40)},ghost`);
    const { status, stderr } = guard(root);
    expect(status).toBe(2);
    expect(stderr).toContain("ghost cannot be checked");
  });

  test("exits 2 where it cannot decide: the index is damaged", () => {
    const root = repository();
    stage(root, "x", "x");
    writeFileSync(join(root, ".git/index"), "damage");
    expect(guard(root).status).toBe(2);
  });
});
