import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { plainEnvironment, repository, run } from "../system/scratch.ts";
import {
  at,
  type Environment,
  expectGuarded,
  printed,
  root,
  settings,
  setUp,
  theirs,
  type,
  unguarded,
  useClone,
  whileMoved,
} from "./support/hooks-clone.ts";

const HERE = new URL("../..", import.meta.url).pathname;

useClone();

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
  await whileMoved(async () => {
    expect(await unguarded(env)).toContain("git finds no pre-commit hook");
    setUp(env);
    await expectGuarded(env, ":", [root]);
  });
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
