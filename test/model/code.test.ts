import { describe, expect, test } from "vitest";
import { isCode, isDisguised, isForeignCode, isUnderPki } from "../../scripts/model/code.ts";

describe("everything is code but data", () => {
  test.each([
    ["clients.yaml", false],
    ["pki/reqs/alice.req", false],
    ["PKI/reqs/alice.req", false],
    ["README.md", false],
    ["docs/CI.MD", false],
    ["Clients.yaml", true],
    ["pki.sh", true],
    ["scripts/plan.ts", true],
    ["SCRIPTS/plan.ts", true],
    ["Makefile", true],
    [".envrc", true],
    [".gitattributes", true],
    ["docs/picture.svg", true],
    ["README.md.sh", true],
  ])("%s: %s", (path, code) => expect(isCode(path)).toBe(code));
});

test("a path of ours in another spelling is no path of ours", () => {
  expect(["CLIENTS.yaml", "Pki/ca.crt", "PKI"].filter(isDisguised)).toHaveLength(3);
  expect(["clients.yaml", "pki/ca.crt", "scripts/Pki/ca.crt"].filter(isDisguised)).toEqual([]);
  expect(isUnderPki("Pki/ca.crt")).toBe(true);
});

describe("installed packages, and what npm prefers to our lock file, are foreign", () => {
  const known = new Set(["scripts/node/package.json"]);
  test.each([
    ["node_modules/.bin/sh", true],
    ["Node_Modules/x.js", true],
    ["docs/node_modules/readme.md", true],
    ["npm-shrinkwrap.json", true],
    ["docs/NPM-Shrinkwrap.json", true],
    ["docs/package.json", true],
    ["scripts/node/package.json", false],
    ["package.json", false],
    ["package-lock.json", false],
    ["node_modules.md", false],
  ])("%s: %s", (path, foreign) => expect(isForeignCode(path, known)).toBe(foreign));
});
