import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join, posix } from "node:path";
import { Foreground } from "./foreground.ts";
import { until } from "./ports.ts";

/** Arguments that read the configuration in this directory, with one server: a release has no other. */
export function haproxyArguments(directory: string, server: string): string[] {
  return ["-f", directory, "-f", `${directory}/servers/${server}.cfg`];
}

/** `haproxy -c`: exit code and everything it says but that all is well. Warnings are failures. */
export function testConfiguration(args: readonly string[]): { readonly code: number; readonly said: string } {
  const { status, stdout, stderr, error } = spawnSync("haproxy", ["-c", "-dW", ...args], { encoding: "utf8" });
  if (error) throw error;
  return { code: status ?? -1, said: `${stdout}${stderr}`.replace("Configuration file is valid\n", "").trim() };
}

/** A real HAProxy in the foreground, reloaded by USR2; its access log is what it says on standard output. */
export class Haproxy extends Foreground {
  /** Starts HAProxy and waits until it listens on the port (127.0.0.1). @throws Error with what it said, if it ends */
  static async start(prefix: string, args: readonly string[], port: number): Promise<Haproxy> {
    mkdirSync(prefix, { recursive: true });
    const log = join(prefix, "access.log");
    const argv = ["haproxy", "-W", "-p", join(prefix, "haproxy.pid"), ...args];
    const haproxy = new Haproxy(prefix, ["sh", "-c", 'exec "$@" >>"$0"', log, ...argv], "SIGUSR2");
    await haproxy.listening(port);
    return haproxy;
  }

  /** The access log's record of the request whose target ends so. */
  record(end: string): Promise<Record<string, unknown>> {
    const lines = () =>
      this.log("access.log")
        .split("\n")
        .filter((line) => line.startsWith("{"));
    const records = () => lines().map((line) => JSON.parse(line) as Record<string, unknown>);
    return until(`the log's record of ${end}`, () => records().find(({ uri }) => String(uri).endsWith(end)));
  }
}

/**
 * What a careless server behind HAProxy does: it decodes the path, takes dots and double slashes out of it, and serves
 * whatever file is there.
 */
export class Backend {
  readonly #server: Server;
  /** The clients that it was told of. */
  readonly clients: string[] = [];
  /** The names of the headers that it was sent, in lower case, one list a request. */
  readonly headers: string[][] = [];

  private constructor(www: (name: string) => string) {
    this.#server = createServer(({ url = "", headers, method }, answer) => {
      this.headers.push(Object.keys(headers));
      this.clients.push(String(headers["x-gatehouse-client"]));
      const path = posix.normalize(decodeURIComponent(url.replace(/\?.*/, "")).replaceAll("\\", "/"));
      const file = www(path.replace("/packages-dev/", "/poudriere/.latest/"));
      const there = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
      const body = there ? readFileSync(file) : Buffer.alloc(0);
      answer.writeHead(there ? 200 : 404, { "Content-Length": body.length }).end(method === "GET" ? body : "");
    });
  }

  static async start(port: number, www: (name: string) => string): Promise<Backend> {
    const backend = new Backend(www);
    await new Promise<void>((done) => backend.#server.listen(port, "127.0.0.1", done));
    return backend;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((done) => this.#server.close(() => done()));
  }
}
