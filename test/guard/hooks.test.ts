import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { plainEnvironment, repository, run, scratch } from "../system/scratch.ts";

const HERE = new URL("../..", import.meta.url).pathname;
const KEY = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** Where setup.sh copied what the hooks run. */
const CODE = ".git/gatehouse/code";

let root: string;

/** A checkout of our own scripts and hooks, as setup.sh leaves it, without a second copy of the node packages. */
beforeEach(() => {
  root = repository(join(scratch()));
  for (const part of ["scripts", ".husky", ".gitattributes", "package.json", "package-lock.json"]) {
    cpSync(join(HERE, part), join(root, part), { recursive: true });
  }
  rmSync(join(root, ".husky/_"), { recursive: true, force: true });
  writeFileSync(join(root, ".gitignore"), "node_modules\n");
  provideModules(join(root, "node_modules"));
  run(root, "git", "add", "--all");
  run(root, "git", "commit", "--quiet", "-m", "first");
  run(root, "sh", "scripts/setup.sh", "--quiet");
});

/** Stands in for `npm ci`: links, and the stamps by which setup.sh knows that it has run. */
function provideModules(modules: string): void {
  mkdirSync(join(modules, ".bin"), { recursive: true });
  mkdirSync(join(modules, ".gatehouse/node"), { recursive: true });
  for (const name of readdirSync(join(HERE, "node_modules")).filter((entry) => !entry.startsWith("."))) {
    symlinkSync(join(HERE, "node_modules", name), join(modules, name));
  }
  symlinkSync(process.execPath, join(modules, ".bin/node"));
  cpSync(join(HERE, "package-lock.json"), join(modules, ".gatehouse/package-lock.json"));
  cpSync(join(HERE, "scripts/node/package-lock.json"), join(modules, ".gatehouse/node/package-lock.json"));
}

function write(path: string, data = KEY): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, data);
}

function attempt(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawnSync("git", args, { cwd, env: plainEnvironment(env), encoding: "utf8" });
}

const BLOCKED = { status: 1, stderr: expect.stringContaining("leak.pem: a private key in the clear") };

describe("the hook blocks a key, and lets the rest through, in", () => {
  test("git commit", () => {
    write(join(root, "leak.pem"));
    run(root, "git", "add", "leak.pem");
    expect(attempt(root, ["commit", "-m", "x"])).toMatchObject(BLOCKED);
    run(root, "git", "rm", "--quiet", "--cached", "leak.pem");
    write(join(root, "fine"), "text");
    run(root, "git", "add", "fine");
    expect(attempt(root, ["commit", "-m", "x"]).status).toBe(0);
  });

  test("git commit -a", () => {
    write(join(root, "leak.pem"), "not yet");
    run(root, "git", "add", "leak.pem");
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
    write(join(root, "leak.pem"));
    run(root, "git", "add", "leak.pem");
    run(root, "git", "commit", "--quiet", "--no-verify", "-m", "theirs");
    run(root, "git", "checkout", "--quiet", "main");
    expect(attempt(root, ["merge", "--no-ff", "-m", "merge", "theirs"])).toMatchObject(BLOCKED);
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
    write(join(root, "leak.pem"));
    run(root, "git", "add", "leak.pem");
    expect(attempt(root, ["commit", "-m", "x"], { PATH: `${bin}:/usr/bin:/bin` })).toMatchObject(BLOCKED);
  });
});

test.each([
  ["a recent Node", () => writeFileSync(join(root, CODE, "scripts/recent-node.sh"), "recent() { return 1; }\n")],
  ["its node packages", () => rmSync(join(root, CODE, "node_modules/simple-git"), { recursive: true })],
])("without %s the hook blocks and says what to type", (_, takeAway) => {
  takeAway();
  write(join(root, "fine"), "text");
  run(root, "git", "add", "fine");
  const { status, stderr } = attempt(root, ["commit", "-m", "x"]);
  expect(status).toBe(1);
  expect(stderr).toContain("run at the top of the repository: sh scripts/setup.sh, then commit again");
});

test("a key in the environment goes no further than the hook", () => {
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
