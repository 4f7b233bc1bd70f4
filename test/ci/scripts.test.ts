import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProgram } from "../../scripts/system/programs.ts";
import { ORDERS, obeyed } from "../support/runner.ts";
import { plainEnvironment } from "../system/scratch.ts";

const HERE = new URL("../..", import.meta.url).pathname;
const COMMIT = "a".repeat(40);
/** What every system has; all else that a script may call is a stand-in that says what a runner obeys. */
const TOOLS = "sh cat base64 chmod cp env find grep id ln mkdir mktemp mv rm sed tr uname".split(" ");
const SPEAKERS = ["git", "npm", "node", "ssh", "curl"];

/** What runs before there is Node, and what starts all that runs then. */
const SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  "scripts/ci/setup.sh": [],
  "scripts/ci/run.sh": ["reconcile"],
  "scripts/setup.sh": ["--ci"],
};

/** Every job of CI's, with arguments that it takes. */
const JOBS: Readonly<Record<string, (at: (name: string) => string) => readonly string[]>> = {
  carried: () => ["github"],
  deploy: () => [],
  fetch: () => ["refs/pull/7/head", COMMIT],
  reconcile: () => [],
  review: (at) => [COMMIT, at("review")],
  reviews: () => [],
};

test("every script and every job is looked at", () => {
  const files = readdirSync(join(HERE, "scripts/ci"));
  const scripts = files.filter((name) => name.endsWith(".sh")).map((name) => `scripts/ci/${name}`);
  expect([...scripts, "scripts/setup.sh"].sort()).toEqual(Object.keys(SCRIPTS).sort());
  const jobs = files.filter((name) => /^await job\(/m.test(readFileSync(join(HERE, "scripts/ci", name), "utf8")));
  expect(jobs.sort()).toEqual(Object.keys(JOBS).map((name) => `${name}.ts`));
});

let around: string;
const at = (name: string) => join(around, name);
beforeAll(() => {
  around = realpathSync(mkdtempSync(join(tmpdir(), "gatehouse ci ")));
});
afterAll(() => rmSync(around, { recursive: true, force: true }));

/** A checkout, and programs that end with a code and say on both streams what a runner would obey. */
function arrange(code: number, without: readonly string[] = []): void {
  for (const name of ["clone", "bin", "elsewhere", "review"]) {
    rmSync(at(name), { recursive: true, force: true });
    mkdirSync(at(name));
  }
  cpSync(join(HERE, "scripts"), at("clone/scripts"), { recursive: true });
  for (const name of ["package-lock.json", ".npmrc", "package.json"]) cpSync(join(HERE, name), at(`clone/${name}`));
  mkdirSync(at("clone/.git"));
  for (const tool of TOOLS.filter((name) => !without.includes(name)))
    symlinkSync(findProgram(tool) ?? tool, at(`bin/${tool}`));
  writeFileSync(at("words"), ORDERS.map((order) => `${order}\n`).join(""));
  for (const name of SPEAKERS)
    writeFileSync(
      at(`bin/${name}`),
      `#!/bin/sh\npwd >>'${at("called")}'\ncat '${at("words")}'\ncat '${at("words")}' >&2\nexit ${code}\n`,
      { mode: 0o755 },
    );
  rmSync(at("called"), { force: true });
}

/** A job, by the Node that set-up brings, and packages. */
function runJob(name: string) {
  symlinkSync(join(HERE, "node_modules"), at("clone/node_modules"));
  return run("scripts/ci/run.sh", {}, [name, ...(JOBS[name]?.(at) ?? [])]);
}

function run(script: string, env: Readonly<Record<string, string>> = {}, args = SCRIPTS[script] ?? []) {
  return spawnSync("/bin/sh", [at(`clone/${script}`), ...args], {
    cwd: at("elsewhere"),
    env: {
      ...plainEnvironment(),
      PATH: at("bin"),
      CI: "true",
      CI_COMMENT_TOKEN: "x",
      CI_JOB_URL: "x",
      TMPDIR: at("bin"),
      ...env,
    },
    encoding: "utf8",
  });
}

describe.each(Object.keys(SCRIPTS))("%s", (script) => {
  test.each([0, 1])("lets no word of a program that ends with %i be obeyed by a runner", (code) => {
    arrange(code);
    const { stdout, stderr } = run(script);
    expect([...obeyed(stdout), ...obeyed(stderr)]).toEqual([]);
    expect(stdout + stderr).toContain("##\\u005badd-mask]staff");
    if (code === 1) expect(run(script).status).not.toBe(0);
  });

  test("finds its place without any program, whatever CDPATH is", () => {
    arrange(1, ["dirname"]);
    mkdirSync(at("elsewhere/scripts"), { recursive: true });
    writeFileSync(at("elsewhere/scripts/log.sh"), `: >'${at("bin/wrong")}'\n`);
    run(script, { CDPATH: at("elsewhere") });
    expect(existsSync(at("bin/wrong"))).toBe(false);
    expect(existsSync(at("called"))).toBe(true);
  });

  test("goes no further where its place cannot be entered", () => {
    arrange(0);
    const text = `cd() { return 1; }\n. '${at(`clone/${script}`)}'`;
    const done = spawnSync("/bin/sh", ["-c", text, at(`clone/${script}`)], {
      cwd: at("elsewhere"),
      env: { ...plainEnvironment(), PATH: at("bin"), CI: "true" },
      encoding: "utf8",
    });
    expect(done.status).not.toBe(0);
    expect(existsSync(at("called"))).toBe(false);
  });
});

describe.each(Object.keys(JOBS))("the job %s", (name) => {
  test("lets no word of a program that fails be obeyed by a runner, and fails", () => {
    arrange(1);
    const { status, stdout, stderr } = runJob(name);
    expect([...obeyed(stdout), ...obeyed(stderr)]).toEqual([]);
    // That one asks the forge before it starts anything.
    if (name !== "reviews") expect(stdout + stderr).toContain("u005badd-mask]staff");
    expect(status).not.toBe(0);
  });
});

describe("a git that cannot tell has not said no:", () => {
  /** A git that answers, but for one command, with which it fails. */
  const answered = (name: string, failing: string, code: number) => {
    arrange(0);
    const others = `*cat-file*) echo commit ;; *) echo ${COMMIT} ;;`;
    const text = `#!/bin/sh\ncase $* in ${failing}) exit ${code} ;; ${others} esac\n`;
    writeFileSync(at("bin/git"), text, { mode: 0o755 });
    return runJob(name);
  };

  test.each([
    ["carried", "*merge-base*", "what is here is not on main: nothing was carried out"],
    ["deploy", "*merge-base*", "what is here is not on main"],
    ["fetch", "*cat-file*", "the branch has moved on from"],
  ])("%s", (name, failing, words) => {
    for (const code of [2, 128, 137]) {
      const { status, stdout, stderr } = answered(name, failing, code);
      expect([0, 3]).not.toContain(status);
      expect(stdout + stderr).not.toContain(words);
    }
  });

  test("and one that says no is believed", () => {
    const { status, stdout } = answered("carried", "*merge-base*", 1);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining("is not on main") });
  });
});

