import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findProgram } from "../../scripts/system/programs.ts";
import { run, scratch } from "../system/scratch.ts";
import { Clone, HOOKS } from "./support/clone.ts";

let clone: Clone;
beforeEach(() => {
  clone = new Clone(["dash"]);
});
afterEach(() => clone[Symbol.dispose]());

describe("git's hooks", () => {
  test("are those of every linked worktree too", () => {
    clone.git("add", "--all");
    clone.git("commit", "--quiet", "-m", "x");
    const main = clone.root;
    const linked = join(scratch(), "linked");
    run(main, "git", "worktree", "add", "--quiet", linked);
    clone.root = linked;
    expect(clone.setUp("--quiet").said).toContain("installed git's hooks");
    for (const checkout of [main, linked]) expect(clone.hooks(checkout)).toEqual(HOOKS);
    expect(clone.setUp("--quiet").said).toBe("");
  });

  test("follow a clone that was moved, without another set-up", () => {
    clone.setUp("--quiet");
    const moved = join(dirname(clone.root), "moved");
    run("/", "mv", clone.root, moved);
    clone.root = moved;
    expect(clone.hooks()).toEqual(HOOKS);
    expect(clone.setUp("--quiet").said).toBe("");
  });

  test("take the place of husky's own, which are part of the working tree", () => {
    clone.git("config", "core.hooksPath", ".husky/_");
    expect(clone.setUp("--quiet").said).toContain("installed git's hooks");
    expect(clone.hooks()).toEqual(HOOKS);
  });

  test("of somebody else are left alone, with a word", () => {
    const hook = clone.at(".git/hooks/pre-commit");
    mkdirSync(dirname(hook), { recursive: true });
    writeFileSync(hook, "#!/bin/sh\nexit 0\n");
    expect(clone.setUp("--quiet")).toMatchObject({
      status: 0,
      said: expect.stringContaining("is somebody else's hook"),
    });
    expect(readFileSync(hook, "utf8")).toBe("#!/bin/sh\nexit 0\n");
  });

  test("run what the last set-up copied, and are copied anew when it changed", () => {
    const copied = clone.at(".git/gatehouse/code/scripts/hook.sh");
    clone.setUp("--quiet");
    writeFileSync(clone.at("scripts/hook.sh"), "exit 0\n");
    expect(readFileSync(copied, "utf8")).not.toBe("exit 0\n");
    clone.setUp("--quiet");
    expect(readFileSync(copied, "utf8")).toBe("exit 0\n");
  });

  test("are not installed where HUSKY=0 says so, as in CI", () => {
    expect(clone.setUpWith({ HUSKY: "0" }, "--quiet")).toMatchObject({
      status: 0,
      said: expect.not.stringContaining("hooks"),
    });
    expect(clone.setUp("--quiet").said).toContain("installed git's hooks");
  });

  test("are not for a tree without git", () => {
    rmSync(clone.at(".git"), { recursive: true });
    expect(clone.setUp("--quiet")).toMatchObject({ status: 0, said: expect.not.stringContaining("hooks") });
  });
});

test.each([
  ["writes no settings", (one: Clone) => one.write(".git/config.lock", "")],
  ["cannot say which drivers there are", (one: Clone) => one.program("git", failing("*grep*"))],
  ["cannot read its settings", (one: Clone) => one.program("git", failing("*--get*"))],
])("where git %s, its filter is not said to be here", (_, spoil) => {
  spoil(clone);
  expect(clone.setUpWith({ HUSKY: "0" }, "--quiet")).toMatchObject({
    status: 1,
    said: expect.stringContaining("git's filter could not be set up: see above"),
  });
});

/** A git that does not answer where its arguments are like that. */
function failing(pattern: string): string {
  return `case $* in ${pattern}) exit 128 ;; *) exec '${findProgram("git") ?? "git"}' "$@" ;; esac`;
}
