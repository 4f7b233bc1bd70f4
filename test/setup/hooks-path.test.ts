import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { whyUnguarded } from "../../scripts/check/hooks.ts";
import { openGit } from "../../scripts/system/git.ts";
import { standIns } from "../system/npm-stand-in.ts";
import { plainEnvironment, repository, run } from "../system/scratch.ts";

type Environment = Readonly<Record<string, string>>;

const HERE = new URL("../..", import.meta.url).pathname;
const KEY = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** All of it has a name that a shell must be told with care. */
let around: string;
let root: string;
let linked: string;
const at = (name: string) => join(around, name);

beforeAll(() => {
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
});

afterAll(() => rmSync(around, { recursive: true, force: true }));

/** A clone that was set up, and in which git looks where it always does; beside it a directory of somebody's hooks. */
beforeEach(() => {
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
});

/** A hook of somebody else's, that says when it was called; `line`, which was printed for it, is where it was said to be. */
function theirs(file: string, line = ""): void {
  writeFileSync(file, `#!/bin/sh\n${line}\n: >"${at("mark")}"\n`);
  chmodSync(file, 0o755);
}

function setUp(env: Environment = {}): string {
  const PATH = `${standIns(at("stand-ins"))}:${process.env["PATH"]}`;
  const done = spawnSync("/bin/sh", ["scripts/setup.sh", "--quiet"], {
    cwd: root,
    env: plainEnvironment({ PATH, ...env }),
    encoding: "utf8",
  });
  expect(done).toMatchObject({ status: 0 });
  return done.stderr;
}

/** What is printed to be typed, and what is to be put into a hook. */
function printed(said: string): { readonly commands: readonly string[]; readonly lines: readonly string[] } {
  const all = [...said.matchAll(/^ {2}(.+)$/gm)].map(([, line = ""]) => line);
  return {
    commands: all.filter((line) => !line.endsWith("|| exit")),
    lines: all.filter((line) => line.endsWith("|| exit")),
  };
}

/** Types a command where set-up was typed. */
function type(command: string, env: Environment = {}): void {
  const PATH = `${standIns(at("stand-ins"))}:${process.env["PATH"]}`;
  execFileSync("/bin/sh", ["-ec", command], { cwd: root, env: plainEnvironment({ PATH, ...env }), stdio: "pipe" });
}

