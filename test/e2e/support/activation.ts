import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { request } from "node:http";
import { fileURLToPath } from "node:url";
import type { Software } from "../../../scripts/model/registry.ts";
import type { Credentials } from "./authority.ts";
import { Nginx } from "./nginx.ts";
import { freePorts } from "./ports.ts";
import { type Made, makeRelease, type Wanted } from "./release.ts";
import { type Ran, runProgram, type Variables } from "./repository.ts";
import { ask } from "./request.ts";
import { Scratch } from "./scratch.ts";
import { clock, Site } from "./site.ts";

export const SERVER = "pkg.example.com";

export const PROGRAMS = fileURLToPath(new URL("../../../scripts/deploy/server/", import.meta.url));

/** Shells that the programs on servers must run under, as the words before the script. */
export const SHELLS = { dash: ["dash"], busybox: ["/bin/busybox", "sh"] } as const;
export type Shell = keyof typeof SHELLS;

const registry = (clients: string, [tls, , behind]: readonly number[], www: string, software: Software) => `version: 1
authority: { common_name: Example CA, organization: Example, key: ec-p256 }
limits: { lose: 100% }
repositories:
  packages: { type: files, path: /packages/, root: ${www} }
groups:
  staff: { repositories: [packages] }
servers:
  ${SERVER}: { software: ${software}, listen: ["127.0.0.1:${tls}"], redirect: []${software === "haproxy" ? `, backend: "127.0.0.1:${behind}"` : ""} }
clients: { ${clients} }
`;

/**
 * Two states of one repository, `before` and `after`: in between frank has lost his access. Ports, keys and the file
 * that is served are the same for all tests of a file; hosts come and go.
 */
export class World implements Disposable {
  readonly scratch: Scratch;
  readonly before: string;
  readonly after: string;
  readonly tls: number;
  readonly marker: number;
  /** Of what a server hands requests on to. */
  readonly behind: number;
  readonly alice: Credentials;
  readonly frank: Credentials;
  readonly ca: string;
  #made = 0;

  private constructor(scratch: Scratch, site: Site, [tls = 0, marker = 0, behind = 0]: readonly number[]) {
    this.scratch = scratch;
    this.tls = tls;
    this.marker = marker;
    this.behind = behind;
    this.before = scratch.at("before");
    this.after = scratch.at("after");
    this.ca = scratch.at("before/ca.crt");
    cpSync(site.at("."), this.before, { recursive: true });
    const take = (name: string): Credentials => {
      const { cert, key, serial } = site.take(name);
      for (const [from, end] of [[cert, "crt"] as const, [key, "key"] as const]) {
        cpSync(from, scratch.at(`${name}.${end}`));
      }
      return { cert: scratch.at(`${name}.crt`), key: scratch.at(`${name}.key`), serial };
    };
    this.alice = take("alice");
    this.frank = take("frank");
  }

  static async create(software: Software = "nginx"): Promise<World> {
    const scratch = new Scratch("activate");
    const ports = await freePorts(3);
    const www = scratch.at("www");
    scratch.write("www/file.txt", "packages\n");
    const at = clock() - 3600;
    using site = await Site.create(
      registry("alice: { groups: [staff] }, frank: { groups: [staff] }", ports, www, software),
      at,
    );
    const world = new World(scratch, site, ports);
    await site.reconcile(registry("alice: { groups: [staff] }", ports, www, software), at + 60);
    cpSync(site.at("."), world.after, { recursive: true });
    return world;
  }

  get www(): string {
    return this.scratch.at("www");
  }

  /** PATH of a small system: all that busybox has is busybox's. */
  smallPath(): string {
    const directory = this.scratch.at("busybox");
    if (!existsSync(directory)) {
      mkdirSync(directory);
      const names = execFileSync("busybox", ["--list"], { encoding: "utf8" }).trim().split("\n");
      for (const name of names) symlinkSync("/bin/busybox", `${directory}/${name}`);
    }
    return `${directory}:/usr/sbin:/usr/bin`;
  }

