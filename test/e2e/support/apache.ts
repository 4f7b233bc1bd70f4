import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { listens } from "./nginx.ts";
import { until } from "./ports.ts";

/** Arguments that start Apache from the directory of its configuration, with run directory and logs in one of ours. */
export function apacheArguments(prefix: string, directory: string): string[] {
  const define = (name: string) => ["-C", `Define gatehouse_${name} "${prefix}"`];
  return ["-d", directory, "-f", "httpd.conf", ...define("run"), ...define("log")];
}

/** `apache2 -t`: exit code and everything it says but that all is well. */
export function testConfiguration(args: readonly string[]): { readonly code: number; readonly said: string } {
  const { status, stdout, stderr, error } = spawnSync("apache2", ["-t", ...args], { encoding: "utf8" });
  if (error) throw error;
  const said = `${stdout}${stderr}`.split("\n").filter((line) => line !== "Syntax OK");
  return { code: status ?? -1, said: said.join("\n").trim() };
}

/** A real Apache in the foreground, stopped by its own process id. */
export class Apache implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #prefix: string;
  readonly #exit: Promise<void>;
  #said = "";

  private constructor(prefix: string, args: readonly string[]) {
    this.#prefix = prefix;
    this.#child = spawn("apache2", [...args, "-D", "FOREGROUND"], { stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr?.on("data", (data) => {
      this.#said += String(data);
    });
    this.#exit = new Promise((done) => {
      this.#child.once("exit", () => done());
      this.#child.once("error", () => done());
    });
  }

  /** Starts Apache and waits until it listens on the port (127.0.0.1). @throws Error with what it said, if it ends */
  static async start(prefix: string, args: readonly string[], port: number): Promise<Apache> {
    mkdirSync(prefix, { recursive: true });
    const apache = new Apache(prefix, args);
    try {
      await until(`Apache on port ${port}`, async () => {
        if (apache.#child.exitCode !== null || apache.#child.pid === undefined)
          throw new Error(`Apache ended: ${apache.#said}${apache.log("error.log")}`);
        return (await listens(port)) || undefined;
      });
      return apache;
    } catch (error) {
      await apache.stop();
      throw error;
    }
  }

  /** A graceful restart, and waits for the new children and for the end of the old ones. */
  async reload(): Promise<void> {
    const before = this.#children();
    await this.reloadBesideOld();
    await until("the end of the old children", () => {
      return !this.#children().some((pid) => before.includes(pid)) || undefined;
    });
  }

  /** A graceful restart, and waits for new children only. */
  async reloadBesideOld(): Promise<void> {
    const before = this.#children();
    this.#child.kill("SIGUSR1");
    await until("new children", () => this.#children().some((pid) => !before.includes(pid)) || undefined);
    await sleep(200);
  }

  #children(): string[] {
    const { stdout } = spawnSync("ps", ["-A", "-o", "ppid=,pid="], { encoding: "utf8" });
    const pairs = stdout.split("\n").map((line) => line.trim().split(/\s+/));
    return pairs.filter(([parent]) => parent === String(this.#child.pid)).map(([, pid]) => pid ?? "");
  }

  /** The access log's record of the request whose target ends so; Apache writes it after it has answered. */
  record(end: string): Promise<Record<string, unknown>> {
    const ours = (one: Record<string, unknown>) => String(one["request"]).split(" ")[1]?.endsWith(end) === true;
    return until(`the log's record of ${end}`, () => this.#records().find(ours));
  }

  #records(): Record<string, unknown>[] {
    const lines = this.log("access.log").split("\n").slice(0, -1);
    return lines.map((line) =>
      Object.fromEntries([...line.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value])),
    );
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
