import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { run, scratch } from "../system/scratch.ts";
import { Clone, HOOKS, JUDGES, NPM_CI } from "./support/clone.ts";

const SHELLS = [{ shell: ["dash"] }, { shell: ["busybox", "sh"] }];

let clone: Clone;

describe.each(SHELLS)("under $shell", ({ shell }) => {
  beforeEach(() => {
    clone = new Clone(shell);
  });
  afterEach(() => clone[Symbol.dispose]());

  test("a first run installs packages, Node and hooks, and says so; a second is silent and does nothing", () => {
    const first = clone.setUp("--quiet");
    expect(first).toMatchObject({ status: 0, stdout: "" });
    expect(first.said.split("\n").map((line) => line.split(" ").slice(0, 4).join(" "))).toEqual([
      "setup: installing the node",
      "setup: installing a current",
      "setup: installed git's filter:",
      "setup: installed git's hooks:",
      "",
    ]);
    expect(clone.log()).toEqual([`${NPM_CI} --omit=dev`, NPM_CI]);
    expect(run(clone.root, "node_modules/.bin/node", "--version")).toBe("v26.1.0\n");
    expect(clone.hooks()).toEqual(HOOKS);
    expect(clone.filter()).toContain("/gatehouse/filter/filter.sh");
    expect(clone.setUp("--quiet")).toEqual({ status: 0, signal: null, said: "", stdout: "" });
    expect(clone.log().length).toBe(2);
  });

  test("tests' packages come with --test, and stay without it", () => {
    for (const name of JUDGES) clone.program(name, ":");
    clone.setUp("--quiet");
    expect(clone.setUp("--quiet", "--test").status).toBe(0);
    expect(clone.log()[2]).toBe(NPM_CI);
    clone.write("package-lock.json", "{}");
    expect(clone.setUp("--quiet").status).toBe(0);
    expect(clone.log()[4]).toBe(NPM_CI);
    expect(clone.setUp("--quiet", "--test").said).toBe("");
  });

  test("killed while npm works, the next run starts over", () => {
    clone.program("npm.real", readFileSync(join(clone.bin, "npm"), "utf8"));
    clone.program("npm", `mkdir -p node_modules/half; kill -9 $PPID`);
    expect(clone.setUp("--quiet").signal).toBe("SIGKILL");
    cpSync(join(clone.bin, "npm.real"), join(clone.bin, "npm"));
    expect(clone.setUp("--quiet")).toMatchObject({ status: 0 });
    expect(clone.has("node_modules/half")).toBe(false);
    expect(clone.setUp("--quiet").said).toBe("");
  });

  test("--ci asks for no program and installs no hook, but the filter", () => {
    rmSync(join(clone.bin, "nginx"));
    clone.program("id", "echo 1000");
    expect(clone.setUp("--quiet", "--ci").status).toBe(0);
    expect(clone.hooks()).toEqual([]);
    expect(clone.filter()).toContain("/gatehouse/filter/filter.sh");
  });

  test("a failing npm shows its words and what to do", () => {
    clone.program("npm", "echo network is down >&2; exit 1");
    expect(clone.setUp("--quiet")).toMatchObject({
      status: 1,
      said: expect.stringMatching(/network is down\nsetup: npm ci failed: see above; .*run this again\n$/),
    });
  });

  test("a symlinked node_modules is not touched", () => {
    const elsewhere = scratch();
    writeFileSync(join(elsewhere, "precious"), "");
    symlinkSync(elsewhere, clone.at("node_modules"));
    expect(clone.setUp("--quiet")).toMatchObject({
      status: 1,
      said: expect.stringContaining("node_modules is a symlink"),
    });
    expect(existsSync(join(elsewhere, "precious"))).toBe(true);
  });

  test("the system's own Node is used where it is recent, and another one where it is no longer", () => {
    clone.node("v26.10.0");
    expect(clone.setUp("--quiet").status).toBe(0);
    expect(clone.has("node_modules/.bin/node")).toBe(false);
    clone.node("v20.11.0");
    expect(clone.setUp("--quiet").said).toMatch(/^setup: installing a current Node.*\n$/);
    expect(run(clone.root, "node_modules/.bin/node", "--version")).toBe("v26.1.0\n");
    expect(clone.log()).toEqual([`${NPM_CI} --omit=dev`, NPM_CI]);
  });

  test("another Node in the lock file replaces the one that is here", () => {
    clone.setUp("--quiet");
    clone.write("scripts/node/package-lock.json", "{}");
    expect(clone.setUp("--quiet").said).toMatch(/^setup: installing a current Node/);
    expect(clone.setUp("--quiet").said).toBe("");
  });
});

