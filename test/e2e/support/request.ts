import { readFileSync } from "node:fs";
import { connect as connectPlain } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { PATIENCE } from "../../support/patience.ts";
import type { Credentials } from "./authority.ts";

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Ask {
  readonly port: number;
  /** CA that the server's certificate is checked against; where it is absent nothing is checked. */
  readonly ca?: string;
  readonly as?: Credentials | null;
  /** SNI; null sends none. */
  readonly sni: string | null;
  /** Host header; the SNI unless given. */
  readonly host?: string;
  readonly method?: string;
  /** Sent as it is: nothing is decoded, merged or escaped on the way. */
  readonly target?: string;
  readonly headers?: readonly string[];
  readonly tls?: "TLSv1.2" | "TLSv1.3";
  readonly session?: Buffer;
}

export interface Asked extends Answer {
  readonly resumed: boolean;
  /** The last session the server offered, to resume from. */
  readonly session: Buffer | undefined;
}

/** One request over one TLS connection. @throws Error with OpenSSL's words where the handshake fails */
export function ask(options: Ask): Promise<Asked> {
  return new Promise((done, fail) => {
    const socket = connect(connection(options));
    let session = options.session;
    socket.on("session", (offered) => {
      session = offered;
    });
    let resumed = false;
    socket.once("secureConnect", () => {
      resumed = socket.isSessionReused();
      socket.write(requestText(options));
    });
    collect(socket, fail, (text) => done({ ...parseAnswer(text), resumed, session }));
  });
}

/** A request in plain HTTP, as given. */
export function askPlain(port: number, text: string): Promise<Answer> {
  return new Promise((done, fail) => {
    const socket = connectPlain(port, "127.0.0.1", () => socket.write(text));
    collect(socket, fail, (answer) => done(parseAnswer(answer)));
  });
}

/** What `ask` connects with, for tests that hold a connection open. */
export function connection({ port, ca, as, sni, tls, session }: Ask): ConnectionOptions {
  return {
    host: "127.0.0.1",
    port,
    rejectUnauthorized: ca !== undefined,
    ...(sni === null ? { checkServerIdentity: () => undefined } : { servername: sni }),
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(as ? { cert: readFileSync(as.cert), key: readFileSync(as.key) } : {}),
    ...(tls === undefined ? {} : { minVersion: tls, maxVersion: tls }),
    ...(session === undefined ? {} : { session }),
  };
}

function requestText({ sni, host, method = "GET", target = "/", headers = [] }: Ask): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host ?? sni ?? "127.0.0.1"}`,
    "Connection: close",
    ...headers,
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function collect(
  socket: TLSSocket | ReturnType<typeof connectPlain>,
  fail: (error: Error) => void,
  done: (text: string) => void,
): void {
  let text = "";
  socket.setEncoding("latin1");
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error("no answer")));
  socket.on("data", (data) => {
    text += String(data);
  });
  socket.once("error", (error) => (text === "" ? fail(error) : done(text)));
  socket.once("close", () => (text === "" ? fail(new Error("closed without an answer")) : done(text)));
}

function parseAnswer(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  return { status: Number(first.split(" ")[1]), headers, body: text.slice(end + 4) };
}
