import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { until } from "./ports.ts";
import { environment, type Repository, type Variables } from "./repository.ts";

const SCRIPT = fileURLToPath(new URL("../../../scripts/serve.ts", import.meta.url));

/** A running `serve`, whose temporary files are in a directory of its own. */
export class Serving implements AsyncDisposable {
  readonly #root: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  readonly temporary: string;
  stdout = "";
  stderr = "";

  private constructor(repository: Repository, argv: readonly string[], extra: Variables) {
    this.#root = repository.root;
    this.temporary = repository.beside("tmp");
    mkdirSync(this.temporary, { recursive: true });
    chmodSync(this.temporary, 0o755);
    this.#child = spawn(process.execPath, [SCRIPT, "--root", repository.root, ...argv], {
      env: environment({ TMPDIR: this.temporary, ...extra }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout?.on("data", (chunk) => {
      this.stdout += String(chunk);
    });
    this.#child.stderr?.on("data", (chunk) => {
      this.stderr += String(chunk);
    });
    this.#exit = new Promise((done) => this.#child.once("close", (code) => done(code)));
  }

  /** Runs until it serves, or has ended. */
  static async start(repository: Repository, argv: readonly string[] = [], extra: Variables = {}): Promise<Serving> {
    const serving = new Serving(repository, argv, extra);
    const over = () => serving.#child.exitCode !== null;
    const begun = () => over() || /Ctrl-C stops the server\.\n|^\{.*\}\n/.test(serving.stdout) || undefined;
    await until("serve", begun).catch(async (error: unknown) => {
      await serving.end("SIGKILL");
      throw error;
    });
    return serving;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The lines to paste, by the status that they promise. */
  lines(): Map<number, string> {
    const found = this.stdout.matchAll(/\((\d{3})\):\n {2}(curl .*)\n/g);
    return new Map([...found].map(([, status, line = ""]) => [Number(status), line]));
  }

  /** Pastes one of them into sh, in the clone. Returns the status line's number and everything printed. */
  paste(status: number): { readonly status: number; readonly text: string } {
    const line = this.lines().get(status);
    if (line === undefined) throw new Error(`no line for ${status}:\n${this.stdout}${this.stderr}`);
    const { stdout, stderr } = spawnSync("sh", ["-c", line], { cwd: this.#root, encoding: "utf8" });
    return { status: Number(/^HTTP\/[\d.]+ (\d{3})/.exec(stdout)?.[1]), text: stdout + stderr };
  }

  /** Waits for output: nginx writes its log after it has answered. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return until(String(pattern), () => pattern.exec(this.stdout) ?? undefined);
  }

  /** Sends a signal and waits for the end; the exit code. */
  end(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
    if (this.#child.exitCode === null) this.#child.kill(signal);
    return this.#exit;
  }

  exited(): Promise<number | null> {
    return this.#exit;
  }

  /** Files and processes that are left. */
  remains(): string[] {
    const { stdout } = spawnSync("ps", ["-A", "-ww", "-o", "pid=,args="], { encoding: "utf8" });
    const processes = stdout.split("\n").filter((line) => line.includes(this.temporary));
    return [...readdirSync(this.temporary), ...processes];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGTERM");
  }
}
