import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  clientsYaml,
  environment,
  NOON,
  type Ran,
  Repository,
  scriptOf,
  type Variables,
} from "./support/repository.ts";

const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" };
const LATER = "2026-11-22T12:00:00Z";

let ready: Repository;
let other: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(CLIENTS), NOON);
  other = ready.copy();
  other.write("clients.yaml", clientsYaml({ alice: CLIENTS.alice, carol: "{ groups: [guests], csr: true }" }));
  other.write("pki/reqs/carol.req", "this is no request\n");
});
afterAll(() => {
  ready?.[Symbol.dispose]();
  other?.[Symbol.dispose]();
});

/** `plan` with something on standard input. */
function plan(repository: Repository, argv: readonly string[], input = "", variables: Variables = {}): Ran {
  const args = [scriptOf("plan"), "--root", repository.root, ...argv];
  const { status, signal, stdout, stderr, error } = spawnSync(process.execPath, args, {
    env: environment({ GITHUB_STEP_SUMMARY: "", GITHUB_OUTPUT: "", ...variables }),
    encoding: "utf8",
    input,
  });
  if (error) throw error;
  return { code: status, signal, stdout, stderr };
}

const lineOf = (repository: Repository, name: string) =>
  repository.read("clients.yaml").split("\n").indexOf(`  ${name}: { groups: [guests], csr: true }`) + 1;

describe("plan --markdown", () => {
  it("is the comment, and the same made elsewhere from the plan's JSON", () => {
    const here = plan(other, ["--markdown", "--now", LATER]);
    expect(here.code).toBe(1);
    expect(here.stdout).toContain("- REMOVED for ever (cessationOfOperation): bob loses files\n+ carol gains files (");
    expect(here.stdout).toContain("\n! BadRequest: pki/reqs/carol.req: ");
    const json = plan(other, ["--json", "--now", LATER]).stdout;
    const there = plan(ready, ["--markdown", "--from", "-"], json);
    expect({ code: there.code, stdout: there.stdout }).toEqual({ code: 0, stdout: here.stdout });
    other.write("../plan.json", json);
    expect(plan(ready, ["--markdown", "--from", other.beside("plan.json")]).stdout).toBe(here.stdout);
  });

  it("of a clients.yaml that cannot be read is what is wrong with it, here and elsewhere", () => {
    using broken = ready.copy();
    broken.write("clients.yaml", clientsYaml({ alice: "{ groups: [stuff] }" }));
    const here = plan(broken, ["--markdown", "--now", LATER]);
    expect(here.code).toBe(1);
    expect(here.stdout).toContain("**clients.yaml cannot be read: 1 problem.**");
    const json = plan(broken, ["--json", "--now", LATER]).stdout;
    expect(plan(ready, ["--markdown", "--from", "-"], json)).toMatchObject({ code: 0, stdout: here.stdout });
  });

  it.each([
    ["what is no plan", ["--from", "-"], "{}", "plan.changes is not a list"],
    ["what is not JSON", ["--from", "-"], "no", "plan is not JSON"],
    ["a list of errors that is none", ["--from", "-"], '{"errors":[{}]}', "plan.errors[0].file is not text"],
    ["a file that is not there", ["--from", "/nowhere/plan.json"], "", "/nowhere/plan.json cannot be read (ENOENT)"],
    [
      "a base beside a plan that is made",
      ["--from", "-", "--base", "main"],
      "{}",
      "--from shows a plan as it was made",
    ],
    ["two answers at once", ["--json"], "", "--json and --markdown are two answers"],
  ])("refuses %s", (_, argv, input, words) => {
    const { code, stdout, stderr } = plan(ready, ["--markdown", ...argv], input);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("    at ");
  });
});

describe("plan --github", () => {
  const files = () => ({ GITHUB_STEP_SUMMARY: other.beside("summary"), GITHUB_OUTPUT: other.beside("output") });

  it("marks the client's line, appends to the summary and sets the outputs", () => {
    other.write("../summary", "Before\n");
    other.write("../output", "");
    const { code, stdout, stderr } = plan(other, ["--github", "--now", LATER], "", files());
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toContain(`\n::error file=clients.yaml,line=${lineOf(other, "carol")},col=3,title=BadRequest::pki/`);
    const summary = plan(other, ["--markdown", "--now", LATER]).stdout;
    expect(readFileSync(other.beside("summary"), "utf8")).toBe(`Before\n${summary}`);
    const { digest } = JSON.parse(plan(other, ["--json", "--now", LATER]).stdout);
    expect(readFileSync(other.beside("output"), "utf8")).toMatch(
      new RegExp(
        `^digest<<(\\w+)\n${digest}\n\\1\nchanges<<(\\w+)\ntrue\n\\2\nlose<<(\\w+)\n1\n\\3\nrefused<<(\\w+)\ntrue\n\\4\n$`,
      ),
    );
  });

  it("marks what is wrong with clients.yaml where it stands, beside its JSON on standard error", () => {
    using broken = ready.copy();
    broken.write("clients.yaml", clientsYaml({ alice: "{ groups: [stuff] }" }));
    const { code, stdout, stderr } = plan(broken, ["--github", "--json", "--now", LATER]);
    const [{ line, column }] = JSON.parse(stdout).errors;
    expect(code).toBe(1);
    expect(stderr).toContain(`::error file=clients.yaml,line=${line},col=${column},title=clients.yaml::`);
    expect(stderr).toContain("GITHUB_STEP_SUMMARY, GITHUB_OUTPUT: not set here");
  });

  it("a summary that cannot be written is said in words", () => {
    const { code, stderr } = plan(ready, ["--github"], "", { GITHUB_STEP_SUMMARY: "/nowhere/summary" });
    expect(code).toBe(1);
    expect(stderr).toContain("GITHUB_STEP_SUMMARY: /nowhere/summary cannot be written (ENOENT)");
  });
});