/** A key is refused, here and in a linked worktree, and check agrees; `before` is typed in the same shell. */
async function expectGuarded(env: Environment = {}, before = ":", trees = [root, linked]): Promise<void> {
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

async function unguarded(env: Environment): Promise<string | null> {
  for (const [name, value] of Object.entries({ ...plainEnvironment(), ...env })) vi.stubEnv(name, value);
  vi.stubEnv("HUSKY", undefined);
  return whyUnguarded(openGit(root), root).finally(() => vi.unstubAllEnvs());
}

/** Git's settings for everybody, in a file of their own. */
function settings(name: string, ...said: readonly (readonly [key: string, value: string])[]): string {
  rmSync(at(name), { force: true });
  for (const [key, value] of said) run("/", "git", "config", "--file", at(name), key, value);
  return at(name);
}

describe.each<[string, () => Environment]>([
  ["the user's settings", () => ({ GIT_CONFIG_GLOBAL: settings("global", ["core.hooksPath", at("theirs")]) })],
  [
    "the system's settings",
    () => ({ GIT_CONFIG_NOSYSTEM: "0", GIT_CONFIG_SYSTEM: settings("system", ["core.hooksPath", at("theirs")]) }),
  ],
  [
    "a file that the user's settings include",
    () => {
      settings("included", ["core.hooksPath", at("theirs")]);
      return { GIT_CONFIG_GLOBAL: settings("global", ["include.path", at("included")]) };
    },
  ],
])("where %s have git look elsewhere", (_, arrange) => {
  test("set-up has it look here, says what is skipped, and a key is refused", async () => {
    const env = arrange();
    expect(await unguarded(env)).toMatch(/does not call Gatehouse's$/);
    expect(setUp(env)).toContain("your own hooks there are not called here");
    expect(setUp(env)).toBe("");
    await expectGuarded(env);
    expect(existsSync(at("mark"))).toBe(false);
  });
});

test("by what is printed the user's own hooks are kept, and in another repository nothing is in their way", async () => {
  const env = { GIT_CONFIG_GLOBAL: settings("global", ["core.hooksPath", at("theirs")]) };
  const { commands, lines } = printed(setUp(env));
  expect({ commands, lines }).toEqual({ commands: [expect.any(String)], lines: [expect.any(String)] });
  for (const hook of ["pre-commit", "pre-merge-commit", "prepare-commit-msg", "pre-applypatch", "pre-push"])
    theirs(join(at("theirs"), hook), lines[0]);
  for (const hook of ["post-checkout", "post-merge"]) theirs(join(at("theirs"), hook), lines[0]);
  type(commands[0] ?? "false", env);
  expect(setUp(env)).toBe("");
  await expectGuarded(env);
  execFileSync("git", ["commit", "--quiet", "--allow-empty", "-m", "x"], { cwd: root, env: plainEnvironment(env) });
  expect(existsSync(at("mark"))).toBe(true);
  rmSync(at("mark"));
  const other = at("other");
  mkdirSync(other);
  repository(other);
  execFileSync("git", ["commit", "--quiet", "--allow-empty", "-m", "x"], { cwd: other, env: plainEnvironment(env) });
  expect(existsSync(at("mark"))).toBe(true);
});

test("a relative path for everybody is the working tree of each: nobody is told to keep it", async () => {
  const env = { GIT_CONFIG_GLOBAL: settings("global", ["core.hooksPath", ".githooks"]) };
  expect(printed(setUp(env))).toEqual({ commands: [], lines: [] });
  await expectGuarded(env, ":", [root]);
});

test("a clone that was moved after that is guarded again by the next set-up", async () => {
  const env = { GIT_CONFIG_GLOBAL: settings("global", ["core.hooksPath", at("theirs")]) };
  setUp(env);
  const before = root;
  root = at("moved");
  renameSync(before, root);
  try {
    expect(await unguarded(env)).toContain("git finds no pre-commit hook");
    setUp(env);
    await expectGuarded(env, ":", [root]);
  } finally {
    renameSync(root, before);
    root = before;
  }
});

describe.each<[string, Environment, string]>([
  [
    "GIT_CONFIG_COUNT",
    {
      GIT_CONFIG_COUNT: "2",
      GIT_CONFIG_KEY_0: "core.hookspath",
      GIT_CONFIG_KEY_1: "user.name",
      GIT_CONFIG_VALUE_1: "x",
    },
    "GIT_CONFIG_VALUE_0",
  ],
])("where the environment has git look elsewhere, by %s,", (_, given, name) => {
  test("the line that is printed lets it look here", async () => {
    const env = { ...given, [name]: at("theirs") };
    const { commands } = printed(setUp(env));
    expect(commands).toHaveLength(1);
    await expectGuarded(env, commands[0]);
    await expectGuarded();
  });
});

test("where git was given the place by -c, the line that is printed takes it away", async () => {
  const env = { GIT_CONFIG_PARAMETERS: `'core.hooksPath'='/nowhere'` };
  const { commands } = printed(setUp(env));
  await expectGuarded(env, commands[0], [root]);
});

describe.each<[string, () => void]>([
  ["this clone's settings", () => run(root, "git", "config", "core.hooksPath", at("theirs"))],
  [
    "this worktree's settings",
    () => {
      run(root, "git", "config", "extensions.worktreeConfig", "true");
      run(root, "git", "config", "--worktree", "core.hooksPath", at("theirs"));
    },
  ],
  [
    "a file that this clone's settings include",
    () => run(root, "git", "config", "include.path", settings("included", ["core.hooksPath", at("theirs")])),
  ],
])("where %s name somebody's wrapper, it stays,", (_, arrange) => {
  test("and by the line that is printed it calls ours", async () => {
    arrange();
    const said = setUp();
    expect(said).toContain("pre-applypatch, pre-commit, pre-merge-commit, pre-push, prepare-commit-msg");
    expect(await unguarded({})).toMatch(/does not call Gatehouse's$/);
    const { lines } = printed(said);
    expect(lines).toHaveLength(1);
    theirs(join(at("theirs"), "pre-commit"), lines[0]);
    expect(setUp()).not.toContain("pre-commit,");
    await expectGuarded();
    expect(existsSync(at("mark"))).toBe(false);
  });

  test("or by the command that is printed it goes", async () => {
    arrange();
    const { commands } = printed(setUp());
    expect(commands).toHaveLength(1);
    type(commands[0] ?? "false");
    expect(setUp()).toBe("");
    await expectGuarded();
  });
});

test("where there is no such directory only the command is printed, and it works", async () => {
  run(root, "git", "config", "core.hooksPath", "/dev/null");
  const { commands, lines } = printed(setUp());
  expect({ lines, commands: commands.length }).toEqual({ lines: [], commands: 1 });
  type(commands[0] ?? "false");
  await expectGuarded({}, ":", [root]);
});

test("somebody's own hook in git's directory stays, and by the line that is printed it calls ours", async () => {
  const hook = join(root, ".git/hooks/pre-commit");
  theirs(hook);
  const { lines } = printed(setUp());
  expect(lines).toHaveLength(1);
  theirs(hook, lines[0]);
  expect(setUp()).toBe("");
  await expectGuarded();
});

test("a program that puts itself before ours, and calls it by another name, is left at it", async () => {
  const hook = join(root, ".git/hooks/pre-commit");
  renameSync(hook, `${hook}.legacy`);
  theirs(hook, `"$0.legacy" "$@" || exit`);
  expect(setUp()).toBe("");
  await expectGuarded({}, ":", [root]);
});

test("set-up and check know a hook that calls ours by the same text", () => {
  const sh = readFileSync(join(HERE, "scripts/setup-hooks.sh"), "utf8");
  const ts = readFileSync(join(HERE, "scripts/check/hooks.ts"), "utf8");
  const text = /^CALLS_OURS='(.*)'$/m.exec(sh)?.[1];
  expect(text).toBe(/^const CALLS_OURS = "(.*)";$/m.exec(ts)?.[1]);
  const places = /in "\$1" "\$1\.legacy" (.*); do/.exec(sh)?.[1];
  expect(places?.split(" ")).toEqual(
    [...(/ELSEWHERE = \[(.*)\]/.exec(ts)?.[1] ?? "").matchAll(/"(.*?)"/g)].map(([, one]) => one),
  );
});
