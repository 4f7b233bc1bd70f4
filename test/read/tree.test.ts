import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { workingTree } from "../../scripts/read/tree.ts";
import { Scratch } from "../e2e/support/scratch.ts";

test("nothing is found below a symlink or a file that stands in a directory's place", () => {
  using scratch = new Scratch("tree");
  mkdirSync(scratch.at("outside/reqs"), { recursive: true });
  writeFileSync(scratch.at("outside/reqs/mallory.req"), "somebody else's");
  mkdirSync(scratch.at("linked"));
  symlinkSync("../outside", scratch.at("linked/pki"));
  mkdirSync(scratch.at("filed"));
  writeFileSync(scratch.at("filed/pki"), "a file");
  mkdirSync(scratch.at("bare"));
  for (const root of ["linked", "filed", "bare"]) {
    const tree = workingTree(scratch.at(root));
    expect([root, tree.walk("pki/reqs")]).toEqual([root, []]);
  }
  expect(workingTree(scratch.at("linked")).walk("pki")).toEqual([{ path: "pki", directory: "", kind: "other" }]);
});
