import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, vi } from "vitest";
import { whyUnguarded } from "../../../scripts/check/hooks.ts";
import { openGit } from "../../../scripts/system/git.ts";
import { standIns } from "../../system/npm-stand-in.ts";
import { plainEnvironment, repository, run } from "../../system/scratch.ts";

export type Environment = Readonly<Record<string, string>>;

const HERE = new URL("../../..", import.meta.url).pathname;
const KEY = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** All of it has a name that a shell must be told with care. */
let around: string;
export let root: string;
let linked: string;
export const at = (name: string) => join(around, name);

/** Before and after the tests of a file. */
export function useClone(): void {
  beforeAll(make);
  beforeEach(restore);
  afterAll(() => rmSync(around, { recursive: true, force: true }));
}

/** `mv` of the clone, while `run` runs. */
export async function whileMoved(run: () => Promise<void>): Promise<void> {
  const before = root;
  root = at("moved");
  renameSync(before, root);
  try {
    await run();
  } finally {
    renameSync(root, before);
    root = before;
  }
}

function make(): void {
  around = realpathSync(mkdtempSync(join(tmpdir(), "gatehouse's hooks ")));
  root = at("a clone");
  linked = at("linked");
  mkdirSync(root);
  repository(root);
  for (const part of ["scripts", ".husky", ".gitattributes", "package.json", "package-lock.json"])
    cpSync(join(HERE, part), join(root, part), { recursive: true });
  rmSync(join(root, ".husky/_"), { recursive: true, force: true });
  writeFileSync(join(root, ".gitignore"), "node_modules\n");
  run(root, "git", "add", "--all");
  run(root, "git", "commit", "--quiet", "-m", "first");
  run(root, "git", "worktree", "add", "--quiet", linked);
  writeFileSync(join(root, "leak.pem"), KEY);
  writeFileSync(join(linked, "leak.pem"), KEY);
  setUp();
  for (const name of ["config", "hooks"]) cpSync(join(root, ".git", name), at(`${name}.kept`), { recursive: true });
}

/** A clone that was set up, and in which git looks where it always does; beside it a directory of somebody's hooks. */
function restore(): void {
  for (const name of ["config", "hooks"]) {
    rmSync(join(root, ".git", name), { recursive: true });
    cpSync(at(`${name}.kept`), join(root, ".git", name), { recursive: true });
  }
  for (const path of [
    at("theirs"),
    at("mark"),
    join(root, ".git/gatehouse/hooks-path"),
    join(root, ".git/config.worktree"),
  ])
    rmSync(path, { recursive: true, force: true });
  mkdirSync(at("theirs"));
  theirs(join(at("theirs"), "pre-commit"));
}

/** A hook of somebody else's, that says when it was called; `line`, which was printed for it, is where it was said to be. */
export function theirs(file: string, line = ""): void {
  writeFileSync(file, `#!/bin/sh\n${line}\n: >"${at("mark")}"\n`);
  chmodSync(file, 0o755);
}

export function setUp(env: Environment = {}): string {
  const PATH = `${standIns(at("stand-ins"))}:${process.env["PATH"]}`;
  const done = spawnSync("/bin/sh", ["scripts/setup.sh", "--quiet"], {
    cwd: root,
    env: plainEnvironment({ PATH, ...env }),
    encoding: "utf8",
  });
  expect(done.status === 0 ? "" : done.stderr).toBe("");
  return done.stderr;
}

/** What is printed to be typed, and what is to be put into a hook. */
export function printed(said: string): { readonly commands: readonly string[]; readonly lines: readonly string[] } {
  const all = [...said.matchAll(/^ {2}(.+)$/gm)].map(([, line = ""]) => line);
  return {
    commands: all.filter((line) => !line.endsWith("|| exit")),
    lines: all.filter((line) => line.endsWith("|| exit")),
  };
}

/** Types a command where set-up was typed. */
export function type(command: string, env: Environment = {}): void {
  const PATH = `${standIns(at("stand-ins"))}:${process.env["PATH"]}`;
  execFileSync("/bin/sh", ["-ec", command], { cwd: root, env: plainEnvironment({ PATH, ...env }), stdio: "pipe" });
}

/** A key is refused, here and in a linked worktree, and check agrees; `before` is typed in the same shell. */
export async function expectGuarded(env: Environment = {}, before = ":", trees = [root, linked]): Promise<void> {
  for (const tree of trees) {
    const tried = spawnSync("/bin/sh", ["-c", `${before}\ngit add --force leak.pem && git commit --quiet -m leak`], {
      cwd: tree,
      env: plainEnvironment(env),
      encoding: "utf8",
    });
    expect(tried).toMatchObject({ status: 1, stderr: expect.stringContaining("leak.pem: a private key in the clear") });
    run(tree, "git", "reset", "--quiet");
  }
  if (before === ":") expect(await unguarded(env)).toBe(null);
}

export async function unguarded(env: Environment): Promise<string | null> {
  for (const [name, value] of Object.entries({ ...plainEnvironment(), ...env })) vi.stubEnv(name, value);
  vi.stubEnv("HUSKY", undefined);
  return whyUnguarded(openGit(root), root).finally(() => vi.unstubAllEnvs());
}

/** Git's settings for everybody, in a file of their own. */
export function settings(name: string, ...said: readonly (readonly [key: string, value: string])[]): string {
  rmSync(at(name), { force: true });
  for (const [key, value] of said) run("/", "git", "config", "--file", at(name), key, value);
  return at(name);
}