  /** A release of the first state, or of what is given. */
  release(commit: number, wanted: Partial<Wanted> = {}): Made {
    this.#made += 1;
    const into = this.scratch.at(`made/${this.#made}`);
    return makeRelease(into, SERVER, { pki: this.before, commit, port: this.tls, roots: [this.www], ...wanted });
  }

  [Symbol.dispose](): void {
    this.scratch[Symbol.dispose]();
  }
}

/** A server: a directory of releases, and nginx once it is started. */
export class Host implements AsyncDisposable {
  readonly world: World;
  readonly directory: string;
  readonly prefix: string;
  nginx: Nginx | undefined;
  shell: Shell;

  constructor(world: World, name: string, conf: Variables = {}, shell: Shell = "dash") {
    this.world = world;
    this.shell = shell;
    this.directory = world.scratch.at(name, "gatehouse");
    this.prefix = world.scratch.at(name, "run");
    world.scratch.write(`${name}/run/.keep`, "");
    const settings = { PREFIX: this.prefix, MARKER: `127.0.0.1:${world.marker}`, WAIT: "4", ...conf };
    const lines = Object.entries(settings).map(([variable, value]) => `${variable}='${value}'\n`);
    world.scratch.write(`${name}/gatehouse/activate.conf`, lines.join(""));
  }

  /** With a first release that serves. */
  static async serving(world: World, name: string, first: Made, conf?: Variables, shell?: Shell): Promise<Host> {
    const host = new Host(world, name, conf, shell);
    await host.activate("install", first.path);
    await host.start();
    const { last } = await host.activate("install", first.path);
    if (last === `active ${first.id}`) return host;
    await host[Symbol.asyncDispose]();
    throw new Error(`the first release: ${last}`);
  }

  async start(): Promise<void> {
    this.nginx = await Nginx.start(this.prefix, `${this.directory}/current/nginx/nginx.conf`, this.world.tls);
  }

  /** Runs activate on this host's directory. `last` is what it said last on standard output. */
  activate(...words: readonly string[]): Promise<Ran & { readonly last: string }> {
    return this.run("activate", words);
  }

  async run(
    program: string,
    words: readonly string[],
    extra: Variables = {},
  ): Promise<Ran & { readonly last: string }> {
    const [shell, ...first] = SHELLS[this.shell];
    const argv = [...first, PROGRAMS + program, "-d", this.directory, ...words];
    const tools: Variables = this.shell === "busybox" ? { PATH: this.world.smallPath() } : {};
    const ran = await runProgram(shell, argv, { ...tools, ...extra });
    return { ...ran, last: ran.stdout.trimEnd().split("\n").at(-1) ?? "" };
  }

  /** The ID that a link of the directory leads to. */
  link(name: "current" | "good"): string {
    return readlinkSync(`${this.directory}/${name}`).replace("releases/", "");
  }

  releases(): string[] {
    return readdirSync(`${this.directory}/releases`).sort();
  }

  /** What nobody should find afterwards. */
  remains(): string[] {
    const left = readdirSync(this.directory).filter(
      (name) => !["activate.conf", "current", "good", "history", "incoming", "releases"].includes(name),
    );
    const incoming = `${this.directory}/incoming`;
    return [...left, ...(existsSync(incoming) ? readdirSync(incoming) : [])];
  }

  read(path: string): string {
    return readFileSync(`${this.directory}/${path}`, "utf8");
  }

  /** The ID with which the running server answers, or the empty string. */
  generation(): Promise<string> {
    return new Promise((done) => {
      const asked = request(`http://127.0.0.1:${this.world.marker}/generation`, { agent: false }, (response) => {
        let text = "";
        response.on("data", (data) => {
          text += String(data);
        });
        response.on("end", () => done(text.trim()));
      });
      asked.once("error", () => done(""));
      asked.end();
    });
  }

  /** The status that a client gets. */
  async status(as: Credentials | null): Promise<number> {
    const { tls, ca } = this.world;
    return (await ask({ port: tls, sni: SERVER, ca, as, target: "/packages/file.txt" })).status;
  }

  async stop(): Promise<void> {
    await this.nginx?.stop();
    this.nginx = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.world.scratch.at(this.directory.split("/").at(-2) ?? "", "."), { recursive: true, force: true });
  }
}
