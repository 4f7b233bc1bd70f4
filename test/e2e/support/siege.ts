import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Software } from "../../../scripts/model/registry.ts";
import { formatInstant, type Instant } from "../../../scripts/model/time.ts";
import { Apache, apacheArguments } from "./apache.ts";
import { Authority, type Credentials, keyIdentifierOf } from "./authority.ts";
import { Backend, Haproxy, haproxyArguments } from "./haproxy.ts";
import { Nginx } from "./nginx.ts";
import { freePorts } from "./ports.ts";
import { type Ask, type Asked, ask, askPlain } from "./request.ts";
import { Scratch } from "./scratch.ts";
import { siegeFiles } from "./siege-files.ts";
import { AT_FIRST, PKG, type Places, siegeRegistry, thenChanged, withChanges } from "./siege-registry.ts";
import { clock, Site } from "./site.ts";

const DAY = 86_400;
const AT_FIRST_NAMES = Object.keys(AT_FIRST);

/** The server that is under siege. */
type Running = Pick<Nginx | Apache | Haproxy, "reload" | "log" | "record" | "stop">;

export type Besieged = "nginx" | "apache" | "haproxy";

/** A name stands for the certificate its holder got at first, the new ones for the successors. */
export type Who = string;

export interface Change {
  /** Entries of clients.yaml; null takes one out. */
  readonly clients?: Readonly<Record<string, string | null>>;
  /** As of when; a minute after the last run, unless given. */
  readonly at?: Instant;
  /** More sections of clients.yaml, from now on. */
  readonly more?: string;
}

const EDITED: Readonly<Record<Software, string>> = {
  nginx: "nginx/nginx.conf",
  apache: "apache/tls.conf",
  haproxy: "haproxy/haproxy.cfg",
  stunnel: "stunnel/stunnel.conf",
};

/**
 * A server that runs from what reconcile left under pki/, and everybody who would like something from it. Ours got
 * their certificates two days ago, and the registry changed ten minutes later; nothing has been done since.
 */
export class Siege implements AsyncDisposable {
  readonly scratch: Scratch;
  readonly site: Site;
  readonly who: Map<Who, Credentials>;
  readonly #places: Places;
  readonly #edit: (conf: string) => string;
  #clients = AT_FIRST;
  #more = "";
  #now: Instant;
  #running: Running | undefined;
  #backend: Backend | undefined;

  private constructor(scratch: Scratch, site: Site, places: Places, now: Instant, edit: (conf: string) => string) {
    this.scratch = scratch;
    this.site = site;
    this.#places = places;
    this.#now = now;
    this.#edit = edit;
    this.who = new Map([...AT_FIRST_NAMES, PKG, "build01"].map((name) => [name, site.take(name)]));
    const listed = (name: Who) => this.credentials(name);
    for (const [name, credentials] of strangers(scratch, site, listed)) this.who.set(name, credentials);
  }

