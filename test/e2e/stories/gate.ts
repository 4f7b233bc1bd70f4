import { copyFileSync } from "node:fs";
import type { Credentials } from "../support/authority.ts";
import { curl } from "../support/curl.ts";
import { Nginx } from "../support/nginx.ts";
import { freePorts } from "../support/ports.ts";
import { type Clients, clientsYaml } from "../support/repository.ts";
import { Scratch } from "../support/scratch.ts";
import type { Story } from "../support/story.ts";

const HOST = "pkg.example.com";

/** nginx with what a story left under pki/, on loopback, and copies of what clients were handed on the way. */
export class Gate implements AsyncDisposable {
  readonly #scratch = new Scratch("gate");
  readonly #ports: readonly number[];
  #nginx: Nginx | undefined;

  private constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#scratch.write("www/file.txt", "files\n");
  }

  static async at(): Promise<Gate> {
    return new Gate(await freePorts(2));
  }

  /** clients.yaml with a server that listens here. */
  registry = (clients: Clients): string => {
    const [tls, plain] = this.#ports;
    return clientsYaml(clients)
      .replace("{ software: nginx }", `{ listen: ["127.0.0.1:${tls}"], redirect: ["127.0.0.1:${plain}"] }`)
      .replace("/srv/files", this.#scratch.at("www"));
  };

  /** A copy of the certificate and key that a client has by now: it stays when ours are renewed or gone. */
  take(story: Story, name: string, key: string = story.repository.at(`pki/private/${name}.key`)): Credentials {
    const serial = story.newest(name);
    const taken = { serial, cert: this.#scratch.at(`${serial}.crt`), key: this.#scratch.at(`${serial}.key`) };
    copyFileSync(story.repository.at(`pki/issued/${name}.crt`), taken.cert);
    copyFileSync(key, taken.key);
    return taken;
  }

  async open(story: Story): Promise<void> {
    const conf = story.repository.at("pki/nginx/nginx.conf");
    this.#nginx = await Nginx.start(this.#scratch.at("run"), conf, this.#ports[0] ?? 0);
  }

  async reload(): Promise<void> {
    await this.#nginx?.reload();
  }

  /** The status that nginx answers with, and the client's name in its log. */
  async ask(story: Story, { cert, key }: Credentials): Promise<number> {
    const trust = ["--cacert", story.repository.at("pki/ca.crt"), "--cert", cert, "--key", key];
    const { status } = await curl(HOST, this.#ports[0] ?? 0, "/files/file.txt", ...trust);
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nginx?.stop();
    this.#scratch[Symbol.dispose]();
  }
}
