import { execFileSync, spawn } from "node:child_process";
import { hash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { CHECKOUT } from "../../support/checkout.ts";
import { PATIENCE } from "../../support/patience.ts";
import { runHere } from "./command.ts";
import { environment, type Variables } from "./environment.ts";
import { Scratch } from "./scratch.ts";

export { CHECKOUT, environment, type Variables };

/** An instant at which most of these tests take place. */
export const NOON = "2026-11-21T12:00:00Z";

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Command =
  | "start"
  | "create"
  | "adopt"
  | "plan"
  | "reconcile"
  | "status"
  | "check"
  | "deploy"
  | "bundle"
  | "guard"
  | "unlock"
  | "lock"
  | "rekey";

/** The program behind `npm run COMMAND`. */
export function scriptOf(command: Command): string {
  return join(CHECKOUT, `scripts/${command}.ts`);
}

/** Clients by name, each as the YAML of its entry. */
export type Clients = Readonly<Record<string, string>>;

/** A small clients.yaml. `extra` holds more top-level sections. */
export function clientsYaml(clients: Clients, extra = ""): string {
  const lines = Object.entries(clients).map(([name, entry]) => `  ${name}: ${entry}\n`);
  return `version: 1
authority: { common_name: Test CA, organization: Test Ltd, key: ec-p256 }
certificates: { key: ec-p256, lifetime: 365d, renew_before: 30d }
repositories:
  pkg: { type: pkg, path: /pkg/, root: /srv/pkg }
  files: { type: files, path: /files/, root: /srv/files }
groups:
  staff: { repositories: [pkg, files] }
  guests: { repositories: [files] }
servers:
  pkg.example.com: { software: nginx }
${extra}clients:${lines.length === 0 ? " {}" : ""}
${lines.join("")}`;
}

/** A temporary repository of data only: no scripts, no package.json. Commands are those of this checkout. */
export class Repository implements Disposable {
  readonly #scratch: Scratch;
  readonly root: string;

  private constructor(scratch: Scratch) {
    this.#scratch = scratch;
    this.root = scratch.at("work");
  }

  /** Registry, attributes and pki/README.md, committed; no authority yet. */
  static fresh(registry: string): Repository {
    const repository = new Repository(new Scratch("e2e"));
    execFileSync("git", ["init", "--quiet", "--template=", "--initial-branch=main", repository.root], {
      env: environment(),
    });
    // A copy is as git left it: without this, git would have its filter look at every private key of the copy again.
    // Nor does a commit look whether there is something to tidy up, which takes as long as the commit.
    const settings = "[core]\n\tcheckStat = minimal\n\ttrustctime = false\n[maintenance]\n\tauto = false\n";
    appendFileSync(repository.at(".git/config"), settings);
    // Where Node lies in the checkout, git's filter would get a hard link to it, or a copy: 130 MB in each copy of this.
    mkdirSync(repository.at(".git/gatehouse/filter"), { recursive: true });
    symlinkSync(process.execPath, repository.at(".git/gatehouse/filter/node"));
    repository.write("clients.yaml", registry);
    repository.write("pki/README.md", "What all this is.\n");
    cpSync(join(CHECKOUT, ".gitattributes"), repository.at(".gitattributes"));
    repository.commit("Begin");
    return repository;
  }

  /** With an authority, reconciled and committed at an instant. */
  static async ready(registry: string, now: string | null = NOON): Promise<Repository> {
    const repository = Repository.fresh(registry);
    const { code, stderr } = await repository.run("start", ...(now === null ? [] : ["--now", now]));
    if (code !== 0) throw new Error(`start exits ${code}: ${stderr}`);
    repository.settle("Make the authority");
    return repository;
  }

  /** One that lies in `work` of a directory; the directory is gone with it. */
  static found(directory: string): Repository {
    return new Repository(new Scratch("e2e", directory));
  }

  /** The same again, elsewhere: git directory, keys and modes included. */
  copy(): Repository {
    const twin = new Repository(new Scratch("e2e"));
    cpSync(this.root, twin.root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    return twin;
  }

  /** `git clone`: without git-crypt's key, so the private keys in it are ciphertext. */
  clone(): Repository {
    const twin = new Repository(new Scratch("e2e"));
    execFileSync("git", ["clone", "--quiet", "--template=", this.root, twin.root], { env: environment() });
    return twin;
  }

  /** Somewhere beside the repository, gone with it. */
  beside(name: string): string {
    return this.#scratch.at(name);
  }

  at(path: string): string {
    return join(this.root, path);
  }

  read(path: string): string {
    return readFileSync(this.at(path), "utf8");
  }

  write(path: string, data: string | Uint8Array): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), data);
  }

  /** Names in a directory, sorted; none where it is not there. */
  list(directory: string): string[] {
    return lstatSync(this.at(directory), { throwIfNoEntry: false }) ? readdirSync(this.at(directory)).sort() : [];
  }

  git(...args: readonly string[]): string {
    return execFileSync("git", args, { cwd: this.root, env: environment(), encoding: "utf8", maxBuffer: 1 << 26 });
  }

  /** As if private files had been there for a while: git looks again at what is as old as its index. */
  age(): void {
    const then = Math.floor(Date.now() / 1000) - 60;
    for (const entry of readdirSync(this.at("pki/private"), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), then, then);
  }

  /** Commits, and makes copies quick: objects in one pack, and nothing that git has to look at again. */
  settle(message: string): void {
    this.age();
    this.commit(message);
    this.git("repack", "-a", "-d", "--quiet");
  }

  commit(message: string): void {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", `--message=${message}`);
  }

  /** A commit whose author and committer claim a date. */
  commitAt(date: string, message: string): void {
    const env = environment({ GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date });
    this.git("add", "--all");
    execFileSync("git", ["commit", "--quiet", `--message=${message}`], { cwd: this.root, env });
  }

  run(command: Command, ...argv: readonly string[]): Promise<Ran> {
    return this.runWith({}, command, ...argv);
  }

  /** The same as a process of its own, which can be waited for in vain. */
  runAlone(command: Command, ...argv: readonly string[]): Promise<Ran> {
    return runProgram(process.execPath, [scriptOf(command), "--root", this.root, ...argv]);
  }

  /** The same with more environment variables. */
  runWith(extra: Variables, command: Command, ...argv: readonly string[]): Promise<Ran> {
    return runCommand(command, ["--root", this.root, ...argv], extra);
  }

  /** git-crypt's key, exported beside the repository. */
  exportKey(): string {
    const file = this.beside("gatehouse.key");
    rmSync(file, { force: true });
    execFileSync("git-crypt", ["export-key", file], { cwd: this.root, env: environment() });
    return file;
  }

  unlock(keyFile: string): void {
    execFileSync("git-crypt", ["unlock", keyFile], { cwd: this.root, env: environment() });
  }

  /** Path → mode and hash of everything below a directory: equal when not one byte differs. */
  fingerprint(directory = "."): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const entry of readdirSync(this.at(directory), { recursive: true, encoding: "utf8" }).sort()) {
      const file = join(this.at(directory), entry);
      const stat = lstatSync(file);
      found.set(entry, `${stat.mode.toString(8)} ${stat.isFile() ? hash("sha256", readFileSync(file)) : ""}`);
    }
    return found;
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

/** `npm run COMMAND -- ARGV`: here, or in a process of its own where that is to be killed. */
export function runCommand(command: Command, argv: readonly string[], extra: Variables = {}): Promise<Ran> {
  if (!("GATEHOUSE_FAULT" in extra)) return runHere(command, argv, extra);
  return runProgram(process.execPath, [scriptOf(command), ...argv], extra);
}

export function runProgram(program: string, argv: readonly string[], extra: Variables = {}): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn(program, argv, {
      env: environment(extra),
      stdio: ["ignore", "pipe", "pipe"],
      timeout: PATIENCE,
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        said[name] += text;
      });
    child.once("error", fail);
    child.once("close", (code, signal) => done({ code, signal, ...said }));
  });
}
