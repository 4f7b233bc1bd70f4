import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { connect } from "node:tls";
import { PATIENCE } from "../../support/patience.ts";
import type { Credentials } from "./authority.ts";
import { freePorts, until } from "./ports.ts";
import type { Scratch } from "./scratch.ts";

/** A machine with stunnel and a directory of releases. The first activation starts stunnel, as its service would. */
export class TunnelPlace implements AsyncDisposable {
  readonly directory: string;
  readonly port: number;
  readonly marker: number;

  private constructor(directory: string, port: number, marker: number) {
    this.directory = directory;
    this.port = port;
    this.marker = marker;
  }

  /** @param globals more lines of the file that stunnel is started with */
  static async make(directory: string, globals: readonly string[] = []): Promise<TunnelPlace> {
    const [port = 0, marker = 0] = await freePorts(2);
    const place = new TunnelPlace(directory, port, marker);
    mkdirSync(`${directory}/run`, { recursive: true, mode: 0o755 });
    const jailed = globals.some((line) => line.startsWith("chroot"));
    const conf = [
      "foreground = yes",
      "syslog = no",
      `pid = ${jailed ? "" : directory}/run/stunnel.pid`,
      ...globals,
      "include = current/stunnel",
    ];
    writeFileSync(`${directory}/stunnel.conf`, `${conf.join("\n")}\n`);
    const settings = [
      `PREFIX='${directory}/run'`,
      `MARKER=127.0.0.1:${marker}`,
      `START="cd '${directory}' && { stunnel4 stunnel.conf >>run/log 2>&1 & }"`,
      "WAIT=4",
    ];
    writeFileSync(`${directory}/activate.conf`, `${settings.join("\n")}\n`, { mode: 0o644 });
    return place;
  }

  get pid(): number {
    const file = `${this.directory}/run/stunnel.pid`;
    return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  }

  get log(): string {
    return readFileSync(`${this.directory}/run/log`, "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid } = this;
    if (pid === 0) return;
    process.kill(pid, "SIGTERM");
    await until("stunnel's end", () => (spawnSync("kill", ["-0", String(pid)]).status === 0 ? undefined : true));
  }
}

/** A service that greets whoever connects, and goes on until somebody says quit. */
export class Greeter implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(greeting: string, port: number) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.write(`${greeting}\n`);
      socket.on("data", (data) => {
        if (String(data).includes("quit")) socket.end();
      });
    });
    this.#server.listen(port, "127.0.0.1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}

export interface Knock {
  /** 127.0.0.1 unless said. */
  readonly host?: string;
  readonly port: number;
  readonly sni: string;
  readonly as: Pick<Credentials, "cert" | "key"> | null;
  readonly tls?: "TLSv1.2" | "TLSv1.3";
}

/** The service's first line, or `refused`. stunnel asks for the certificate before it connects to anything. */
export function knock({ host = "127.0.0.1", port, sni, as, tls }: Knock): Promise<string> {
  return new Promise((done) => {
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      ...(sni === "" ? {} : { servername: sni }),
      ...(as === null ? {} : { cert: readFileSync(as.cert), key: readFileSync(as.key) }),
      ...(tls === undefined ? {} : { minVersion: tls, maxVersion: tls }),
    });
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.once("data", (data) => {
      done(String(data).trim());
      socket.destroy();
    });
    socket.once("error", () => {});
    socket.once("close", () => done("refused"));
  });
}

/** A client's stunnel in the foreground, stopped by its own process id. */
export class TunnelClient implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;
  said = "";

  private constructor(conf: string) {
    this.#child = spawn("stunnel4", [conf], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (data) => {
        this.said += String(data);
      });
    }
    this.#exit = new Promise((done) => this.#child.once("exit", () => done()));
  }

  /** Starts it with a configuration as it is on a client, but in the foreground, and its pid file in the test's directory. */
  static async start(scratch: Scratch, name: string, text: string): Promise<TunnelClient> {
    const pid = scratch.at(`${name}.pid`);
    const conf = text.replace(/^pid = .*$/m, `pid = ${pid}\nforeground = yes\nsyslog = no`);
    const client = new TunnelClient(scratch.write(`${name}.conf`, conf));
    await until("the client's stunnel", () => {
      if (client.#child.exitCode !== null) throw new Error(client.said);
      return existsSync(pid) || undefined;
    });
    return client;
  }

  /** HUP, and waits until the configuration is read again. */
  async reload(): Promise<void> {
    const times = () => this.said.split("Configuration successful").length;
    const before = times();
    this.#child.kill("SIGHUP");
    await until("the reload", () => times() > before || undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill("SIGTERM");
    await this.#exit;
  }
}