test("a job that is told to end waits for what it has started, goes no further, and leaves no key", () => {
  arrange(0);
  const npm = `#!/bin/sh\nkill -TERM $PPID\ncat '${at("bin")}'/gatehouse-ci-*/signing-key >'${at("called")}'\n`;
  writeFileSync(at("bin/npm"), npm, { mode: 0o755 });
  symlinkSync(join(HERE, "node_modules"), at("clone/node_modules"));
  const { status } = run("scripts/ci/run.sh", { CI_SIGNING_KEY: "a key" }, ["reconcile"]);
  expect({ status, read: readFileSync(at("called"), "utf8") }).toEqual({ status: 130, read: "a key\n" });
  expect(readdirSync(at("bin")).filter((name) => name.startsWith("gatehouse"))).toEqual([]);
});

test("outside of a job set-up shows what programs say as it is", () => {
  arrange(1);
  const { stderr } = run("scripts/setup.sh", { CI: "" });
  expect(stderr).toContain("##[add-mask]staff");
});

test("what a branch has in its settings of npm is shown, and not obeyed", () => {
  arrange(0);
  writeFileSync(at("clone/.npmrc"), "x=##[add-mask]staff\n");
  rmSync(at("clone/.git"), { recursive: true });
  const { status, stderr } = run("scripts/setup.sh");
  expect({ status, obeyed: obeyed(stderr) }).toEqual({ status: 1, obeyed: [] });
  expect(stderr).toContain("x=##\\u005badd-mask]staff");
});
