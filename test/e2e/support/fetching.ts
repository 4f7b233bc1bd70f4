import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import { SERVER, type World } from "./activation.ts";

interface Client {
  readonly port: number;
  readonly secureContext: SecureContext;
}

/** A client that fetches the same file again and again, as a package manager might, until it is told to stop. */
export class Fetching implements AsyncDisposable {
  readonly failures: string[] = [];
  requests = 0;
  #over = false;
  readonly #loops: Promise<void>[];

  /** One loop on connections that are kept, one with a new connection each time. */
  constructor({ tls: port, ca, alice }: Pick<World, "tls" | "ca" | "alice">) {
    const credentials = { ca: readFileSync(ca), cert: readFileSync(alice.cert), key: readFileSync(alice.key) };
    const client = { port, secureContext: createSecureContext(credentials) };
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    const fresh = new Agent({ keepAlive: false });
    this.#loops = [kept, fresh].map(async (agent) => {
      while (!this.#over) {
        await this.#one(client, agent);
        // Its own pace, so that it is not the load of the machine; nothing waits for it.
        await sleep(40);
      }
      agent.destroy();
    });
  }

  async #one(client: Client, agent: Agent): Promise<void> {
    this.requests += 1;
    let answer = await ask(client, agent);
    // A server may close an idle connection while a request is on its way: then it is sent again (RFC 9112, 9.3.1).
    if (answer === "closed") answer = await ask(client, agent);
    if (answer !== "200 packages\n") this.failures.push(answer);
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#loops);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function ask({ port, secureContext }: Client, agent: Agent): Promise<string> {
  return new Promise((done) => {
    const asked = request(
      {
        ...{ agent, host: "127.0.0.1", port, servername: SERVER, path: "/packages/file.txt" },
        ...{ secureContext, headers: { Host: SERVER } },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (data) => {
          text += String(data);
        });
        response.on("end", () => done(`${response.statusCode} ${text}`));
        response.on("error", (error) => done(error.message));
      },
    );
    asked.once("error", (error) => done(asked.reusedSocket ? "closed" : error.message));
    asked.end();
  });
}
