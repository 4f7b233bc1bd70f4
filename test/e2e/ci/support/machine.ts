import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { PATIENCE } from "../../../support/patience.ts";
import { CHECKOUT, type Variables } from "../../support/repository.ts";
import { Scratch } from "../../support/scratch.ts";

export interface Ran {
  readonly code: number | null;
  /** Both streams, as a job's log shows them. */
  readonly log: string;
}

/** The directories of one job: a runner that is used once. */
export class Machine implements Disposable {
  readonly #scratch = new Scratch("runner");
  readonly workspace = this.#scratch.at("work");
  readonly temp = this.#scratch.at("temp");
  readonly home = this.#scratch.at("home");
  log = "";

  /** `programs`: in front of the system's; name → text of a script. */
  constructor(programs: Readonly<Record<string, string>> = {}) {
    for (const directory of [this.workspace, this.temp, this.home, this.file("bin")]) mkdirSync(directory);
    for (const [name, text] of Object.entries(programs)) writeFileSync(this.file(`bin/${name}`), text, { mode: 0o755 });
  }

  /** Everything that is on its disk, for what must not be left there. */
  get path(): string {
    return this.#scratch.path;
  }

  file(name: string): string {
    return this.#scratch.at(name);
  }

  /** A program in the workspace; its output is appended to the log. */
  async run(program: string, argv: readonly string[], extra: Variables): Promise<Ran> {
    const ran = await run(program, argv, this.workspace, {
      ...plain(this.file("bin")),
      HOME: this.home,
      TMPDIR: this.temp,
      ...extra,
    });
    this.log += ran.log;
    return ran;
  }

  /**
   * Node packages that a runner would install itself, linked: `scripts/setup.sh` finds all of them there. One by one,
   * for it is right in not touching a node_modules that is itself a link.
   * `lockFile`: the text of one that the job will find in its clone.
   */
  linkPackages(lockFile: (path: string) => string): void {
    const from = join(CHECKOUT, "node_modules");
    const to = join(this.workspace, "node_modules");
    mkdirSync(join(to, ".gatehouse/node"), { recursive: true });
    for (const name of readdirSync(from).filter((entry) => ![".gatehouse", ".cache"].includes(entry)))
      symlinkSync(join(from, name), join(to, name));
    symlinkSync(join(from, ".gatehouse/node/node_modules"), join(to, ".gatehouse/node/node_modules"));
    writeFileSync(join(to, ".gatehouse/package-lock.json"), lockFile("package-lock.json"));
    writeFileSync(join(to, ".gatehouse/node/package-lock.json"), lockFile("scripts/node/package-lock.json"));
    mkdirSync(COMPILED, { recursive: true });
    symlinkSync(COMPILED, join(to, ".cache"));
  }

  /** Whether any file on its disk, but for the packages, holds a text. */
  holds(text: string): boolean {
    return readdirSync(this.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
      .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(text));
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

/** Shared by all jobs here, as a runner's cache would be. */
const COMPILED = join(tmpdir(), "gatehouse-compile-cache", "ci");

/** What a fresh runner has: nobody's identity, no Node of this checkout, nobody to ask. */
function plain(bin: string): Record<string, string> {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => !entry.includes("node_modules"));
  const npmrc = join(process.env["HOME"] ?? "/", ".npmrc");
  return {
    PATH: [bin, ...path].join(delimiter),
    CI: "true",
    NODE_COMPILE_CACHE_PORTABLE: "1",
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    // Where the registry is and what it has sent before is the machine's business, not the job's.
    NPM_CONFIG_USERCONFIG: npmrc,
    NPM_CONFIG_CACHE: join(process.env["HOME"] ?? "/", ".npm"),
    NPM_CONFIG_UPDATE_NOTIFIER: "false",
  };
}

function run(program: string, argv: readonly string[], cwd: string, env: Variables): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn(program, argv, { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: PATIENCE });
    let log = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        log += text;
      });
    child.once("error", fail);
    child.once("close", (code) => done({ code, log }));
  });
}
