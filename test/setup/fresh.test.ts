import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHECKOUT, runProgram } from "../e2e/support/repository.ts";
import { Scratch } from "../e2e/support/scratch.ts";

const COMMANDS = readdirSync(join(CHECKOUT, "scripts")).flatMap((file) => /^(\w+)\.ts$/.exec(file)?.[1] ?? []);
const PACKAGE = JSON.parse(readFileSync(join(CHECKOUT, "package.json"), "utf8"));
const SCRIPTS: Readonly<Record<string, string>> = PACKAGE.scripts;
/** What Node says of where it stopped, and what we say of a bug. */
const TRACE = /^ +at |node:internal|this is a bug/m;

/** A clone just made: our files, and none of node_modules. In a directory whose name a shell has to be given in quotes. */
let scratch: Scratch;
let clone = "";
beforeAll(async () => {
  scratch = new Scratch("fresh");
  clone = scratch.at("it's new");
  mkdirSync(clone);
  for (const part of ["scripts", "package.json", "clients.yaml", ".gitattributes", ".npmrc"])
    cpSync(join(CHECKOUT, part), join(clone, part), { recursive: true });
  await inClone(["git", "init", "--quiet"]);
});
afterAll(() => scratch?.[Symbol.dispose]());

const inClone = (argv: readonly string[], path = process.env["PATH"] ?? "") =>
  runProgram("sh", ["-c", `cd "$1" && shift && exec "$@"`, "sh", clone, ...argv], { PATH: path });

/** The command that was told of, run with nothing but its first program replaced: does a shell take it as it stands? */
async function typed(stderr: string): Promise<string> {
  const line = /^ {2}bring what is missing: (sh .*)$/m.exec(stderr)?.[1] ?? "";
  return (await runProgram("sh", ["-c", line.replace(/^sh /, "printf '%s|' ")])).stdout;
}

describe("in a clone without node_modules", () => {
  // One after the other: each compiles the less, the more the others have left in Node's cache.
  test.each(COMMANDS)("%s can say what its flags are, whatever it would need to do its work", async (command) => {
    const { code, stderr } = await inClone([process.execPath, `scripts/${command}.ts`, "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  // And these: some of them take the repository for themselves.
  test.each(["plan", "reconcile", "status", "check", "create", "start", "deploy", "guard", "unlock", "lock", "serve"])(
    "%s says what to type, and has no stack to show",
    async (command) => {
      const { code, stdout, stderr } = await inClone([process.execPath, "scripts/run.mjs", command]);
      // The guard's 2: it could not decide.
      expect({ code, stdout }).toEqual({ code: command === "guard" ? 2 : 1, stdout: "" });
      expect(stderr).not.toMatch(TRACE);
      expect(stderr).toMatch(/^gatehouse: the package \S+ is not installed here\n/);
      expect(await typed(stderr)).toBe(`${clone}/scripts/setup.sh|`);
    },
  );

  test.each(["lint", "format", "test:fast", "bench"])("npm run %s does too", async (name) => {
    const { code, stderr } = await inClone(["npm", "run", "--silent", name]);
    expect(code).toBe(1);
    expect(stderr).not.toMatch(TRACE);
    expect(await typed(stderr)).toBe(`${clone}/scripts/setup.sh|--test|`);
  });
});

/** What Node older than 22.18 is like: one that takes no TypeScript. And such a one, where the system has it. */
const OLD: readonly (readonly [string, readonly string[]])[] = [
  ["a Node that takes no TypeScript", [process.execPath, "--no-strip-types"]],
  ["the system's Node", ["/usr/bin/node"]],
];

describe.each(OLD)("with %s", (_, node) => {
  test("whatever npm starts says what to type", async (context) => {
    const there = node[0] !== undefined && existsSync(node[0]);
    const features = there
      ? await runProgram(node[0] ?? "", [...node.slice(1), "-p", "process.features.typescript"])
      : null;
    if (!/^(?:undefined|false)$/m.test(features?.stdout ?? "")) return context.skip("it is not old");
    for (const command of ["plan", "guard", "--packages"]) {
      const { code, stderr } = await inClone([...node, "scripts/run.mjs", command]);
      expect(code).toBe(command === "guard" ? 2 : 1);
      expect(stderr).not.toMatch(TRACE);
      expect(stderr).toMatch(/^gatehouse: Node v\S+ cannot run Gatehouse, which is TypeScript\n/);
      expect(await typed(stderr)).toMatch(/\/it's new\/scripts\/setup\.sh\|/);
    }
  });
});

test("npm starts everything of ours by the one file that an old Node can read", () => {
  const started = Object.values(SCRIPTS).flatMap((line) => [...line.matchAll(/\bnode (\S+)(?: (\S+))?/g)]);
  expect(started.length).toBeGreaterThan(COMMANDS.length - 3);
  for (const [, file, name = ""] of started) {
    expect(file).toBe("scripts/run.mjs");
    expect([...COMMANDS, "bench", "--packages"]).toContain(name);
  }
  for (const command of COMMANDS.filter((name) => name !== "bare")) expect(SCRIPTS).toHaveProperty(command);
});

test("it hands arguments and exit code on as they are", async () => {
  const script = "process.exitCode = 3;\nconsole.log(JSON.stringify(process.argv.slice(1)));\n";
  const directory = join(clone, "scripts");
  writeFileSync(join(directory, "echo.ts"), script);
  const { code, stdout } = await inClone([process.execPath, "scripts/run.mjs", "echo", "--a", "b c", ""]);
  expect({ code, said: JSON.parse(stdout) }).toEqual({ code: 3, said: [join(directory, "echo.ts"), "--a", "b c", ""] });
});

test("no file of ours needs what Node 22.18 does not have: declarations with using", () => {
  const files = readdirSync(join(CHECKOUT, "scripts"), { recursive: true, encoding: "utf8" });
  const found = files
    .filter((file) => file.endsWith(".ts"))
    .filter((file) => /^\s*(?:await )?using \w+ =/m.test(readFileSync(join(CHECKOUT, "scripts", file), "utf8")));
  expect(found).toEqual([]);
});
