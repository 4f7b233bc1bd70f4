import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { until } from "./ports.ts";
import { type Ask, connection } from "./request.ts";

/** A connection that stays open for more requests than one. */
export class HeldOpen implements Disposable {
  readonly #socket: TLSSocket;
  readonly #host: string;
  #received = 0;
  /** The last of what came, as text. */
  end = "";
  closed = false;

  private constructor(socket: TLSSocket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setEncoding("latin1");
    socket.on("data", (data) => {
      this.#received += String(data).length;
      this.end = (this.end + String(data)).slice(-4096);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
    });
  }

  static async open(options: Ask & { readonly sni: string }): Promise<HeldOpen> {
    const socket = connect(connection(options));
    await once(socket, "secureConnect");
    return new HeldOpen(socket, options.sni);
  }

  /** Bytes that have come, headers included. */
  get received(): number {
    return this.#received;
  }

  send(target: string): void {
    this.#socket.write(`GET ${target} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
  }

  /** Sends, waits for the beginning of the answer, and reads no further until `resume`. */
  async begin(target: string): Promise<void> {
    this.send(target);
    await until(`an answer to ${target}`, () => this.#received > 0 || undefined);
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Waits until the server has closed the connection. */
  async over(): Promise<void> {
    await until("the end of the connection", () => this.closed || undefined);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
