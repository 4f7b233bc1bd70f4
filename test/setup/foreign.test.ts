import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { isForeignCode } from "../../scripts/model/code.ts";
import { Stage } from "../guard/support/stage.ts";
import { plainEnvironment } from "../system/scratch.ts";

const SCRIPT = new URL("../../scripts/foreign.sh", import.meta.url).pathname;
const SHELLS = [{ shell: ["dash"] }, { shell: ["busybox", "sh"] }, { shell: ["bash", "--posix"] }];

/** What scripts/foreign.sh does in a directory; `command` comes after it was read. */
function ask(
  [shell = "sh", ...options]: readonly string[],
  command: string,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
) {
  return spawnSync(shell, [...options, "-c", `. '${SCRIPT}'; ${command}`], {
    cwd,
    env: plainEnvironment(env),
    encoding: "utf8",
  });
}

const FOREIGN = [
  "node_modules/.bin/sh",
  "node_modules/a b/it's.js",
  "docs/node_modules/readme.md",
  "a/b/c/node_modules/x/y/z.js",
  "Node_Modules/x.js",
  "NODE_MODULES/.BIN/NODE",
  "node_module\u017f/x.js",
  "npm-shrinkwrap.json",
  "docs/NPM-Shrinkwrap.json",
  "npm-\u017fhrinkwrap.j\u017fon",
  "docs/package.json",
  "docs/PACKAGE.JSON",
  "docs/pac\u212aage.j\u017fon",
  "scripts/package.json",
  "scripts/node/Package.json",
  "Scripts/node/package.json",
  "scripts/node/x/package.json",
  "\u001b[2J\n/package.json",
  "pki/node_modules/x",
];

const OURS = [
  "package.json",
  "package-lock.json",
  "scripts/node/package.json",
  "scripts/node/package-lock.json",
  "node_modules.md",
  "my_node_modules/x.js",
  "docs/node_modules-2/x.js",
  "docs/npm-shrinkwrap.json.md",
  "docs/my-package.json",
  ".package.json",
  "clients.yaml",
  "pki/ca.crt",
];

test("the model says of each path what the table says", () => {
  expect(FOREIGN.filter((path) => !isForeignCode(path))).toEqual([]);
  expect(OURS.filter((path) => isForeignCode(path))).toEqual([]);
});

describe.each(SHELLS)("under $shell", ({ shell }) => {
  test("what runs before there is a Node says the same of git's index", () => {
    const stage = new Stage();
    // One after the other: git's own order puts a file and a directory of one name apart.
    stage.add([...FOREIGN, ...OURS].map((path) => ({ mode: "100644", path, bytes: Buffer.from("x") })));
    stage.add([{ mode: "160000", path: "modules/node_modules", bytes: null }]);
    stage.add([{ mode: "120000", path: "links/node_modules", bytes: Buffer.from("/tmp") }]);
    const { status, stdout } = ask(shell, "foreign_code", stage.root, { GIT_LITERAL_PATHSPECS: "1" });
    const wanted = [...FOREIGN, "links/node_modules", "modules/node_modules"];
    const quoted = stage.git("-c", "core.quotePath=true", "--literal-pathspecs", "ls-files", "--", ...wanted);
    expect({ status, lines: stdout.split("\n").sort() }).toEqual({ status: 0, lines: quoted.split("\n").sort() });
    expect(quoted.trim().split("\n")).toHaveLength(wanted.length);
    stage.remove();
  });

  test("a git that cannot tell is no git that finds nothing", () => {
    expect(ask(shell, "foreign_code", "/").status).not.toBe(0);
    expect(ask(shell, "PATH=/nowhere; foreign_code", "/").status).not.toBe(0);
  });

  test("PATH keeps what no branch can bring", () => {
    const PATH = "node_modules/.bin:/a/node_modules/.bin:/usr/bin::/b/node_modules/.bin/:.:bin:/bin:/c/node_modules:";
    const { stdout } = ask(shell, `PATH='${PATH}'; own_path; echo "$PATH"`, "/");
    expect(stdout).toBe("/usr/bin:/bin:/c/node_modules\n");
  });

  test("keys leave the environment, also one with line feeds, or all of it is refused", () => {
    const secrets = {
      GATEHOUSE_KEY: "k",
      GATEHOUSE_KEY_FILE: "f",
      CI_PUSH_TOKEN: "t",
      CI_SSH_KEY: "-----\nx=1\n-----",
    };
    const { stdout } = ask(shell, "drop_secrets; env", "/", { ...secrets, CI: "true" });
    for (const name of Object.keys(secrets)) expect(stdout).not.toContain(`${name}=`);
    expect(stdout).toContain("CI=true\n");
    expect(ask(shell, "PATH=/nowhere; drop_secrets", "/", secrets).status).not.toBe(0);
  });
});
