import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { plainEnvironment, scratch } from "../system/scratch.ts";

const HERE = new URL("../..", import.meta.url).pathname;
const SHELLS = [{ shell: ["dash"] }, { shell: ["busybox", "sh"] }, { shell: ["bash", "--posix"] }];

interface Case {
  readonly init?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What the hook ends with. */
  readonly code?: number;
  readonly rc?: string;
  /** Where the user's settings are: below the home directory unless said otherwise. */
  readonly xdg?: string;
}

interface Seen {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A working tree, a user's home, and in them the same hook, once as husky starts it and once as we do. */
function place({ init, code = 0, rc, xdg }: Case) {
  const around = scratch();
  const tree = join(around, "tree");
  const home = join(around, "home");
  const put = (path: string, text: string) => {
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  };
  // What the hook sees: its arguments, the first entry of PATH, what came on standard input, whether init.sh was read.
  const hook = `[ "$1" != pre-push ] || shift\npath=\${PATH#node_modules/.bin:}\necho "ran $*, \${path%%:*}, \${SET-}, $(cat)"\nexit ${code}\n`;
  put(join(tree, ".husky/pre-push"), hook);
  cpSync(join(HERE, "node_modules/husky/husky"), join(tree, ".husky/_/h"), { recursive: true });
  put(join(tree, ".husky/_/pre-push"), '#!/usr/bin/env sh\n. "$(dirname "$0")/h"');
  for (const path of ["scripts/husky.sh", "scripts/husky-start.sh", "scripts/foreign.sh", "node_modules/husky/husky"])
    cpSync(join(HERE, path), join(around, "code", path), { recursive: true });
  put(join(around, "code/.husky/pre-push"), "exit 9\n");
  put(join(around, "code/scripts/hook.sh"), hook);
  if (init !== undefined)
    put(join(xdg === undefined ? join(home, ".config") : join(around, xdg), "husky/init.sh"), init);
  if (rc !== undefined) put(join(home, ".huskyrc"), rc);
  return { around, tree, home };
}

function run(
  [program = "sh", ...first]: readonly string[],
  args: readonly string[],
  one: Case,
  where: ReturnType<typeof place>,
): Seen {
  const xdg = one.xdg === undefined ? {} : { XDG_CONFIG_HOME: join(where.around, one.xdg) };
  const { status, stdout, stderr } = spawnSync(program, [...first, ...args, "origin", "url"], {
    cwd: where.tree,
    env: { ...plainEnvironment(), HOME: where.home, PATH: "/usr/bin:/bin", ...xdg, ...one.env },
    input: "refs",
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const CASES: Readonly<Record<string, Case>> = {
  "nothing of the user's": {},
  "a hook that fails": { code: 3 },
  "HUSKY=0": { env: { HUSKY: "0" } },
  "HUSKY=1": { env: { HUSKY: "1" } },
  "init.sh, which sets PATH": { init: "export PATH=/opt/node/bin:$PATH\nexport SET=it\n" },
  "init.sh, which switches hooks off": { init: "HUSKY=0\n" },
  "init.sh in another place": { init: "export SET=there\n", xdg: "settings" },
  "init.sh that uses what is not set, and what fails": { init: "false\nexport SET=$NOWHERE.\n" },
  "init.sh that ends": { init: "exit 4\n" },
  "the file that husky has given up": { rc: "export SET=old\n" },
};

describe.each(SHELLS)("under $shell", ({ shell }) => {
  test.each(Object.entries(CASES))("%s: a hook runs as husky starts it in a working tree", (_, one) => {
    const where = place(one);
    const theirs = run(shell, [".husky/_/pre-push"], one, where);
    const ours = run(shell, [join(where.around, "code/scripts/husky.sh"), "hook.sh", "pre-push"], one, where);
    expect(ours).toEqual(theirs);
  });

  test("a branch's node_modules/.bin, which husky puts first into PATH, starts nothing", () => {
    const where = place({});
    const mark = join(where.around, "mark");
    mkdirSync(join(where.tree, "node_modules/.bin"), { recursive: true });
    for (const name of ["sh", "env", "sed", "cat", "basename", "dirname"]) {
      const planted = join(where.tree, "node_modules/.bin", name);
      writeFileSync(planted, `#!/bin/sh\n: >'${mark}'\n`, { mode: 0o755 });
    }
    const ours = run(shell, [join(where.around, "code/scripts/husky.sh"), "hook.sh", "pre-push"], {}, where);
    expect(ours).toEqual({ status: 0, stdout: "ran origin url, /usr/bin, , refs\n", stderr: "" });
    expect(existsSync(mark)).toBe(false);
    run(shell, [".husky/_/pre-push"], {}, where);
    expect(existsSync(mark), "the trap is real").toBe(true);
  });

  test.each(["node_modules/husky/husky", ".husky/pre-push"])(
    "without %s, by which husky would skip it, a hook blocks",
    (path) => {
      const where = place({});
      rmSync(join(where.around, "code", path));
      const ours = run(shell, [join(where.around, "code/scripts/husky.sh"), "hook.sh", "pre-push"], {}, where);
      expect(ours).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("sh scripts/setup.sh") });
    },
  );

  test("HUSKY=2 shows what runs, and no key of the environment", () => {
    const one = { env: { HUSKY: "2", GATEHOUSE_KEY: "the key" }, init: "export SET=it\n" };
    const where = place(one);
    const { status, stdout, stderr } = run(
      shell,
      [join(where.around, "code/scripts/husky.sh"), "hook.sh", "pre-push"],
      one,
      where,
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "ran origin url, /usr/bin, it, refs\n" });
    expect(stderr).toMatch(/^\+ .*init\.sh/m);
    expect(stderr).toMatch(/^\+ echo .?ran origin url/m);
    expect(stderr).not.toContain("the key");
  });

  test.each([
    ["by its full name", "tree/settings", undefined],
    ["by a link", "link", undefined],
    ["by a relative name", undefined, "settings"],
  ])("an init.sh that a branch brings is not read, where the settings lead into the tree %s", (_, xdg, relative) => {
    const one: Case = {
      ...(xdg === undefined ? {} : { xdg }),
      ...(relative && { env: { XDG_CONFIG_HOME: relative } }),
    };
    const where = place({});
    mkdirSync(join(where.tree, "settings/husky"), { recursive: true });
    writeFileSync(join(where.tree, "settings/husky/init.sh"), "export SET=branch\n");
    spawnSync("ln", ["-s", "tree/settings", join(where.around, "link")]);
    const { status, stdout } = run(
      shell,
      [join(where.around, "code/scripts/husky.sh"), "hook.sh", "pre-push"],
      one,
      where,
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "ran origin url, /usr/bin, , refs\n" });
  });

  test("Node is told of no file that could be a branch's", () => {
    const one = { env: { NODE_OPTIONS: "--require ./evil.js", NODE_PATH: "." }, init: "export NODE_PATH=lib\n" };
    const where = place(one);
    writeFileSync(join(where.around, "code/scripts/hook.sh"), 'echo "${NODE_OPTIONS-}${NODE_PATH-}"\n');
    const { stdout } = run(shell, [join(where.around, "code/scripts/husky.sh"), "hook.sh", "pre-push"], one, where);
    expect(stdout).toBe("\n");
  });

  test("what init.sh puts into PATH out of a working tree is taken out again, and a key that it sets", () => {
    const one = {
      init: "export PATH=node_modules/.bin:/x/node_modules/.bin:/opt/bin:$PATH GATEHOUSE_KEY=k\nexport SET=it\n",
    };
    const where = place(one);
    writeFileSync(join(where.around, "code/scripts/hook.sh"), 'echo "$PATH ${GATEHOUSE_KEY-}"\n');
    const { stdout } = run(shell, [join(where.around, "code/scripts/husky.sh"), "hook.sh", "pre-push"], one, where);
    expect(stdout).toBe("/opt/bin:/usr/bin:/bin \n");
  });
});
