import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { until } from "./ports.ts";

/** A real server in the foreground, its logs in one directory, stopped by its own process id. */
export class Foreground implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #prefix: string;
  readonly #reload: NodeJS.Signals;
  readonly #exit: Promise<void>;
  #said = "";

  protected constructor(
    prefix: string,
    argv: readonly [program: string, ...args: string[]],
    reload: NodeJS.Signals,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    const [program, ...args] = argv;
    this.#prefix = prefix;
    this.#reload = reload;
    this.#child = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr?.on("data", (data) => {
      this.#said += String(data);
    });
    this.#exit = new Promise((done) => {
      this.#child.once("exit", () => done());
      this.#child.once("error", () => done());
    });
  }

  /**
   * Waits until it listens on the port (127.0.0.1) and has workers: before that, it may not mind signals. @throws Error with what it said, if it ends, which it then has
   */
  protected async listening(port: number): Promise<void> {
    const program = this.#child.spawnfile;
    try {
      await until(`${program} on port ${port}`, async () => {
        if (this.#child.exitCode !== null || this.#child.pid === undefined)
          throw new Error(`${program} ended: ${this.#said}${this.log("error.log")}`);
        return ((await listens(port)) && this.#workers().length > 0) || undefined;
      });
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Waits for the workers of the new configuration, and for the end of the old ones. */
  async reload(): Promise<void> {
    const before = await this.reloaded();
    await until("the end of the old workers", () => {
      return !this.#workers().some((pid) => before.includes(pid)) || undefined;
    });
  }

  /** Waits for new workers only: old ones that still serve a request stay until it is done. Their process ids. */
  protected async reloaded(): Promise<readonly string[]> {
    const before = this.#workers();
    this.#child.kill(this.#reload);
    await until("new workers", () => this.#workers().some((pid) => !before.includes(pid)) || undefined);
    return before;
  }

  /** Processes whose parent is the master. A retiring worker counts until it is gone. */
  #workers(): string[] {
    const pid = this.#child.pid ?? 0;
    // Linux says it in a file; ps reads about every process of the machine.
    const children = `/proc/${pid}/task/${pid}/children`;
    if (existsSync(children)) return readFileSync(children, "utf8").split(" ").filter(Boolean);
    const { stdout } = spawnSync("ps", ["-A", "-o", "ppid=,pid="], { encoding: "utf8" });
    const pairs = stdout.split("\n").map((line) => line.trim().split(/\s+/));
    return pairs.filter(([parent]) => parent === String(pid)).map(([, pid]) => pid ?? "");
  }

  log(name: string): string {
    const path = join(this.#prefix, name);
    return statSync(path, { throwIfNoEntry: false }) ? readFileSync(path, "utf8") : "";
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.pid !== undefined) this.#child.kill("SIGTERM");
    await this.#exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Whether somebody listens on a port of 127.0.0.1. */
function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}
