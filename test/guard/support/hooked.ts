import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { standIns } from "../../system/npm-stand-in.ts";
import { plainEnvironment, repository, run } from "../../system/scratch.ts";

const HERE = new URL("../../..", import.meta.url).pathname;
const KEY = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** Where setup.sh copied what the hooks run. */
export const CODE = ".git/gatehouse/code";

export const root = repository(realpathSync(mkdtempSync(join(tmpdir(), "gatehouse hooks "))));
/** The one commit that each test begins with. */
export let first: string;

/** Makes `root` a checkout of our own scripts and hooks, as setup.sh leaves it, without a second copy of the node packages. */
export function prepare(): void {
  for (const part of ["scripts", ".husky", ".gitattributes", "package.json", "package-lock.json"]) {
    cpSync(join(HERE, part), join(root, part), { recursive: true });
  }
  rmSync(join(root, ".husky/_"), { recursive: true, force: true });
  writeFileSync(join(root, ".gitignore"), "node_modules\n");
  run(root, "git", "add", "--all");
  run(root, "git", "commit", "--quiet", "-m", "first");
  setUp();
  first = run(root, "git", "rev-parse", "HEAD").trim();
  cpSync(join(root, CODE), join(root, `${CODE}.kept`), { recursive: true, verbatimSymlinks: true });
}

/** COMMIT: nothing under way, main there and the only branch, and nothing else in the tree. */
const CLEAN = `
for what in rebase am cherry-pick merge; do git "$what" --abort 2>/dev/null || :; done
git checkout --quiet --force -B main "$1"
git clean --quiet -fd
git for-each-ref --format='delete %(refname)' refs/heads | sed '/ refs\\/heads\\/main$/d' | git update-ref --stdin
`;
/** As it was. In one shell, which starts git sooner than Node does; and no hook of ours has to see it. */
export function clean(): void {
  const argv = ["-ec", CLEAN, "clean", first];
  execFileSync("sh", argv, { cwd: root, env: plainEnvironment({ HUSKY: "0" }), stdio: "pipe" });
}

/** What a test takes out of the copy comes back. */
export function restoreCode(): void {
  rmSync(join(root, CODE), { recursive: true });
  cpSync(join(root, `${CODE}.kept`), join(root, CODE), { recursive: true, verbatimSymlinks: true });
}

/** setup.sh, with links for packages. */
function setUp(): void {
  const bin = standIns(join(root, ".git", "stand-ins"));
  const env = plainEnvironment({ PATH: `${bin}:${process.env["PATH"]}` });
  execFileSync("sh", ["scripts/setup.sh", "--quiet"], { cwd: root, env, stdio: "pipe" });
}

export function write(path: string, data = KEY): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, data);
}

export function attempt(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawnSync("git", args, { cwd, env: plainEnvironment(env), encoding: "utf8" });
}

/** A commit with a key, made where no hook runs. */
export function leak(message: string): string {
  add("leak.pem");
  expect(attempt(root, ["commit", "--quiet", "-m", message], { HUSKY: "0" }).status).toBe(0);
  const id = run(root, "git", "rev-parse", "HEAD").trim();
  run(root, "git", "checkout", "--quiet", "main");
  return id;
}

/** Another commit on main, so that what follows has to make commits of its own. */
export function goOn(): void {
  add("other", "text");
  run(root, "git", "commit", "--quiet", "-m", "other");
}

/** Writes a file into the checkout, and adds it. */
export function add(path: string, data = KEY): void {
  write(join(root, path), data);
  run(root, "git", "add", path);
}

export const BLOCKED = { status: 1, stderr: expect.stringContaining("leak.pem: a private key in the clear") };
