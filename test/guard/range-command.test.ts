import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { plainEnvironment, scratch } from "../system/scratch.ts";
import { PEM } from "./support/keys.ts";
import { base, begin, commit, remove, stage, ZEROS } from "./support/ranged.ts";
import { entry } from "./support/stage.ts";

beforeEach(begin);
afterEach(() => stage.remove());

const COMMAND = new URL("../../scripts/guard.ts", import.meta.url).pathname;

describe("what cannot be decided", () => {
  const guard = (root: string, ...args: string[]) =>
    spawnSync(process.execPath, [COMMAND, ...args], { cwd: root, env: plainEnvironment(), encoding: "utf8" });

  test("exits 2: a shallow clone that hides part of the range", () => {
    commit("a", entry("leak.pem", PEM));
    remove("leak.pem");
    const later = stage.commit("b");
    commit("c", entry("d", "text"));
    const clone = join(scratch(), "clone");
    stage.git("clone", "--quiet", "--depth", "2", `file://${stage.root}`, clone);
    expect(guard(clone, "--range", `${ZEROS}..HEAD`)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("unshallow"),
    });
    expect(guard(clone, "--range", `${base}..HEAD`).status).toBe(2);
    expect(guard(clone, "--range", `${later}..HEAD`).status).toBe(0);
  });

  test("exits 2: a name that git does not know, an option in place of one, three dots, a missing object", () => {
    for (const range of ["nobody..HEAD", `${"1".repeat(40)}..HEAD`, "--all..HEAD", `${base}...HEAD`, "HEAD", ".."]) {
      expect(guard(stage.root, `--range=${range}`).status, range).toBe(2);
    }
    stage.git("update-index", "--add", "--cacheinfo", `100644,${stage.idOf("never written")},ghost`);
    const tree = stage.git("write-tree", "--missing-ok").trim();
    const haunted = stage.git("commit-tree", tree, "-p", base, "-m", "x").trim();
    expect(guard(stage.root, "--range", `${base}..${haunted}`).status).toBe(2);
    expect(guard(stage.root, "--range", "HEAD..HEAD", "--audit").status).toBe(2);
  });

  test("says in words and in JSON what is published, and exits 1", () => {
    const leak = commit("x", entry("leak.pem", PEM));
    const { status, stdout } = guard(stage.root, "--range", `${base}..HEAD`);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      new RegExp(`^guard: leak\\.pem \\(commit ${leak.slice(0, 12)}\\): a private key in the clear: EC`),
    );
    const { findings } = JSON.parse(guard(stage.root, "--range", `${base}..HEAD`, "--json").stdout);
    expect(findings).toMatchObject([{ code: "PrivateKey", level: "block", path: "leak.pem", commit: leak }]);
  });
});

describe("a bare repository's pre-receive", () => {
  test("refuses a push while it is in quarantine, and lets a good one through", () => {
    const remote = join(scratch(), "remote.git");
    stage.git("init", "--quiet", "--bare", remote);
    const hook = `#!/bin/sh\nwhile read -r old new ref; do '${process.execPath}' '${COMMAND}' --range "$old..$new" || exit; done\n`;
    mkdirSync(join(remote, "hooks"), { recursive: true });
    writeFileSync(join(remote, "hooks/pre-receive"), hook);
    chmodSync(join(remote, "hooks/pre-receive"), 0o755);
    const push = (...refs: string[]) =>
      spawnSync("git", ["push", remote, ...refs], { cwd: stage.root, env: plainEnvironment(), encoding: "utf8" });
    expect(push("main")).toMatchObject({ status: 0 });
    commit("x", entry("leak.pem", PEM));
    const { status, stderr } = push("main");
    expect(status).toBe(1);
    expect(stderr).toContain("leak.pem (commit");
    expect(stage.run(["rev-parse", "main"], "", { GIT_DIR: remote }).toString().trim()).toBe(base);
    stage.git("reset", "--quiet", "--hard", base);
    commit("y", entry("fine", "text"));
    expect(push("main", "main:other")).toMatchObject({ status: 0 });
    expect(push(":other")).toMatchObject({ status: 0 });
  });
});