describe.each(SHELLS)("under $shell, where packages and hooks are here", ({ shell }) => {
  beforeAll(() => {
    clone = new Clone(shell);
    clone.setUp("--quiet");
  });
  beforeEach(() => clone.fake());
  afterAll(() => clone[Symbol.dispose]());

  test.each([
    ["v18.20.0 v22.17.1 v23.11.0 v25.0.0 x", "too old, or at its end"],
    ["v22.18.0 v24.0.0 v26.10.0 v100.0.0", "recent"],
  ])("a Node %s is %s", (versions, what) => {
    for (const version of versions.split(" ")) {
      clone.node(version);
      const { said } = clone.runText(
        `. scripts/recent-node.sh; recent node && echo recent >&2 || echo "too old, or at its end" >&2`,
      );
      expect(`${version} ${said}`).toBe(`${version} ${what}\n`);
    }
  });

  test.each([
    ["apt-get", "  sudo apt-get install -y git-crypt nginx"],
    ["dnf", "  sudo dnf install -y git-crypt nginx"],
    ["apk", "  sudo apk add git-crypt nginx"],
    ["pkg", "  sudo pkg install -y git-crypt nginx"],
    ["none", "  your system's packages for: git-crypt nginx"],
  ])("where it may not install, it says what to type: %s", (manager, line) => {
    if (manager !== "none") clone.program(manager, `echo ${manager} "$*" >> '${clone.bin}/log'`);
    clone.program("id", "echo 1000");
    for (const name of ["git-crypt", "nginx"]) rmSync(join(clone.bin, name));
    const { status, said } = clone.setUp("--quiet");
    expect(status).toBe(1);
    expect(said.split("\n")).toContain(line);
    expect(clone.log().join()).not.toContain("install");
  });

  test("root's apt-get: the lists are fetched only when needed, and no service is started", () => {
    clone.program("id", "echo 0");
    rmSync(join(clone.bin, "nginx"));
    clone.program(
      "apt-get",
      `echo "apt-get $*; policy $('${clone.bin}/policy-rc.d' >/dev/null; echo $?)" >> '${clone.bin}/log'
       case $2 in
       update) : > '${clone.bin}/updated' ;;
       install) [ -e '${clone.bin}/updated' ] && cp '${clone.bin}/openssl' '${clone.bin}/nginx' ;;
       esac`,
    );
    clone.program("systemctl", `echo "systemctl $*" >> '${clone.bin}/log'`);
    const { status, said } = clone.setUp("--quiet");
    expect(status).toBe(0);
    expect(said).toContain("setup: installing nginx (apt-get install -y nginx)\n");
    const install = "apt-get -q install -y --no-install-recommends nginx; policy 101";
    expect(clone.log()).toEqual([install, "apt-get -q update; policy 101", install, "systemctl disable nginx"]);
    expect(existsSync(join(clone.bin, "policy-rc.d"))).toBe(false);
  });

  test("somebody else's policy-rc.d stays as it is", () => {
    clone.program("id", "echo 0");
    rmSync(join(clone.bin, "git-crypt"));
    clone.program("policy-rc.d", "exit 104");
    clone.program("apt-get", `cp '${clone.bin}/openssl' '${clone.bin}/git-crypt'`);
    expect(clone.setUp("--quiet").status).toBe(0);
    expect(readFileSync(join(clone.bin, "policy-rc.d"), "utf8")).toContain("exit 104");
  });

  test("killed while apt-get works, the next run takes its policy-rc.d away", () => {
    clone.program("id", "echo 0");
    rmSync(join(clone.bin, "git-crypt"));
    clone.program("apt-get", `kill -9 $PPID; cp '${clone.bin}/openssl' '${clone.bin}/git-crypt'`);
    expect(clone.setUp("--quiet").signal).toBe("SIGKILL");
    expect(existsSync(join(clone.bin, "policy-rc.d"))).toBe(true);
    expect(clone.setUp("--quiet").status).toBe(0);
    expect(existsSync(join(clone.bin, "policy-rc.d"))).toBe(false);
  });
});

test("an unknown argument is a sentence", () => {
  using one = new Clone(["dash"]);
  expect(one.setUp("--fast")).toMatchObject({ status: 1, said: expect.stringContaining("usage: sh scripts/setup.sh") });
});
