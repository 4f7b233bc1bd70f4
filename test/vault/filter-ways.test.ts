import { appendFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { installFilter } from "../../scripts/vault/install.ts";
import { isSealed, open } from "../../scripts/vault/seal.ts";
import { run, scratch } from "../system/scratch.ts";
import { KEY, lockedClone, open1, SECRET, status, tree } from "./filtered.ts";
import { attempt, commitFile, committed } from "./git-crypt.ts";

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
  appendFileSync(join(root, ".git/gatehouse/filter/recent-node.sh"), "recent() { return 1; }\n");
  writeFileSync(join(root, KEY), "changed");
  const { status: code, said } = attempt(root, "add", KEY);
  expect(code).not.toBe(0);
  expect(said).toContain("run: sh scripts/setup.sh");
});
