import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { Foreground } from "./foreground.ts";
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

/** A real Apache in the foreground, reloaded by a graceful restart. */
export class Apache extends Foreground {
  /** Starts Apache and waits until it listens on the port (127.0.0.1). @throws Error with what it said, if it ends */
  static async start(prefix: string, args: readonly string[], port: number): Promise<Apache> {
    mkdirSync(prefix, { recursive: true });
    const apache = new Apache(prefix, ["apache2", ...args, "-D", "FOREGROUND"], "SIGUSR1");
    await apache.listening(port);
    return apache;
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
}
