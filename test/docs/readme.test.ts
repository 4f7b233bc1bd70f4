import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT, environment } from "../e2e/support/repository.ts";
import { Scratch } from "../e2e/support/scratch.ts";

const README = readFileSync(join(CHECKOUT, "README.md"), "utf8");

interface Step {
  readonly command: string;
  readonly printed: string;
}

/** What a reader pastes, and what the page says is printed then. */
function session(heading: string): Step[] {
  const from = README.indexOf(`\n## ${heading}\n`);
  const block = /```console\n([\s\S]*?)```/.exec(README.slice(from))?.[1] ?? "";
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const end = step.indexOf("\n");
      return { command: step.slice(0, end), printed: step.slice(end + 1) };
    });
}

/** What differs from run to run: instants, serial numbers, CRL numbers, digests. Days change at midnight. */
function steady(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "INSTANT")
    .replace(/sha256:[0-9a-f]{64}/g, "DIGEST")
    .replace(/\b[4-7][0-9A-F]{31}\b/g, "SERIAL")
    .replace(/\b1[789]\d{8}\b/g, "NUMBER")
    .replace(/[\d,]+ days/g, "DAYS");
}

let scratch: Scratch;
let run: (command: string) => string;

/** The files of a fresh clone; programs and packages are this checkout's. */
beforeAll(() => {
  scratch = new Scratch("readme");
  const clone = scratch.at("clone");
  for (const file of ["clients.yaml", "package.json", ".gitattributes", ".gitignore", "pki/README.md"]) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    copyFileSync(join(CHECKOUT, file), join(clone, file));
  }
  for (const link of ["scripts", "node_modules"]) symlinkSync(join(CHECKOUT, link), join(clone, link));
  run = (command) =>
    execFileSync("/bin/sh", ["-c", `{ ${command}; } 2>&1`], {
      cwd: clone,
      encoding: "utf8",
      env: { ...environment(), PATH: `${join(CHECKOUT, "node_modules/.bin")}:${process.env["PATH"]}` },
    });
  run("git init --quiet --initial-branch=main && node scripts/start.ts");
  run("git-crypt export-key ../gatehouse.key && node scripts/start.ts --exported ../gatehouse.key");
  run("git add pki clients.yaml .gitattributes && git commit --quiet --no-verify --message=Begin");
});
afterAll(() => scratch?.[Symbol.dispose]());

describe("the README", () => {
  it("shows what its session prints", () => {
    const steps = session("A session");
    expect(steps.length).toBeGreaterThan(3);
    for (const { command, printed } of steps) expect(steady(run(command))).toBe(steady(printed));
  });

  it("has no line that was left to be filled in", () => {
    expect(README).not.toMatch(/^[A-Z]+_[A-Z_]+$|TODO|TBD/m);
  });
});
