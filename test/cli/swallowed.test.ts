import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandSpec } from "../../scripts/cli/spec.ts";
import { refuseSwallowed } from "../../scripts/cli/swallowed.ts";
import { UserError } from "../../scripts/model/problem.ts";

const spec: CommandSpec = {
  name: "deploy",
  summary: "a test",
  flags: {
    dryRun: { type: "boolean", description: "change nothing" },
    for: { type: "string", argument: "NAME", description: "one server" },
    head: { type: "string", argument: "REF", description: "a commit" },
  },
};

function hints(env: Record<string, string | undefined>, argv: string[] = []): readonly string[] {
  try {
    refuseSwallowed(spec, env, argv);
    return [];
  } catch (error) {
    if (error instanceof UserError) return error.hints;
    throw error;
  }
}

/** What a script that npm starts with these words sees. */
let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "swallowed-"));
  const scripts = { deploy: "node see.mjs", other: "node see.mjs" };
  writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "x", version: "1.0.0", scripts }));
  const see = "console.log(JSON.stringify({ env: process.env, argv: process.argv.slice(2) }))";
  writeFileSync(join(directory, "see.mjs"), see);
});
afterAll(() => rmSync(directory, { recursive: true }));

function throughNpm(script: string, ...words: string[]): readonly string[] {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const result = spawnSync("npm", ["run", "-s", script, ...words], { cwd: directory, env: clean, encoding: "utf8" });
  const seen = JSON.parse(result.stdout);
  return hints(seen.env, seen.argv);
}

describe("flags that the real npm keeps for itself", () => {
  it.each([
    ["a switch", ["--dry-run"], "Type: npm run deploy -- --dry-run"],
    ["a switch that npm has too", ["--json"], "Type: npm run deploy -- --json"],
    ["a value behind an equals sign", ["--for=edge"], "Type: npm run deploy -- --for edge"],
    ["a value that npm hands on as a word", ["--for", "edge"], "Type: npm run deploy -- --for edge"],
    ["what npm expands", ["--head", "topic"], "Type: npm run deploy -- --head topic"],
    ["a value for a shell", ["--for=a b'c"], "Type: npm run deploy -- --for 'a b'\\''c'"],
    ["two, and a word", ["--dry-run", "--now=2026-01-01", "x"], "Type: npm run deploy -- --dry-run --now 2026-01-01 x"],
  ])("%s is found, and the right line is given", (_, words, line) => {
    expect(throughNpm("deploy", ...words)).toEqual([line]);
  });

  it.each([
    ["nothing is found when nothing was given", ["deploy"]],
    ["nothing is found when the flags stand behind --", ["deploy", "--", "--dry-run", "--json"]],
    ["another command's flag is none of ours", ["deploy", "--frobnicate"]],
    ["a command inside another script is not blamed for that script's flags", ["other", "--json"]],
  ])("%s", (_, [script = "", ...words]) => {
    expect(throughNpm(script, ...words)).toEqual([]);
  });
});

it("npm's negations and unset values are not flags", () => {
  expect(hints({ npm_lifecycle_event: "deploy", npm_config_json: "", npm_config_dry_run: "false" })).toEqual([]);
});
