import { execFileSync } from "node:child_process";
import { existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { changesOf, firstParents } from "../../scripts/system/first-parents.ts";
import { openGit } from "../../scripts/system/git.ts";
import { blobSizes, catBlobs, catFile, catFiles, idsOf, listTree } from "../../scripts/system/objects.ts";
import { findProgram, requireProgram, runProgram } from "../../scripts/system/programs.ts";
import { commit, plainEnvironment, repository, run } from "./scratch.ts";

afterEach(() => vi.unstubAllEnvs());

describe("git", () => {
  test("hooks' GIT_INDEX_FILE reaches git", async () => {
    const root = repository();
    writeFileSync(join(root, "x"), "x");
    execFileSync("git", ["add", "x"], { cwd: root, env: plainEnvironment({ GIT_INDEX_FILE: join(root, "other") }) });
    expect(await openGit(root).raw(["ls-files"])).toBe("");
    vi.stubEnv("GIT_INDEX_FILE", join(root, "other"));
    expect(await openGit(root).raw(["ls-files"])).toBe("x\n");
  });

  test("an editor, a pager and configuration in the environment are no reason to refuse", async () => {
    const root = repository();
    vi.stubEnv("GIT_EDITOR", ":");
    vi.stubEnv("PAGER", "cat");
    vi.stubEnv("GIT_CONFIG_COUNT", "1");
    vi.stubEnv("GIT_CONFIG_KEY_0", "core.hooksPath");
    vi.stubEnv("GIT_CONFIG_VALUE_0", "/nowhere");
    expect(await openGit(root).raw(["config", "core.hooksPath"])).toBe("/nowhere\n");
  });

  test.each([
    ["fetch", ["fetch", "--upload-pack=touch ran; git-upload-pack", "."]],
    ["push", ["push", "--receive-pack=touch ran; git-receive-pack", "."]],
    ["an editor", ["-c", "core.editor=touch ran", "commit", "--allow-empty"]],
    ["ssh", ["-c", "core.sshCommand=touch ran", "ls-remote", "ssh://localhost/x"]],
    ["an alias", ["-c", "alias.x=!touch ran", "x"]],
    ["the pager", ["-c", "core.pager=touch ran", "-p", "version"]],
    ["a file of settings", ["-c", "include.path=there", "x"]],
    ["settings that stay", ["config", "core.fsmonitor", "touch ran"]],
    ["where programs are", ["--exec-path=.", "x"]],
  ])("no argument names a program that git would start: %s", async (_, args) => {
    const root = repository();
    writeFileSync(join(root, "there"), "[alias]\n\tx = !touch ran\n");
    writeFileSync(join(root, "git-x"), "#!/bin/sh\ntouch ran\n", { mode: 0o755 });
    for (const name of ["EDITOR", "VISUAL", "PAGER", "PREFIX", "GIT_EDITOR", "GIT_PAGER"]) vi.stubEnv(name, undefined);
    await expect(openGit(root).raw(args)).rejects.toThrow(/not permitted/);
    expect(existsSync(join(root, "ran"))).toBe(false);
  });

  test("keys in the environment do not reach git or other programs", async () => {
    vi.stubEnv("GATEHOUSE_KEY", "c2VjcmV0");
    const root = repository();
    run(root, "git", "config", "alias.env", "!env");
    expect(await openGit(root).raw(["env"])).not.toContain("GATEHOUSE");
    expect((await runProgram("env", [])).stdout).not.toContain("GATEHOUSE");
  });

  test("a failure is git's own words, also when git is silent", async () => {
    const root = repository();
    await expect(openGit(root).raw(["cat-file", "-t", "HEAD"])).rejects.toThrow(/^git: fatal: .*HEAD/);
    await expect(openGit(root).raw(["config", "no.such"])).rejects.toThrow("git failed with exit code 1");
    expect(await openGit(root).succeeds(["config", "no.such"])).toBe(false);
  });

  test("git that is not installed is a sentence", async () => {
    const root = repository();
    vi.stubEnv("PATH", "/nowhere");
    await expect(openGit(root).raw(["version"])).rejects.toThrow("git is not installed");
  });

  test("resolve finds commits, and no option", async () => {
    const root = repository();
    expect(await openGit(root).resolve("HEAD")).toBeNull();
    commit(root, { a: "a" });
    expect(await openGit(root).resolve("main")).toMatch(/^[0-9a-f]{40}$/);
    expect(await openGit(root).resolve("--all")).toBeNull();
  });

  test("replace refs fool nobody", async () => {
    const root = repository();
    commit(root, { a: "true" });
    const id = run(root, "git", "rev-parse", "HEAD:a").trim();
    writeFileSync(join(root, "b"), "false");
    run(root, "git", "replace", id, run(root, "git", "hash-object", "-w", "b").trim());
    expect((await catBlobs(openGit(root), [id])).get(id)?.toString()).toBe("true");
  });
});

describe("objects of a commit", () => {
  test("are listed with mode, size and path, and read byte for byte through one process", async () => {
    const root = repository();
    const binary = Buffer.from([0, 10, 13, 255, 10]);
    commit(root, { "pki/a b": binary, "pki/ü\n": "line", "pki/empty": "", "pkix/no": "", top: "top" });
    symlinkSync("top", join(root, "pki/link"));
    run(root, "git", "add", "--all");
    run(root, "git", "commit", "--quiet", "-m", "link");
    const git = openGit(root);
    const head = (await git.resolve("HEAD")) ?? "";
    const entries = await listTree(git, head, "pki");
    expect(entries.map(({ path, mode, size }) => [path, mode, size])).toEqual([
      ["pki/a b", "100644", 5],
      ["pki/empty", "100644", 0],
      ["pki/link", "120000", 3],
      ["pki/ü\n", "100644", 4],
    ]);
    expect((await listTree(git, head, "")).length).toBe(6);
    expect(await listTree(git, head, "none")).toEqual([]);
    const files = await catFiles(git, head, ["pki/a b", "pki", "none", "pki/empty", "x\nHEAD", "top"]);
    expect([...files].map(([path, bytes]) => [path, bytes.toString("hex")])).toEqual([
      ["pki/a b", binary.toString("hex")],
      ["pki/empty", ""],
      ["top", Buffer.from("top").toString("hex")],
    ]);
    const blobs = await catBlobs(
      git,
      entries.map(({ id }) => id),
    );
    expect(entries.map(({ id }) => blobs.get(id)?.length)).toEqual([5, 0, 3, 4]);
  });
});

describe("what git does not have", () => {
  test("is no file that is absent", async () => {
    const root = repository();
    commit(root, { "pki/a": "a", b: "b" });
    const git = openGit(root);
    const head = (await git.resolve("HEAD")) ?? "";
    const id = run(root, "git", "rev-parse", "HEAD:pki/a").trim();
    expect(await catFile(git, head, "pki/none")).toBeNull();
    expect(await catFile(git, head, "pki")).toBeNull();
    expect([...(await idsOf(git, [`${head}:pki/a`, `${head}:none`, `${head}:pki`])).values()]).toEqual([
      id,
      null,
      null,
    ]);
    rmSync(join(root, ".git/objects", id.slice(0, 2), id.slice(2)));
    const missing = new RegExp(`^object ${id} cannot be read`);
    await expect(listTree(git, head, "pki")).rejects.toThrow(missing);
    await expect(catFile(git, head, "pki/a")).rejects.toThrow(missing);
    await expect(catFiles(git, head, ["pki/a"])).rejects.toThrow(missing);
    await expect(catBlobs(git, [id])).rejects.toThrow(missing);
    await expect(blobSizes(git, [id])).rejects.toThrow(missing);
    await expect(idsOf(git, [`${head}:pki/a`])).rejects.toThrow(missing);
    expect((await catFiles(git, head, ["b", "none"])).size).toBe(1);
  });

  test("is not looked for where a submodule stands in a file's place", async () => {
    const root = repository();
    commit(root, { "pki/a": "a" });
    run(root, "git", "update-index", "--cacheinfo", `160000,${"1".repeat(40)},pki/a`);
    run(root, "git", "commit", "--quiet", "-m", "submodule");
    const git = openGit(root);
    const head = (await git.resolve("HEAD")) ?? "";
    expect(await catFile(git, head, "pki/a")).toBeNull();
    expect((await catFiles(git, head, ["pki/a"])).size).toBe(0);
    const [last] = (await firstParents(git, head)).slice(-1);
    expect([...(await changesOf(git, last === undefined ? [] : [last])).values()]).toEqual([
      [{ path: "pki/a", blob: null }],
    ]);
  });
});

describe("programs", () => {
  test("get their arguments as they are", async () => {
    const args = ["a b", "$(id)", "'; touch x; '", '"', "\n", "*", "", "-n"];
    const { stdout } = await runProgram("printf", ["%s|", ...args]);
    expect(stdout).toBe(args.map((argument) => `${argument}|`).join(""));
  });

  test("report their exit code and standard error, and take input", async () => {
    expect(await runProgram("cat", [], { input: "in" })).toMatchObject({ exitCode: 0, stdout: "in" });
    expect(await runProgram("sh", ["-c", "echo no >&2; exit 3"])).toEqual({ exitCode: 3, stdout: "", stderr: "no\n" });
  });

  test("that are missing are named with what to type", () => {
    expect(findProgram("no-such-program")).toBeNull();
    expect(() => requireProgram("no-such-program")).toThrow("no-such-program is not installed");
  });
});
