import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { execute, type Host, type Main } from "../../scripts/cli/run.ts";
import type { CommandSpec } from "../../scripts/cli/spec.ts";
import { UserError } from "../../scripts/model/problem.ts";

const flags = { dryRun: { type: "boolean", description: "change nothing" } } as const;
const spec = {
  name: "deploy",
  summary: "a release to each server",
  flags,
  secrets: "the server's key",
} satisfies CommandSpec<typeof flags>;

/** Runs a command in a made-up surrounding: what it wrote, and its exit code. */
async function run(main: Main<typeof flags>, argv: string[] = [], around: Partial<Host> = {}) {
  const written = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr", isTTY: boolean) => ({
    isTTY,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const host: Host = {
    argv: ["--root", ".", "--now", "2026-11-21", ...argv],
    env: {},
    directory: "/srv/registry",
    stdin: {},
    stdout: stream("stdout", around.env?.["TEST_TERMINAL"] === "1"),
    stderr: stream("stderr", false),
    ...around,
  };
  const code = await execute(spec, main, host);
  return { code, ...written };
}

describe("exit codes and words", () => {
  it("a command that returns nothing is done", async () => {
    expect(await run(async (context) => context.out("hello"))).toEqual({ code: 0, stdout: "hello\n", stderr: "" });
  });

  it("a command may say 2", async () => {
    expect((await run(async () => 2)).code).toBe(2);
  });

  it("narration goes to stderr", async () => {
    expect(await run(async (context) => context.say("working\n"))).toMatchObject({ stdout: "", stderr: "working\n" });
  });

  it("a person's mistake is one line and hints, without a stack", async () => {
    const main = async () => {
      throw new UserError("clients.yaml is missing", "Type: npm start", "Or: git restore clients.yaml");
    };
    const expected = "gatehouse: clients.yaml is missing\n  Type: npm start\n  Or: git restore clients.yaml\n";
    expect(await run(main)).toEqual({ code: 1, stdout: "", stderr: expected });
  });

  it("a mistake's words cannot act on the terminal", async () => {
    const main = async () => {
      throw new UserError("no client \u001b[2Jbob\u202e", "see\r here");
    };
    expect((await run(main)).stderr).toBe("gatehouse: no client \\u{1b}[2Jbob\\u{202e}\n  see\\u{d} here\n");
  });

  it("anything else is a bug of ours, with its stack, and exits 1", async () => {
    const { code, stderr } = await run(async () => {
      throw new TypeError("boom");
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gatehouse: this is a bug in Gatehouse.*\nTypeError: boom\n {4}at /);
  });

  it("a mistake in the flags stops before the command runs", async () => {
    const { code, stderr } = await run(() => Promise.reject(new Error("ran")), ["--dry-rn"]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        "gatehouse: deploy has no flag --dry-rn\n  Did you mean --dry-run?\n  All flags: npm run deploy -- --help\n",
    });
  });
});

describe("what a command is given", () => {
  it("its flags, its root as an absolute path, and the instant", async () => {
    await run(
      async (context) => {
        expect(context.flags.dryRun).toBe(true);
        expect(context).toMatchObject({
          root: resolve("/srv/registry"),
          now: 1_795_219_200,
          nowGiven: true,
          json: false,
        });
      },
      ["--dry-run"],
    ).then(({ code }) => expect(code).toBe(0));
  });

  it.each([
    ["a terminal has colour", { TEST_TERMINAL: "1" }, true],
    ["a pipe has none", {}, false],
    ["NO_COLOR switches it off", { TEST_TERMINAL: "1", NO_COLOR: "1" }, false],
    ["an empty NO_COLOR does not", { TEST_TERMINAL: "1", NO_COLOR: "" }, true],
    ["a dumb terminal has none", { TEST_TERMINAL: "1", TERM: "dumb" }, false],
    ["FORCE_COLOR gives it to a pipe", { FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR=0 takes it from a terminal", { TEST_TERMINAL: "1", FORCE_COLOR: "0" }, false],
  ])("%s", async (_, env, coloured) => {
    const { stdout } = await run(async (context) => context.out(context.style.out.red("x")), [], { env });
    expect(stdout).toBe(coloured ? "\u001b[31mx\u001b[39m\n" : "x\n");
  });
});

it("--help is the whole command on one screen", async () => {
  expect((await run(() => Promise.reject(new Error("ran")), ["--help"])).stdout).toMatchInlineSnapshot(`
    "deploy: a release to each server

      npm run deploy -- [flags]

    Flags
      --dry-run  change nothing

    Flags of every command
      --root DIR     the repository to act on (default: the one around here)
      --now INSTANT  act as of then: RFC 3339, or a date (simulation)
      --json         the result as JSON on stdout
      --help         this text

    Secrets it needs: the server's key.
    "
  `);
});

describe("as a process", () => {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "cli-"));
    const room = pathToFileURL(resolve("scripts/cli/run.ts")).href;
    const body = `import { runCommand } from ${JSON.stringify(room)};
      const spec = { name: "trial", summary: "a trial", flags: {} };
      await runCommand(spec, async ({ out, say, root }) => {
        if (root.endsWith("long")) for (let i = 0; i < 50_000; i++) out("a line that fills the pipe " + i);
        if (root.endsWith("wait")) { say("ready"); await new Promise((done) => setTimeout(done, 30_000)); }
        return root.endsWith("two") ? 2 : 0;
      });`;
    writeFileSync(join(directory, "trial.mjs"), body);
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  const line = (root: string) => [join(directory, "trial.mjs"), "--root", root, "--now", "2026-11-21"];

  it("the exit code is the command's", () => {
    expect(spawnSync(process.execPath, line("two")).status).toBe(2);
  });

  it("a reader that goes away is not an error", () => {
    const script = '"$@" 2>"$0" | head -n 1; echo "${PIPESTATUS[0]}"';
    const errors = join(directory, "stderr");
    const output = execFileSync("bash", ["-c", script, errors, process.execPath, ...line("long")], {
      encoding: "utf8",
    });
    expect(output).toBe("a line that fills the pipe 0\n0\n");
    expect(execFileSync("cat", [errors], { encoding: "utf8" })).toBe("");
  });

  it("Ctrl-C exits 130 and says nothing", async () => {
    const child = spawn(process.execPath, line("wait"));
    let stderr = "";
    child.stderr.on("data", (data) => {
      stderr += data;
      child.kill("SIGINT");
    });
    const code = await new Promise((done) => child.on("close", done));
    expect({ code, stderr }).toEqual({ code: 130, stderr: "ready\n" });
  });
});
