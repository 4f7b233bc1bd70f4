import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { execute, type Host, type Main as MainOf } from "../../scripts/cli/run.ts";
import { inert } from "../../scripts/model/printable.ts";
import { UserError } from "../../scripts/model/problem.ts";
import { ORDERS, obeyed } from "../support/runner.ts";

type Main = MainOf<Record<never, never>>;

const SCRIPTS = new URL("../../scripts/", import.meta.url).pathname;
const hostile = fc.string({
  unit: fc.constantFrom(
    ...ORDERS,
    "::",
    ":",
    "##[",
    "#",
    "[",
    " ",
    "\t",
    "\u0085",
    "\n",
    "\r",
    "\u2028",
    "x",
    '"',
    "\\",
  ),
});

/** What a command writes, on both streams; `terminal`: they are a person's. */
async function run(main: Main, env: Host["env"] = {}, terminal = false, argv: readonly string[] = []) {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    isTTY: terminal,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const streams = { stdin: {}, stdout: stream("stdout"), stderr: stream("stderr") };
  const spec = { name: "trial", summary: "a trial", flags: {} };
  await execute(spec, main, { argv: ["--root", "/", ...argv], env, directory: "/", ...streams });
  return written;
}

const WAYS: Readonly<Record<string, (text: string) => Main>> = {
  "a result": (text) => async (context) => context.out(text),
  narration: (text) => async (context) => context.say(text),
  "a mistake": (text) => async () => {
    throw new UserError(text, text);
  },
  "a bug": (text) => async () => {
    throw new Error(text);
  },
  "what is no error": (text) => () => Promise.reject(text),
};

describe.each(Object.entries(WAYS))("%s", (_, way) => {
  it("tells a runner nothing, whatever is in it", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const { stdout, stderr } = await run(way(text));
        expect([...obeyed(stdout), ...obeyed(stderr)]).toEqual([]);
      }),
    );
  });
});

it("words of the command line tell it nothing either", async () => {
  const main: Main = async () => 0;
  for (const order of ORDERS)
    for (const argv of [[order], [`--${order}`], ["--now", order]]) {
      const { stdout, stderr } = await run(main, {}, false, argv);
      expect(stderr).not.toBe("");
      expect([...obeyed(stdout), ...obeyed(stderr)]).toEqual([]);
    }
});

it("JSON stays JSON, of the same value", () => {
  fc.assert(
    fc.property(hostile, fc.constantFrom(0, 2), (text, space) => {
      const value = { [text]: [text, { text }] };
      const shown = inert(JSON.stringify(value, null, space));
      expect(JSON.parse(shown)).toEqual(value);
      expect(obeyed(shown)).toEqual([]);
    }),
  );
});

it("what obeys nothing stays as it is", () => {
  const text = "  + a gains x:: y\nlisten [::]:443\nstd::string # [x]\nsection_start: 1\n";
  expect(inert(text)).toBe(text);
});

it("a long text takes no longer than its length", () => {
  for (const unit of ["\n", " ", "\u0085", "\u0085 ", ":", "#", "##", "\n ", "section_start:"]) {
    const before = performance.now();
    inert(unit.repeat(2_000_000));
    expect(performance.now() - before).toBeLessThan(5000);
  }
});

it.each([
  ["a person's terminal", {}, true, true],
  ["a terminal that a job has", { CI: "true" }, true, false],
  ["a terminal that GitLab's job has", { GITLAB_CI: "true" }, true, false],
  ["a pipe, of a container that knows of no job", {}, false, false],
])("%s", async (_, env, terminal, raw) => {
  const { stdout } = await run(async (context) => context.out("::error::x ##[x]"), env, terminal);
  expect(stdout).toBe(raw ? "::error::x ##[x]\n" : "\\u003a:error::x ##\\u005bx]\n");
});

it("what a runner is to obey is written as it is", async () => {
  const { stdout } = await run(async (context) => context.obey("::error::x", "stdout"), { CI: "true" });
  expect(stdout).toBe("::error::x\n");
});

/** What writes past it, and why no runner obeys that. */
const BY_THEMSELVES: Readonly<Record<string, string>> = {
  "ci/jobs.ts": "hands the streams to what a job starts; run.sh makes all of it inert",
  "cli/ask.ts": "to a person's terminal alone",
  "cli/output.ts": "the one way",
  "cli/run.ts": "hands the streams to it",
  "vault/filter.ts": "runs without the rest, and makes it inert itself",
};
const STREAMS =
  /process\.std(?:out|err)|std(?:out|err).*= process;|\bconsole\.|write(?:Sync|All)\((?:[12]\b|process)|["']inherit["']/;

it("nothing else writes to the streams of the process", () => {
  const files = readdirSync(SCRIPTS, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  const found = files.filter((path) => STREAMS.test(readFileSync(join(SCRIPTS, path), "utf8")));
  expect(found.sort()).toEqual(Object.keys(BY_THEMSELVES).sort());
});

it("only annotations are there to be obeyed", () => {
  const files = readdirSync(SCRIPTS, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  const found = files.filter((path) => /\bobey\(/.test(readFileSync(join(SCRIPTS, path), "utf8")));
  expect(found.sort()).toEqual(["cli/run.ts", "plan.ts"]);
});
