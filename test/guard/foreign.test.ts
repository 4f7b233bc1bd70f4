import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findingLine } from "../../scripts/guard/finding.ts";
import { guardStaged } from "../../scripts/guard/index.ts";
import { guardRange } from "../../scripts/guard/range.ts";
import { plainEnvironment } from "../system/scratch.ts";
import { type Entry, entry, gitlink, Stage, symlink } from "./support/stage.ts";

const RULES = "pki/** -text -ident -working-tree-encoding\npki/private/** filter=git-crypt diff=git-crypt -merge\n";

let stage: Stage;
let base: string;

beforeEach(() => {
  stage = new Stage();
  stage.add([entry(".gitattributes", RULES), entry("package.json", "{}"), entry("docs/package.json", "{}")]);
  base = stage.commit("first");
});
afterEach(() => stage.remove());

const inIndex = async () => (await guardStaged(stage.root)).map(({ path, code }) => `${path} ${code}`);
const inRange = async (range = `${base}..HEAD`) =>
  (await guardRange(stage.root, range)).map(({ path, code }) => `${path} ${code}`);

/** What a finding says to type, typed. */
const type = (command: string | null) =>
  execFileSync("sh", ["-c", command ?? "false"], { cwd: stage.root, env: plainEnvironment(), stdio: "pipe" });

const KINDS: readonly (readonly [what: string, entries: readonly Entry[], path: string])[] = [
  ["a program", [entry("node_modules/.bin/sh", "x")], "node_modules"],
  [
    "a whole tree",
    [entry("a/node_modules/x/index.js", "x"), entry("a/node_modules/y/index.js", "x")],
    "a/node_modules",
  ],
  ["another spelling", [entry("Node_Modules/x.js", "x")], "Node_Modules"],
  ["a symlink", [symlink("node_modules", "../elsewhere")], "node_modules"],
  ["a submodule", [gitlink("docs/node_modules")], "docs/node_modules"],
  ["a lock file that npm prefers", [entry("npm-shrinkwrap.json", "{}")], "npm-shrinkwrap.json"],
  ["a package of its own", [entry("scripts/package.json", "{}")], "scripts/package.json"],
  ["a name with blanks and quotes", [entry("it's [a] */node_modules/x", "x")], "it's [a] */node_modules"],
  ["a name that acts on terminals", [entry("\u001b[2J/node_modules/x", "x")], "\u001b[2J/node_modules"],
  ["a package in such a place", [entry(":\u001b*x/package.json", "x")], ":\u001b*x/package.json"],
];

describe.each(KINDS)("%s among packages", (_, entries, path) => {
  test("blocks a commit, and the command takes it out", async () => {
    stage.add([...entries, entry("other", "text")]);
    const [finding, ...rest] = await guardStaged(stage.root);
    expect([finding, ...rest]).toEqual([expect.objectContaining({ code: "ForeignCode", level: "block", path })]);
    if (finding !== undefined) expect(findingLine(finding)).not.toMatch(/[^\x20-\x7e]/);
    type(finding?.fix ?? null);
    expect(await inIndex()).toEqual([]);
    expect(stage.git("ls-files", "other")).toBe("other\n");
  });

  test("blocks a range while its newest commit has it", async () => {
    stage.add(entries);
    const commit = stage.commit("Update docs");
    const [finding, ...rest] = await guardRange(stage.root, `${base}..HEAD`);
    expect([finding, ...rest]).toEqual([expect.objectContaining({ code: "ForeignCode", path, commit })]);
    type(finding?.fix ?? null);
    expect(await inRange()).toEqual([]);
  });
});

test("what was committed long ago still blocks, though nothing of it changes", async () => {
  stage.add([entry("node_modules/x.js", "x")]);
  const before = stage.commit("long ago");
  stage.add([entry("other", "text")]);
  expect(await inIndex()).toEqual(["node_modules ForeignCode"]);
  stage.commit("x");
  expect(await inRange(`${before}..HEAD`)).toEqual(["node_modules ForeignCode"]);
});

test("a package that the base has may change, one that moves may not", async () => {
  stage.add([entry("docs/package.json", '{ "private": true }')]);
  expect(await inIndex()).toEqual([]);
  stage.commit("x");
  expect(await inRange()).toEqual([]);
  expect(await inRange(`${"0".repeat(40)}..HEAD`)).toEqual(["docs/package.json ForeignCode"]);
  stage.git("rm", "--quiet", "--cached", "docs/package.json");
  stage.add([entry("scripts/package.json", "{}")]);
  expect(await inIndex()).toEqual(["scripts/package.json ForeignCode"]);
  stage.commit("y");
  expect(await inRange()).toEqual(["scripts/package.json ForeignCode"]);
});

test("a merge brings it as well", async () => {
  stage.git("checkout", "--quiet", "--force", "-b", "side");
  stage.add([entry("npm-shrinkwrap.json", "{}")]);
  const side = stage.commit("side");
  const tree = stage.git("rev-parse", `${side}^{tree}`).trim();
  const merge = stage.git("commit-tree", tree, "-p", base, "-p", side, "-m", "merge").trim();
  expect(await inRange(`${base}..${merge}`)).toEqual(["npm-shrinkwrap.json ForeignCode"]);
});

test("Gatehouse's own package is none", async () => {
  stage.add([entry("scripts/node/package.json", "{}"), entry("scripts/node/package-lock.json", "{}")]);
  expect(await inIndex()).toEqual([]);
  stage.commit("x");
  expect(await inRange(`${"0".repeat(40)}..HEAD`)).toEqual(["docs/package.json ForeignCode"]);
});
