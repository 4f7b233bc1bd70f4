import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "./ports.ts";

/** `nginx -t`: exit code and everything it says but the two lines that mean success. */
export function testConfiguration(prefix: string, conf: string): { readonly code: number; readonly said: string } {
  mkdirSync(prefix, { recursive: true });
  const { status, stdout, stderr, error } = spawnSync("nginx", ["-e", "stderr", "-t", "-p", prefix, "-c", conf], {
    encoding: "utf8",
  });
  if (error) throw error;
  const said = `${stdout}${stderr}`.split("\n").filter((line) => !/syntax is ok|test is successful/.test(line));
  return { code: status ?? -1, said: said.join("\n").trim() };
}

/** A real nginx in the foreground, stopped by its own process id. */
export class Nginx implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #prefix: string;
  readonly #exit: Promise<void>;
  #said = "";

  private constructor(prefix: string, conf: string, extra: Readonly<Record<string, string>>) {
    mkdirSync(prefix, { recursive: true });
    this.#prefix = prefix;
    // nginx forgets its environment but for what it is told to keep.
    const kept = Object.keys(extra).map((name) => ` env ${name};`);
    const args = ["-e", "stderr", "-p", prefix, "-c", conf, "-g", `daemon off;${kept.join("")}`];
    const env = { ...process.env, ...extra };
    this.#child = spawn("nginx", args, { env, stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr?.on("data", (data) => {
      this.#said += String(data);
    });
    this.#exit = new Promise((done) => {
      this.#child.once("exit", () => done());
      this.#child.once("error", () => done());
    });
  }

  /** Starts nginx and waits until it listens on the port (127.0.0.1). @throws Error with what it said, if it ends */
  static async start(
    prefix: string,
    conf: string,
    port: number,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<Nginx> {
    const nginx = new Nginx(prefix, conf, extra);
    try {
      await until(`nginx on port ${port}`, async () => {
        if (nginx.#child.exitCode !== null || nginx.#child.pid === undefined)
          throw new Error(`nginx ended: ${nginx.#said}`);
        return (await listens(port)) || undefined;
      });
      return nginx;
    } catch (error) {
      await nginx.stop();
      throw error;
    }
  }

  /** HUP, and waits for the workers of the new configuration, and for the end of the old ones. */
  async reload(): Promise<void> {
    const before = this.#workers();
    await this.reloadBesideOld();
    await until("the end of the old workers", () => {
      return !this.#workers().some((pid) => before.includes(pid)) || undefined;
    });
  }

  /** HUP, and waits for new workers only: old ones that still serve a request stay until it is done. */
  async reloadBesideOld(): Promise<void> {
    const before = this.#workers();
    this.#child.kill("SIGHUP");
    await until("new workers", () => this.#workers().some((pid) => !before.includes(pid)) || undefined);
    // Old ones have been told by then, and close what idles; give a busy machine a moment to let them.
    await sleep(200);
  }

  /** Processes whose parent is nginx's master. A retiring worker counts until it is gone. */
  #workers(): string[] {
    const { stdout } = spawnSync("ps", ["-A", "-o", "ppid=,pid="], { encoding: "utf8" });
    const pairs = stdout.split("\n").map((line) => line.trim().split(/\s+/));
    return pairs.filter(([parent]) => parent === String(this.#child.pid)).map(([, pid]) => pid ?? "");
  }

  /** What the access log says, a record a line. */
  accessLog(): Record<string, unknown>[] {
    const lines = this.log("access.log").split("\n").slice(0, -1);
    return lines.map((line): Record<string, unknown> => JSON.parse(line));
  }

  /** The access log's record of the request whose target ends so; nginx writes it after it has answered. */
  record(end: string): Promise<Record<string, unknown>> {
    const ours = (one: Record<string, unknown>) => String(one["uri"]).endsWith(end);
    return until(`the log's record of ${end}`, () => this.accessLog().find(ours));
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
export function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });
}
