import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { PATIENCE } from "../../../support/patience.ts";
import { npmStandIn } from "../../../system/npm-stand-in.ts";
import type { Variables } from "../../support/repository.ts";
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
   * From here on `npm ci` puts links to this checkout's packages there, in place of what a runner would fetch, and
   * `npm run -s NAME -- …` runs what package.json says without npm, which takes as long as it again.
   */
  linkPackages(): void {
    writeFileSync(
      this.file("bin/npm"),
      npmStandIn(COMPILED).replace("\n", () => RUN),
      { mode: 0o755 },
    );
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
const COMPILED = join(process.env["NODE_COMPILE_CACHE"] ?? tmpdir(), "ci");

/** npm's way with a script: its words as they are, what stands behind `--` as it was given. */
const RUN = `
if [ "$1 $2" = "run -s" ]; then
	script=$(sed -n "s/^    \\"$3\\": \\"\\(.*\\)\\",*$/\\1/p" package.json)
	[ "$script" != "" ] || exit 1
	shift 3
	[ "\${1-}" != -- ] || shift
	PATH=$PWD/node_modules/.bin:$PATH
	export PATH
	eval "$script \\"\\$@\\""
	exit
fi
`;

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
