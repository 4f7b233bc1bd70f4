import { spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { formatInstant, type Instant } from "../../../scripts/model/time.ts";
import { type Installed, sh, unpacked } from "./bundles.ts";
import { Nginx } from "./nginx.ts";
import { freePorts } from "./ports.ts";
import { type Clients, clientsYaml, environment, type Ran, runProgram, type Variables } from "./repository.ts";
import { Story } from "./story.ts";

const ETC = "etc/gatehouse-client";

/** Clients with what install.sh put on them, and a server that real programs ask: renew.sh in the field. */
export class Field implements AsyncDisposable {
  readonly story: Story;
  readonly port: number;
  #nginx: Nginx | null = null;

  private constructor(story: Story, port: number) {
    this.story = story;
    this.port = port;
  }

  static async begin(clients: Clients, on: Instant, requests: readonly string[] = []): Promise<Field> {
    const [port = 0] = await freePorts(1);
    const server = `{ listen: ["127.0.0.1:${port}"], redirect: [], url: "https://localhost:${port}", names: [localhost] }`;
    const registry = (all: Clients) =>
      clientsYaml(all)
        .replace("{ software: nginx }", server)
        .replace("pkg.example.com", "localhost")
        .replace("root: /srv/files", `root: ${story?.repository.beside("served") ?? "/srv/files"}`);
    let story: Story | null = null;
    story = await Story.begin(clients, { on: formatInstant(on), requests, registry });
    const field = new Field(story, port);
    mkdirSync(field.at("served"), { recursive: true });
    chmodSync(field.at("served"), 0o755);
    writeFileSync(field.at("served/file.txt"), "served\n");
    await story.write().reconcile();
    return field;
  }

  at(path: string): string {
    return this.story.repository.beside(path);
  }

  /** Starts nginx with what was carried out, or lets it read that anew. */
  async serve(extra: Variables = {}): Promise<void> {
    if (this.#nginx !== null) return await this.#nginx.reload();
    const conf = this.story.repository.at("pki/nginx/nginx.conf");
    this.#nginx = await Nginx.start(this.at("prefix"), conf, this.port, extra);
  }

  async stop(): Promise<void> {
    await this.#nginx?.stop();
    this.#nginx = null;
  }

  /** Makes a client's bundle and installs it; one with a key of its own has that key already. */
  async install(name: string): Promise<Machine> {
    const { repository } = this.story;
    const bundle = await unpacked(repository, name, "--now", this.story.now);
    const machine = new Machine(this.at(`machine-${name}`), bundle);
    mkdirSync(join(machine.root, "etc"), { recursive: true });
    writeFileSync(join(machine.root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\n_apt:x:4242:65534::/:/bin/false\n");
    if (!repository.list("pki/private").includes(`${name}.key`)) {
      mkdirSync(dirname(machine.etc("key.pem")));
      copyFileSync(this.at(`${name}.key`), machine.etc("key.pem"));
      chmodSync(machine.etc("key.pem"), 0o600);
    }
    const { code, said } = machine.reinstall(bundle);
    if (code !== 0) throw new Error(said);
    return machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.story[Symbol.dispose]();
  }
}

/** A PATH of the programs that renew.sh calls, and no curl: as on a base system. The directory is made. */
export function withoutCurl(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const needed =
    "awk cat chmod chown cmp cp cut dirname env grep head id ln mkdir mv openssl readlink rm sed timeout tr uname";
  for (const name of needed.split(" ")) {
    const found = ["/usr/bin", "/bin"].map((one) => join(one, name)).find((one) => existsSync(one));
    const link = join(directory, name);
    if (found !== undefined && !existsSync(link)) symlinkSync(found, link);
  }
  return directory;
}

/** A client: a directory that stands for its root. */
export class Machine {
  readonly root: string;
  /** What was installed, unpacked. */
  readonly bundle: string;

  constructor(root: string, bundle: string) {
    this.root = root;
    this.bundle = bundle;
  }

  etc(file: string): string {
    return join(this.root, ETC, file);
  }

  reinstall(bundle: string): Installed {
    return sh(["dash"], join(bundle, "install.sh"), "--root", this.root, "--system", "linux");
  }

  uninstall(): Installed {
    return sh(["dash"], this.etc("install.sh"), "--uninstall", "--root", this.root, "--system", "linux");
  }

  /** The same machine again, elsewhere. */
  copy(root: string): Machine {
    cpSync(this.root, root, { recursive: true, verbatimSymlinks: true });
    return new Machine(root, this.bundle);
  }

  renew(argv: readonly string[] = [], extra: Variables = {}, shell: readonly string[] = ["dash"]): Promise<Ran> {
    const [program = "", ...words] = shell;
    return runProgram(program, [...words, this.etc("renew.sh"), ...argv], extra);
  }

  read(file: string): string {
    return readFileSync(this.etc(file), "utf8");
  }

  get serial(): string {
    return new X509Certificate(this.read("fullchain.pem")).serialNumber;
  }

  /** Whether key and certificate belong together. */
  get paired(): boolean {
    return new X509Certificate(this.read("fullchain.pem")).checkPrivateKey(createPrivateKey(this.read("key.pem")));
  }

  /** What curl gets with the credentials: `200 served`. */
  get(port: number, path = "/files/file.txt", extra: Variables = {}): string {
    const credentials = ["--cert", this.etc("fullchain.pem"), "--key", this.etc("key.pem")];
    const argv = ["-sS", "--cacert", this.etc("server-ca.pem"), ...credentials, "-w", "%{http_code} %{content_type}"];
    const { stdout, stderr, error } = spawnSync("curl", [...argv, `https://localhost:${port}${path}`], {
      encoding: "utf8",
      env: environment(extra),
    });
    if (error) throw error;
    return stdout + stderr;
  }
}
