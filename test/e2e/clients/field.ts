import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Apache, apacheArguments } from "../support/apache.ts";
import { sh, unpacked } from "../support/bundles.ts";
import { Nginx } from "../support/nginx.ts";
import { freePorts } from "../support/ports.ts";
import { Repository } from "../support/repository.ts";
import type { Scratch } from "../support/scratch.ts";

/** A name that every machine knows, for programs that cannot be told an address beside a name. */
export const HOST = "localhost";

export interface Grounds {
  /** `repositories` of clients.yaml, a line each; `@WWW@` is the directory of what is served. */
  readonly repositories: Readonly<Record<string, string>>;
  /** nginx, unless said otherwise. */
  readonly software?: "nginx" | "apache";
  /** Files under pki/, there before anything is made. */
  readonly pki?: Readonly<Record<string, string>>;
}

/** One server with what reconcile rendered, and clients' machines with what `bundle` and install.sh put there. */
export class Field implements AsyncDisposable {
  readonly scratch: Scratch;
  readonly repository: Repository;
  readonly port: number;
  readonly #registry: (clients: readonly string[]) => string;
  #server: Nginx | Apache | undefined;

  private constructor(scratch: Scratch, port: number, registry: (clients: readonly string[]) => string) {
    this.scratch = scratch;
    this.port = port;
    this.#registry = registry;
    this.repository = Repository.fresh(registry([]));
  }

  /** The clients alice and bob, admitted to everything. */
  static async open(scratch: Scratch, { repositories, software = "nginx", pki = {} }: Grounds): Promise<Field> {
    const [port = 0] = await freePorts(1);
    const names = Object.keys(repositories);
    const lines = names.map((name) => `  ${name}: ${repositories[name]?.replace("@WWW@", scratch.at("www"))}\n`);
    const field = new Field(scratch, port, (clients) =>
      registryText(lines.join(""), names, clients, { port, software }),
    );
    try {
      for (const [path, data] of Object.entries(pki)) field.repository.write(`pki/${path}`, data);
      await field.#run("create");
      await field.admit("alice", "bob");
      const run = scratch.at("run");
      field.#server =
        software === "nginx"
          ? await Nginx.start(run, field.repository.at("pki/nginx/nginx.conf"), port)
          : await Apache.start(run, apacheArguments(run, field.repository.at("pki/apache")), port);
      return field;
    } catch (error) {
      await field[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Carries out that these are the clients, and tells the server. */
  async admit(...clients: readonly string[]): Promise<void> {
    this.repository.write("clients.yaml", this.#registry(clients));
    await this.#run("reconcile");
    await this.#server?.reload();
  }

  async #run(command: "create" | "reconcile"): Promise<void> {
    const { code, stdout, stderr } = await this.repository.run(command);
    if (code !== 0) throw new Error(`${command} exits ${code}: ${stdout}${stderr}`);
  }

  /**
   * A client's machine: a directory in which its bundle is installed. Paths in what was installed lead there, as they
   * would lead to / on a machine of its own.
   */
  async machine(name: string, kind: string, system = "linux"): Promise<string> {
    const directory = await unpacked(this.repository, name, "--for", kind);
    const root = this.scratch.at(`${name}-${kind}`);
    mkdirSync(join(root, "etc"), { recursive: true });
    writeFileSync(join(root, "etc/passwd"), readFileSync("/etc/passwd"));
    const { code, said } = sh(["dash"], join(directory, "install.sh"), "--root", root, "--system", system);
    if (code !== 0) throw new Error(`install.sh exits ${code}: ${said}`);
    for (const file of installed(root)) lead(file, root);
    return root;
  }

  /** The access log's record of the request whose target ends so. */
  async record(end: string): Promise<Record<string, unknown>> {
    return (await this.#server?.record(end)) ?? {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.stop();
    this.repository[Symbol.dispose]();
  }
}

function registryText(
  repositories: string,
  names: readonly string[],
  clients: readonly string[],
  { port, software }: { readonly port: number; readonly software: string },
) {
  const entries = clients.map((name) => `  ${name}: { groups: [all] }\n`).join("");
  return `version: 1
authority: { common_name: Test CA, organization: Test Ltd }
limits: { lose: 100% }
repositories:
${repositories}groups:
  all: { repositories: [${names.join(", ")}] }
servers:
  ${HOST}: { software: ${software}, listen: ["127.0.0.1:${port}"], redirect: [] }
clients:${entries === "" ? " {}" : ""}
${entries}`;
}

function installed(root: string): string[] {
  const all = readdirSync(root, { recursive: true, encoding: "utf8" });
  return all.map((path) => join(root, path)).filter((path) => statSync(path).isFile());
}

/** Absolute paths of what bundles install, in what is text. */
function lead(file: string, root: string): void {
  if (file.endsWith(".pem") || file.endsWith(".gpg")) return;
  const text = readFileSync(file, "utf8");
  const led = text.replaceAll(
    /(?<=["= ])\/(?=etc\/(?:apt|gatehouse-client)\/|usr\/local\/etc\/(?:pkg|gatehouse-client)\/)/g,
    `${root}/`,
  );
  if (led !== text) writeFileSync(file, led);
}
