import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Clone, HOOKS, TOOLS } from "./support/clone.ts";

/** Every helper program in turn is missing: set-up does all of its work without, or says that it could not. */
describe("without", () => {
  let clone: Clone;
  beforeAll(() => {
    clone = new Clone(["dash"]);
  });
  afterAll(() => clone[Symbol.dispose]());

  beforeEach(() => {
    clone.fake();
    for (const path of ["node_modules", ".git/gatehouse", ".git/hooks"])
      rmSync(clone.at(path), { recursive: true, force: true });
    rmSync(clone.at(".git/config"));
    clone.git("init", "--quiet");
  });

  test.each([...TOOLS.filter((name) => name !== "sh"), "npm", "node"])("%s", (tool) => {
    rmSync(join(clone.bin, tool));
    const { status, said } = clone.setUp("--quiet");
    if (status === 0) expectComplete(clone);
    else expect(said).toContain(tool);
    // What was left half done is not believed.
    clone.fake();
    expect(clone.setUp("--quiet").status).toBe(0);
    expectComplete(clone);
    rmSync(join(clone.bin, tool));
    const again = clone.setUp("--quiet");
    if (again.status === 0) expectComplete(clone);
    else expect(again.said).toContain(tool);
  });
});

describe("with a program that fails without a word", () => {
  let clone: Clone;
  beforeAll(() => {
    clone = new Clone(["dash"]);
    expect(clone.setUp("--quiet").status).toBe(0);
    // Everything has changed since it was copied and installed: nothing may pass for new enough.
    writeFileSync(clone.at("scripts/hook.sh"), "exit 0\n");
    writeFileSync(clone.at("node_modules/.bin/extra"), "x");
    cpSync(clone.root, `${clone.root} kept`, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  });
  afterAll(() => clone[Symbol.dispose]());

  test.each([...TOOLS.filter((name) => name !== "sh"), "npm", "node"])("%s", (tool) => {
    rmSync(clone.root, { recursive: true });
    cpSync(`${clone.root} kept`, clone.root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    clone.fake();
    clone.program(tool, "exit 3");
    const { status, said } = clone.setUp("--quiet");
    if (status === 0) {
      expectComplete(clone);
      expect(clone.read(".git/gatehouse/code/scripts/hook.sh")).toBe("exit 0\n");
      expect(clone.has("node_modules/.bin/extra")).toBe(false);
    } else expect(said).not.toBe("");
  });
});

function expectComplete(clone: Clone): void {
  expect(clone.hooks()).toEqual(HOOKS);
  expect(clone.filter()).toContain("/gatehouse/filter/filter.sh");
  for (const path of ["husky/package.json", ".bin/node"]) expect(clone.has(`node_modules/${path}`)).toBe(true);
  for (const path of ["scripts/hook.sh", "scripts/foreign.sh", ".husky/pre-commit", "node_modules/.bin/node"])
    expect(clone.has(`.git/gatehouse/code/${path}`)).toBe(true);
}