  /** Everything in place and the server running. `edit` is what an operator does to its main file after each run. */
  static async start(edit: (conf: string) => string = (conf) => conf, software: Besieged = "nginx"): Promise<Siege> {
    const scratch = new Scratch("siege");
    const [tls = 0, plain = 0, behind = 0] = await freePorts(3);
    const backend = software === "haproxy" ? { backend: behind } : {};
    const places = { tls, plain, www: (name: string) => scratch.at("www", name), software, ...backend };
    siegeFiles(scratch);
    const begin = clock() - 2 * DAY;
    const site = await Site.create(siegeRegistry(AT_FIRST, places), begin).catch((error: unknown) => {
      scratch[Symbol.dispose]();
      throw error;
    });
    const siege = new Siege(scratch, site, places, begin, edit);
    try {
      await siege.change({ clients: thenChanged(formatInstant(begin + 300)), at: begin + 600 });
      for (const name of ["rita", "lotte", "ottilie"]) siege.who.set(`${name} anew`, site.take(name));
      siege.#running = await siege.#run(tls);
      return siege;
    } catch (error) {
      await siege[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #run(tls: number): Promise<Running> {
    const prefix = this.scratch.at("run");
    const { backend, www } = this.#places;
    if (backend !== undefined) {
      this.#backend = await Backend.start(backend, www);
      return Haproxy.start(prefix, haproxyArguments(this.site.at("haproxy"), PKG), tls);
    }
    if (this.#places.software !== "apache") return Nginx.start(prefix, this.site.conf, tls);
    return Apache.start(prefix, apacheArguments(prefix, this.site.at("apache")), tls);
  }

  /** The file that `edit` edits, under pki/: what every server has about TLS. */
  get #edited(): string {
    return EDITED[this.#places.software ?? "nginx"];
  }

  /** Changes clients.yaml and reconciles. The server knows only after a reload. */
  async change({ clients = {}, at = this.#now + 60, more = this.#more }: Change): Promise<void> {
    this.#clients = withChanges(this.#clients, clients);
    this.#more = more;
    this.#now = at;
    await this.site.reconcile(this.yaml(), at);
    // As a release has it: the chain beside its key.
    if (this.#places.software === "haproxy")
      this.site.replace(`private/${PKG}.crt`, readFileSync(this.site.at(`issued/${PKG}.crt`)));
    const conf = readFileSync(this.site.at(this.#edited), "utf8");
    if (this.#edit(conf) !== conf) this.site.replace(this.#edited, this.#edit(conf));
  }

  /** clients.yaml as it should be now. */
  yaml(): string {
    return siegeRegistry(this.#clients, this.#places, this.#more);
  }

  /** The same, by way of the server: what it serves from now on. */
  async changeAndReload(change: Change): Promise<void> {
    await this.change(change);
    await this.reload();
  }

  /** Of nginx: waits for no request that an old worker still serves. */
  reloadBesideOld = async (): Promise<void> => {
    if (!(this.#running instanceof Nginx)) throw new Error("only nginx says when its old workers were told");
    await this.#running.reloadBesideOld();
  };
  reload = async (): Promise<void> => this.#running?.reload();
  errorLog = (): string => this.#running?.log("error.log") ?? "";

  /** The clients that HAProxy's backend was told of. */
  get told(): readonly string[] {
    return this.#backend?.clients ?? [];
  }

  /** The names of the headers of the last request that its backend was sent. */
  get sent(): readonly string[] {
    return this.#backend?.headers.at(-1) ?? [];
  }

  /** As of when reconcile ran last. */
  get now(): Instant {
    return this.#now;
  }

  get tls(): number {
    return this.#places.tls;
  }

  get plain(): number {
    return this.#places.plain;
  }

  credentials(name: Who): Credentials {
    const found = this.who.get(name);
    if (found === undefined) throw new Error(`nobody is called ${name}`);
    return found;
  }

  ask(options: Partial<Ask> & { readonly client?: Who | null }): Promise<Asked> {
    const { client: name = "alice", ...rest } = options;
    const as = name === null ? null : this.credentials(name);
    return ask({ port: this.tls, sni: PKG, ca: this.site.ca, as, ...rest });
  }

  askPlain(port: number, host: string, target: string) {
    return askPlain(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  }

  /** See Nginx.record and Apache.record. */
  async record(end: string): Promise<Record<string, unknown>> {
    return this.#running?.record(end) ?? {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.stop();
    await this.#backend?.stop();
    this.site[Symbol.dispose]();
    this.scratch[Symbol.dispose]();
  }
}

/**
 * People who make their own certificates, with subject and serial of somebody who is listed: under a CA of our CA's
 * name, under one that claims our CA's key identifier too, by way of an intermediate, and under a client's own
 * certificate. With openssl: reconcile would not.
 */
function strangers(scratch: Scratch, site: Site, listed: (name: Who) => Credentials): Map<Who, Credentials> {
  const subjectOf = (file: string) => new X509Certificate(readFileSync(file)).subject;
  const theirs = new Authority(scratch.at("strangers"), "Example CA");
  const twins = new Authority(scratch.at("twins"), "Example CA", keyIdentifierOf(site.ca));
  for (const { certificate } of [theirs, twins]) {
    if (subjectOf(certificate) !== subjectOf(site.ca)) throw new Error("a stranger's CA must have our CA's name");
  }
  const middle = theirs.issue({ name: "Example CA", kind: "ca" });
  const like = (name: Who) => ({ name, serial: listed(name).serial });
  return new Map([
    ["double", theirs.issue(like("alice"))],
    ["twin", twins.issue(like("alice"))],
    ["middleman", theirs.issue({ ...like("bob"), by: middle })],
    ["daughter", theirs.issue({ ...like("frank"), by: listed("alice") })],
  ]);
}
