import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findProgram } from "../../scripts/system/programs.ts";
import { plainEnvironment } from "../system/scratch.ts";
import { Clone, NPM_CI } from "./support/clone.ts";

const SHELLS = [{ shell: ["dash"] }, { shell: ["busybox", "sh"] }];

let clone: Clone;
/** Whatever was planted leaves this file when it runs. */
let mark: string;

function start(shell: readonly string[]): void {
  clone = new Clone(shell);
  mark = join(clone.bin, "ran");
  clone.git("add", "--all");
  clone.git("commit", "--quiet", "-m", "first");
  clone.git("tag", "first");
}

/** Programs that tell the key to whoever looks. */
function plant(...paths: readonly string[]): void {
  for (const path of paths) clone.write(path, `#!/bin/sh\necho "$GATEHOUSE_KEY" >> '${mark}'\necho v26.1.0\n`, 0o755);
}

function track(...paths: readonly string[]): void {
  clone.git("add", "--force", "--", ...paths);
}

const BIN = ["sh", "node", "git", "npm", "sed", "env", "cat"].map((name) => `node_modules/.bin/${name}`);
const SECRET = { GATEHOUSE_KEY: "the key" };
/** As npm has it when it runs `npm start`. */
const asNpm = () => ({ ...SECRET, PATH: `${clone.at("node_modules/.bin")}:${clone.bin}` });

/** setup.sh, and what a job in CI does, both with what is planted first in PATH: refused, before npm was started. */
function expectRefusal(...words: readonly string[]): string {
  const own = clone.setUpWith(asNpm(), "--quiet");
  const job = clone.run(asNpm(), "scripts/ci/setup.sh");
  for (const { status, said } of [own, job]) {
    expect({ status, said }).toEqual({ status: 1, said: expect.stringMatching(/^setup: /m) });
    for (const word of words) expect(said).toContain(word);
  }
  expect(existsSync(mark)).toBe(false);
  expect(clone.log()).toEqual([]);
  return own.said;
}

describe.each(SHELLS)("nothing is installed and nothing runs, under $shell:", ({ shell }) => {
  beforeAll(() => start(shell));
  beforeEach(() => {
    clone.git("reset", "--quiet", "--hard", "first");
    clone.git("clean", "--quiet", "-ffdx");
    clone.fake();
  });
  afterAll(() => clone[Symbol.dispose]());

  test.each([
    ["programs", BIN, "node_modules/.bin/cat"],
    ["stamps of an earlier version's", ["node_modules/.gatehouse/package-lock.json"], "node_modules/.gatehouse"],
    ["another spelling", ["Node_Modules/x.js"], "Node_Modules/x.js"],
    ["packages further down", ["docs/it's/node_modules/x.js"], "docs/it's/node_modules/x.js"],
    ["a name that acts on terminals", ["\u001b[2J/node_modules/x.js"], '"\\033[2J/node_modules/x.js"'],
    ["a lock file that npm prefers", ["npm-shrinkwrap.json"], "npm-shrinkwrap.json"],
    ["a package of its own", ["scripts/package.json"], "scripts/package.json"],
  ])("%s in git are refused, and the command that is printed takes them out", (_, paths, shown) => {
    plant(...paths);
    track(...paths);
    clone.git("commit", "--quiet", "-m", "Update docs");
    const said = expectRefusal("nothing was installed or run", `\n  ${shown}`);
    expect(said).not.toMatch(/[^\x20-\x7e\n]/);
    const command = /^ {2}(git rm .*)$/m.exec(said)?.[1] ?? "false";
    execFileSync("sh", ["-c", command], { cwd: clone.root, env: plainEnvironment() });
    expect(clone.runText(". scripts/foreign.sh; foreign_code")).toMatchObject({ status: 0, stdout: "" });
    expect(clone.git("ls-files", "scripts/node", "package.json").split("\n")).toHaveLength(4);
  });

  test.each([
    ["script-shell=./evil"],
    ["node-options=--require ./evil.js"],
    ['"node\\u002doptions"=--require ./evil.js'],
    ["[x]"],
    ["ignore-scripts=false"],
    ["registry=https://packages.example/${GATEHOUSE_KEY}"],
    ["@x:registry=https://packages.example/${GATEHOUSE_KEY}"],
    [" git=./evil"],
    ["//packages.example/:_authToken=${GITHUB_TOKEN}"],
    ["//packages.example/:keyfile=/home/alice/.ssh/id"],
    ["//x"],
  ])("npm's settings of the repository may not say %s", (line) => {
    clone.write(".npmrc", `registry=https://packages.example/\n${line}`);
    expectRefusal(".npmrc may only say where packages come from", line);
  });

  test.each([
    "registry=https://packages.example/\rscript-shell=./evil",
    "# where packages come from\rnode-options=--require ./evil.js",
    "x=\u001b[2J",
  ])("nor hide a line from a shell, nor speak to a terminal: %j", (line) => {
    clone.write(".npmrc", `${line}\n`);
    const said = expectRefusal(".npmrc may only say where packages come from", "(it has control characters)");
    expect(said).not.toMatch(/[^\n\P{Cc}]/u);
  });

  test.each([
    ["that fails", "echo 'fatal: detected dubious ownership' >&2; exit 128"],
    ["that fails to list", `case $* in *ls-files*) exit 128 ;; *) exec '${findProgram("git") ?? "git"}' "$@" ;; esac`],
    ["that is missing", null],
  ])("a git %s is no git that tracks nothing", (_, text) => {
    plant(...BIN);
    clone.program("id", "echo 1000");
    if (text === null) rmSync(join(clone.bin, "git"));
    else clone.program("git", text);
    expectRefusal("git");
  });
});

