import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { deploy, Place } from "./deployed.ts";
import { CHECKOUT, environment, type Repository } from "./repository.ts";
import { Scratch } from "./scratch.ts";
import { Sshd } from "./sshd.ts";

const PLAYBOOK = join(CHECKOUT, "scripts/deploy/ansible/deploy.yml");
/** What an administrator may do, under the keys of a test: everything. */
const ANYTHING = String.raw`exec sh -c \"$SSH_ORIGINAL_COMMAND\"`;

/** A server of its own as far as Ansible sees: an sshd, a directory, an nginx. */
export class Machine implements Disposable {
  readonly name: string;
  readonly place: Place;
  readonly sshd: Sshd;
  /** What an administrator's own inventory says of it. */
  readonly variables: Record<string, unknown> = {};
  readonly #scratch: Scratch;

  private constructor(name: string, scratch: Scratch, place: Place, sshd: Sshd) {
    this.name = name;
    this.place = place;
    this.sshd = sshd;
    this.#scratch = scratch;
  }

  static async start(name: string): Promise<Machine> {
    const scratch = new Scratch("machine");
    const place = await Place.make(scratch.at("gatehouse"), "WAIT=10");
    return new Machine(name, scratch, place, await Sshd.start(scratch, ANYTHING));
  }

  /** Below `deploy` in its entry. */
  get way(): string {
    return `to: ssh, host: "${this.sshd.user}@127.0.0.1:${this.sshd.port}", directory: ${this.place.directory}`;
  }

  /** Every file that lies in its directory of what is being received. */
  get incoming(): string[] {
    const directory = join(this.place.directory, "incoming");
    return existsSync(directory) ? readdirSync(directory) : [];
  }

  [Symbol.dispose](): void {
    this.place[Symbol.dispose]();
    this.sshd[Symbol.dispose]();
    this.#scratch[Symbol.dispose]();
  }
}

/** What Ansible counts of one server. */
interface Count {
  readonly ok: number;
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
}

export interface Played {
  readonly code: number;
  readonly said: string;
  readonly counts: Readonly<Record<string, Count>>;
  /** The names and ports that were asked from outside, in order. */
  readonly asked: readonly string[];
}

/** The machine that runs Ansible: an inventory, a way to every name, and connections that it keeps. */
export class Controller implements Disposable {
  readonly #scratch = new Scratch("controller");
  readonly #machines: readonly Machine[];
  readonly #names: Server;
  #asked: string[] = [];

  private constructor(machines: readonly Machine[], names: Server) {
    this.#machines = machines;
    this.#names = names;
    mkdirSync(this.#scratch.at("control"), { mode: 0o700 });
    // For every user that Ansible becomes, as /tmp is.
    mkdirSync(this.#scratch.at("remote"));
    chmodSync(this.#scratch.at("remote"), 0o1777);
  }

  static async start(machines: readonly Machine[]): Promise<Controller> {
    const server = createServer();
    const controller = new Controller(machines, server);
    // No name of a test is in any DNS: a proxy knows that all of them are here.
    server.on("connect", ({ url = "" }, near, head) => {
      controller.#asked.push(url);
      const far = connect(Number(url.split(":").at(-1)), "127.0.0.1", () => {
        near.write("HTTP/1.1 200 Connected\r\n\r\n");
        far.write(head);
        far.pipe(near).pipe(far);
      });
      far.on("error", () => near.destroy());
      near.on("error", () => far.destroy());
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return controller;
  }

  get releases(): string {
    return this.#scratch.at("releases");
  }

  /** The inventory and the releases of what is committed. */
  async prepare(repository: Repository): Promise<void> {
    const built = await deploy(repository, ["--build", this.releases]);
    const { code, stdout } = await deploy(repository, ["--inventory"]);
    if (built.code !== 0 || code !== 0) throw new Error(`deploy: ${built.stderr}`);
    this.#scratch.write("inventory/registry.yml", stdout);
    // What only the controller knows: how it gets in. JSON is YAML.
    const hosts = this.#machines.map(({ name, sshd, variables }) => [
      name,
      { ansible_ssh_common_args: `-F ${sshd.client("deploy", "host")}`, ...variables },
    ]);
    this.#scratch.write("inventory/ways.yml", JSON.stringify({ all: { hosts: Object.fromEntries(hosts) } }));
  }

  /** Runs the playbook as a person does. */
  async play(...argv: readonly string[]): Promise<Played> {
    this.#asked = [];
    const args = ["-i", this.#scratch.at("inventory"), "-e", `gatehouse_releases=${this.releases}`];
    const program = this.#scratch.at("programs/activate");
    const facts = ["-e", `gatehouse_program=${program}`, "-e", "ansible_python_interpreter=/usr/bin/python3"];
    const child = spawn("ansible-playbook", [...args, ...facts, ...argv, PLAYBOOK], {
      env: environment(this.#environment()),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        said += String(data);
      });
    }
    const code = await new Promise<number>((done, fail) => {
      child.once("error", fail);
      child.once("close", (status) => done(status ?? -1));
    });
    return { code, said, counts: countsOf(said), asked: this.#asked };
  }

  #environment(): Record<string, string> {
    const address = this.#names.address();
    const port = address === null || typeof address === "string" ? 0 : address.port;
    return {
      ANSIBLE_CONFIG: this.#scratch.write("ansible.cfg", ""),
      ANSIBLE_HOME: this.#scratch.at("home"),
      ANSIBLE_LOCAL_TEMP: this.#scratch.at("local"),
      ANSIBLE_REMOTE_TMP: this.#scratch.at("remote"),
      ANSIBLE_NOCOLOR: "1",
      ANSIBLE_SSH_TRANSFER_METHOD: "piped",
      ANSIBLE_SSH_CONTROL_PATH_DIR: this.#scratch.at("control"),
      LC_ALL: "C.UTF-8",
      https_proxy: `http://127.0.0.1:${port}`,
      no_proxy: "",
    };
  }

  [Symbol.dispose](): void {
    const sockets = this.#scratch.at("control");
    for (const name of readdirSync(sockets)) {
      execFileSync("ssh", ["-o", `ControlPath=${join(sockets, name)}`, "-O", "exit", "none"], { stdio: "ignore" });
    }
    this.#names.closeAllConnections();
    this.#names.close();
    this.#scratch[Symbol.dispose]();
  }
}

function countsOf(said: string): Record<string, Count> {
  const lines = said.matchAll(/^(\S+) +: ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)/gm);
  return Object.fromEntries(
    [...lines].map(([, name = "", ...numbers]) => {
      const [ok = 0, changed = 0, unreachable = 0, failed = 0] = numbers.map(Number);
      return [name, { ok, changed, unreachable, failed }];
    }),
  );
}
