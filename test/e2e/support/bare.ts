import { execFileSync, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT, type Clients, type Ran, Repository, runProgram } from "./repository.ts";

/** No servers unless `extra` has some: nothing on this machine is ever deployed to by accident. */
export function bareYaml(clients: Clients, extra = ""): string {
  const lines = Object.entries(clients).map(([name, entry]) => `  ${name}: ${entry}\n`);
  return `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
repositories:
  pkg: { type: pkg, path: /pkg/, root: /srv/pkg }
  files: { type: files, path: /files/, root: /srv/files }
groups:
  staff: { repositories: [pkg, files] }
  guests: { repositories: [files] }
${extra}clients:
${lines.join("")}`;
}

/** What a hook may count on: git's own directory and the system's; no Node, no home, no settings. */
const BARE_ENVIRONMENT = { PATH: "/usr/bin:/bin", GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };

/** A repository pushed to a bare one with hooks, which has the key. */
export class Served implements Disposable {
  readonly first: Repository;
  readonly bare: string;
  readonly #clones: Repository[] = [];

  private constructor(first: Repository) {
    this.first = first;
    this.bare = first.beside("server.git");
  }

  /** Nothing is pushed yet. */
  static async empty(registry: string): Promise<Served> {
    const served = new Served(await Repository.ready(registry, null));
    const made = await served.create();
    if (made.code !== 0) throw new Error(made.stderr);
    served.first.git("remote", "add", "origin", served.bare);
    return served;
  }

  static async create(registry: string): Promise<Served> {
    const served = await Served.empty(registry);
    execFileSync("git-crypt", ["export-key", served.at("gatehouse/key")], { cwd: served.first.root });
    const { code, stderr } = await served.push(served.first);
    if (code === 0 && stderr.includes("gatehouse: done")) return served;
    served[Symbol.dispose]();
    throw new Error(stderr);
  }

  /** `npm run create -- --bare DIR` */
  create(): Promise<Ran> {
    return runProgram(process.execPath, [
      ...[join(CHECKOUT, "scripts/create.ts"), "--root", this.first.root, "--bare", this.bare],
    ]);
  }

  at(path: string): string {
    return join(this.bare, path);
  }

  read(path: string): string {
    return readFileSync(this.at(path), "utf8");
  }

  /** A contributor's clone: no key, no hooks. */
  clone(): Repository {
    const clone = this.first.clone();
    clone.git("remote", "set-url", "origin", `file://${this.bare}`);
    clone.git("fetch", "--quiet", "origin");
    clone.git("reset", "--quiet", "--hard", "origin/main");
    this.#clones.push(clone);
    return clone;
  }

  push(clone: Repository, ...args: readonly string[]): Promise<Ran> {
    return this.start(clone, ...args).ended;
  }

  /** A push that a test may kill, with everything that it started in its own process group. */
  start(clone: Repository, ...args: readonly string[]): { readonly pid: number; readonly ended: Promise<Ran> } {
    const argv = ["push", "origin", ...(args.length === 0 ? ["main"] : args)];
    const child = spawn("git", argv, {
      cwd: clone.root,
      env: BARE_ENVIRONMENT,
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const ended = new Promise<Ran>((done, fail) => {
      child.once("error", fail);
      child.once("close", (code, signal) => done({ code, signal, stdout: "", stderr: fromRemote(stderr) }));
    });
    return { pid: child.pid ?? 0, ended };
  }

  /** `gatehouse/run`, as a timer would. */
  run(): Promise<Ran> {
    return runProgram(this.at("gatehouse/run"), []);
  }

  /** The commit of a ref, or null. */
  tip(ref = "main"): string | null {
    try {
      const args = ["-C", this.bare, "rev-parse", "--verify", "--quiet", ref];
      return execFileSync("git", args, { encoding: "utf8" }).trim();
    } catch {
      return null;
    }
  }

  /** A file as main has it. */
  show(path: string): string {
    return execFileSync("git", ["-C", this.bare, "show", `main:${path}`], { encoding: "utf8" });
  }

  /** The process that works now, or undefined. */
  worker(): number | undefined {
    try {
      const holder: unknown = JSON.parse(this.read("gatehouse/lock"));
      return typeof holder === "object" && holder !== null ? Number(Reflect.get(holder, "pid")) : undefined;
    } catch {
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    for (const clone of this.#clones) clone[Symbol.dispose]();
    this.first[Symbol.dispose]();
  }
}

/** git pads every line that it relays. */
function fromRemote(text: string): string {
  return text.replace(/^remote: ?/gm, "").replace(/ +$/gm, "");
}

export function edit(clone: Repository, registry: string, message = "Edit"): void {
  writeFileSync(clone.at("clients.yaml"), registry);
  clone.commit(message);
}

export function removeKey(served: Served): void {
  rmSync(served.at("gatehouse/key"));
}