describe.each(SHELLS)("under $shell", ({ shell }) => {
  beforeEach(() => start(shell));
  afterEach(() => clone[Symbol.dispose]());

  test("what lies there untracked is not believed, by a job in CI or by anybody else", () => {
    plant(...BIN);
    for (const [lock, stamp] of [
      ["package-lock.json", "node_modules/.gatehouse/package-lock.json"],
      ["scripts/node/package-lock.json", "node_modules/.gatehouse/node/package-lock.json"],
    ] as const)
      clone.write(stamp, clone.read(lock));
    expect(clone.run(asNpm(), "scripts/ci/setup.sh").status).toBe(0);
    expect(clone.log()).toEqual([`${NPM_CI} --omit=dev`, NPM_CI]);
    // A job goes by nothing that the one before left, its record included.
    plant("node_modules/.bin/node");
    utimesSync(clone.at("node_modules/.bin/node"), 0, 0);
    expect(clone.run(asNpm(), "scripts/ci/setup.sh").status).toBe(0);
    expect(clone.log()).toHaveLength(4);
    expect(clone.read("node_modules/.bin/node")).not.toContain("GATEHOUSE_KEY");
    expect(existsSync(mark)).toBe(false);
  });

  test.each<[what: string, change: () => void]>([
    ["was changed", () => clone.write("node_modules/husky/package.json", "{}")],
    ["came", () => plant("node_modules/.bin/sh")],
    ["took Node's place", () => plant("node_modules/.bin/node")],
    ["went", () => rmSync(clone.at("node_modules/husky"), { recursive: true })],
  ])("a package that %s since it was installed is installed anew", (_, change) => {
    const again = () => clone.setUpWith({ ...asNpm(), HUSKY: "0" }, "--quiet");
    expect(again().status).toBe(0);
    expect(again().said).toBe("");
    change();
    expect(again().status).toBe(0);
    expect(clone.log()).toHaveLength(4);
    expect(again().said).toBe("");
    expect(existsSync(mark)).toBe(false);
  });

  test("without git everything is installed every time, and a lock file that npm prefers is refused all the same", () => {
    rmSync(clone.at(".git"), { recursive: true });
    clone.node("v26.10.0");
    for (const count of [1, 2]) {
      expect(clone.setUp("--quiet").status).toBe(0);
      expect(clone.log()).toHaveLength(count);
    }
    symlinkSync("elsewhere", clone.at("npm-shrinkwrap.json"));
    expect(clone.setUp("--quiet")).toMatchObject({
      status: 1,
      said: expect.stringContaining("rm npm-shrinkwrap.json"),
    });
  });

  test("npm's settings may say where packages come from; npm is given no key", () => {
    const lines = ["# ours, für uns", "", "; too", "@x:registry=https://p.example/"];
    clone.write(".npmrc", ["registry=https://packages.example/", "script-shell=/bin/sh", ...lines, ""].join("\n"));
    clone.program("npm.real", readFileSync(join(clone.bin, "npm"), "utf8"));
    clone.program("npm", `env >> '${clone.bin}/environment'; exec sh '${clone.bin}/npm.real' "$@"`);
    expect(clone.setUpWith({ ...SECRET, CI_PUSH_TOKEN: "t", TOKEN: "mine" }, "--quiet").status).toBe(0);
    const given = readFileSync(join(clone.bin, "environment"), "utf8");
    expect(given).toContain("TOKEN=mine");
    expect(given).not.toMatch(/^(GATEHOUSE_|CI_)/m);
  });
});
