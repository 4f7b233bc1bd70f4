import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { Foreground } from "./foreground.ts";
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

/** A real nginx in the foreground, reloaded by HUP. */
export class Nginx extends Foreground {
  /** Starts nginx and waits until it listens on the port (127.0.0.1). @throws Error with what it said, if it ends */
  static async start(
    prefix: string,
    conf: string,
    port: number,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<Nginx> {
    mkdirSync(prefix, { recursive: true });
    // nginx forgets its environment but for what it is told to keep.
    const kept = Object.keys(extra).map((name) => ` env ${name};`);
    const args = ["-e", "stderr", "-p", prefix, "-c", conf, "-g", `daemon off;${kept.join("")}`];
    const nginx = new Nginx(prefix, ["nginx", ...args], "SIGHUP", { ...process.env, ...extra });
    await nginx.listening(port);
    return nginx;
  }

  /** Waits for new workers, and until the old ones say that they end once they have served what they began to. */
  async reloadBesideOld(): Promise<void> {
    const old = await this.reloaded();
    const title = (pid: string) => spawnSync("ps", ["-o", "args=", "-p", pid], { encoding: "utf8" }).stdout;
    const told = (pid: string) => /^$|shutting down/.test(title(pid));
    await until("the old workers to be told", () => old.every(told) || undefined);
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
}
