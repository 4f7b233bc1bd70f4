import { appendFileSync, chmodSync, existsSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { run, scratch } from "../system/scratch.ts";
import {
  add,
  attempt,
  BLOCKED,
  CODE,
  clean,
  first,
  goOn,
  leak,
  prepare,
  restoreCode,
  root,
  write,
} from "./support/hooked.ts";

beforeAll(prepare);
afterEach(clean);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("the hook blocks a key, and lets the rest through, in", () => {
  test("git commit", () => {
    add("leak.pem");
    expect(attempt(root, ["commit", "-m", "x"])).toMatchObject(BLOCKED);
    run(root, "git", "rm", "--quiet", "--cached", "leak.pem");
    add("fine", "text");
    expect(attempt(root, ["commit", "-m", "x"]).status).toBe(0);
  });

  test("git commit -a", () => {
    add("leak.pem", "not yet");
    run(root, "git", "commit", "--quiet", "-m", "x");
    write(join(root, "leak.pem"));
    expect(attempt(root, ["commit", "-am", "x"])).toMatchObject(BLOCKED);
  });

  test("git commit --only, which has an index of its own", () => {
    write(join(root, "leak.pem"), "not yet");
    write(join(root, "fine"), "text");
    run(root, "git", "add", "--all");
    run(root, "git", "commit", "--quiet", "-m", "x");
    write(join(root, "leak.pem"));
    write(join(root, "fine"), "more text");
    expect(attempt(root, ["commit", "-m", "x", "--only", "leak.pem"])).toMatchObject(BLOCKED);
    expect(attempt(root, ["commit", "-m", "x", "--only", "fine"]).status).toBe(0);
  });

  test("git merge that commits by itself", () => {
    run(root, "git", "checkout", "--quiet", "-b", "theirs");
    leak("theirs");
    expect(attempt(root, ["merge", "--no-ff", "-m", "merge", "theirs"])).toMatchObject(BLOCKED);
  });

  test("git commit --no-verify", () => {
    add("leak.pem");
    expect(attempt(root, ["commit", "--no-verify", "-m", "x"])).toMatchObject(BLOCKED);
  });

  test("git commit --amend", () => {
    goOn();
    add("leak.pem");
    expect(attempt(root, ["commit", "--amend", "--no-edit"])).toMatchObject(BLOCKED);
    run(root, "git", "rm", "--quiet", "--cached", "leak.pem");
    expect(attempt(root, ["commit", "--amend", "-m", "better"]).status).toBe(0);
  });

  test("the first commit of a branch without any", () => {
    run(root, "git", "checkout", "--quiet", "--orphan", "new");
    add("leak.pem");
    expect(attempt(root, ["commit", "-m", "x"])).toMatchObject(BLOCKED);
    run(root, "git", "rm", "--quiet", "--cached", "leak.pem");
    expect(attempt(root, ["commit", "-m", "x"]).status).toBe(0);
  });

  test("git cherry-pick", () => {
    run(root, "git", "checkout", "--quiet", "-b", "theirs");
    const id = leak("theirs");
    goOn();
    expect(attempt(root, ["cherry-pick", id])).toMatchObject({ ...BLOCKED, status: 128 });
  });

  test("git rebase", () => {
    run(root, "git", "checkout", "--quiet", "-b", "theirs");
    leak("theirs");
    goOn();
    const { status, stderr } = attempt(root, ["rebase", "main", "theirs"]);
    expect(stderr).toContain("leak.pem: a private key in the clear");
    expect(status).not.toBe(0);
  });

  test("git am", () => {
    run(root, "git", "checkout", "--quiet", "-b", "theirs");
    const id = leak("theirs");
    const patch = run(root, "git", "format-patch", "--stdout", `${id}^..${id}`);
    const file = join(scratch(), "patch");
    write(file, patch);
    const { status, stderr } = attempt(root, ["am", file]);
    expect(stderr).toContain("leak.pem: a private key in the clear");
    expect(status).not.toBe(0);
  });

  test("git push of what was committed without hooks, also to a new branch, and only of what is new", () => {
    const remote = join(scratch(), "remote.git");
    run(root, "git", "init", "--quiet", "--bare", remote);
    run(root, "git", "remote", "add", "far", remote);
    onTestFinished(() => void run(root, "git", "remote", "remove", "far"));
    expect(attempt(root, ["push", "far", "main"]).status).toBe(0);
    run(root, "git", "checkout", "--quiet", "-b", "theirs");
    leak("theirs");
    const { status, stderr } = attempt(root, ["push", "far", "theirs"]);
    expect(stderr).toContain("leak.pem");
    expect(stderr).toContain("replace the key");
    expect(status).toBe(1);
    run(root, "git", "checkout", "--quiet", "-B", "theirs", "main");
    add("fine", "text");
    run(root, "git", "commit", "--quiet", "-m", "fine");
    expect(attempt(root, ["push", "far", "theirs"]).status).toBe(0);
    expect(attempt(root, ["push", "far", ":theirs"]).status).toBe(0);
  });

  test("a repository that was moved", () => {
    const moved = `${root} moved`;
    renameSync(root, moved);
    try {
      write(join(moved, "leak.pem"));
      run(moved, "git", "add", "leak.pem");
      expect(attempt(moved, ["commit", "-m", "x"])).toMatchObject(BLOCKED);
      run(moved, "git", "rm", "--quiet", "--cached", "leak.pem");
      expect(attempt(moved, ["commit", "--allow-empty", "-m", "x"]).status).toBe(0);
    } finally {
      renameSync(moved, root);
    }
  });

  test("a linked worktree, from a subdirectory", () => {
    const linked = join(scratch(), "linked");
    run(root, "git", "worktree", "add", "--quiet", linked);
    write(join(linked, "sub/leak.pem"));
    run(linked, "git", "add", "--all");
    const blocked = attempt(join(linked, "sub"), ["commit", "-m", "x"]);
    expect(blocked).toMatchObject({ status: 1, stderr: expect.stringContaining("sub/leak.pem: a private key") });
    run(linked, "git", "rm", "--quiet", "--cached", "-r", "sub");
    write(join(linked, "fine"), "text");
    run(linked, "git", "add", "fine");
    expect(attempt(linked, ["commit", "-m", "x"]).status).toBe(0);
  });

  test("a graphical client with a bare PATH and a system Node that is too old", () => {
    const bin = scratch();
    write(join(bin, "node"), "#!/bin/sh\necho v20.1.0\n");
    chmodSync(join(bin, "node"), 0o755);
    add("leak.pem");
    expect(attempt(root, ["commit", "-m", "x"], { PATH: `${bin}:/usr/bin:/bin` })).toMatchObject(BLOCKED);
  });
});

test.each([
  ["a recent Node", () => appendFileSync(join(root, CODE, "scripts/recent-node.sh"), "recent() { return 1; }\n")],
  ["its node packages", () => rmSync(join(root, CODE, "node_modules/simple-git"), { recursive: true })],
])("without %s the hook blocks and says what to type", (_, takeAway) => {
  onTestFinished(restoreCode);
  takeAway();
  add("fine", "text");
  const { status, stderr } = attempt(root, ["commit", "-m", "x"]);
  expect(status).toBe(1);
  expect(stderr).toContain("run at the top of the repository: sh scripts/setup.sh, then try again");
});

test("the user's init.sh, as husky reads it, can switch the hook off without a word", () => {
  const XDG_CONFIG_HOME = scratch();
  write(join(XDG_CONFIG_HOME, "husky/init.sh"), "HUSKY=$WANTED\n");
  add("leak.pem");
  expect(attempt(root, ["commit", "-m", "x"], { XDG_CONFIG_HOME, WANTED: "1" })).toMatchObject(BLOCKED);
  const skipped = attempt(root, ["commit", "--quiet", "-m", "x"], { XDG_CONFIG_HOME, WANTED: "0" });
  expect(skipped).toMatchObject({ status: 0, stdout: "", stderr: "" });
});

test("a key in the environment goes no further than the hook", () => {
  onTestFinished(restoreCode);
  write(
    join(root, CODE, "node_modules/.bin/spy"),
    `#!/bin/sh\nenv > '${root}/seen'\nexec '${process.execPath}' "$@"\n`,
  );
  chmodSync(join(root, CODE, "node_modules/.bin/spy"), 0o755);
  rmSync(join(root, CODE, "node_modules/.bin/node"));
  symlinkSync("spy", join(root, CODE, "node_modules/.bin/node"));
  // `--version` and the guard both pass through the spy; the environment of the last one stays.
  const { status } = attempt(root, ["commit", "--allow-empty", "-m", "x"], {
    GATEHOUSE_KEY: "secret",
    GATEHOUSE_X: "1\n2",
  });
  expect(status).toBe(0);
  expect(run(root, "cat", "seen")).not.toContain("GATEHOUSE");
});

test("no program of node_modules/.bin runs in a hook, though npm had put it first in PATH", () => {
  const mark = join(root, ".git/ran");
  const bin = join(root, "node_modules/.bin");
  const planted = ["sh", "env", "sed", "cat", "rm", "chmod", "dirname", "find", "touch"].map((name) => join(bin, name));
  for (const file of planted) writeFileSync(file, `#!/bin/sh\necho "$0" >> '${mark}'\n`, { mode: 0o755 });
  onTestFinished(() => {
    for (const file of planted) rmSync(file);
  });
  const PATH = `${bin}:${process.env["PATH"]}`;
  write(join(root, "fine"), "text");
  write(join(root, "leak.pem"));
  run(root, "git", "add", "fine");
  expect(attempt(root, ["commit", "--quiet", "-m", "x"], { PATH })).toMatchObject({ status: 0, stderr: "" });
  run(root, "git", "add", "leak.pem");
  expect(attempt(root, ["commit", "-m", "x"], { PATH })).toMatchObject(BLOCKED);
  expect(attempt(root, ["checkout", "--quiet", "--force", "-B", "other", first], { PATH }).status).toBe(0);
  expect(existsSync(mark)).toBe(false);
});

test("a checkout says that it brings what npm would run in place of ours", () => {
  add("npm-shrinkwrap.json", "{}");
  expect(attempt(root, ["commit", "-m", "x"], { HUSKY: "0" }).status).toBe(0);
  const evil = run(root, "git", "rev-parse", "HEAD").trim();
  expect(attempt(root, ["checkout", "--quiet", first]).stderr).toBe("");
  const { stderr } = attempt(root, ["checkout", "--quiet", evil]);
  expect(stderr).toContain("git tracks files here that npm or Node would run in place of ours");
  expect(stderr).toContain("go back: git checkout -");
});
