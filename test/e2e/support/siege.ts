import { lchownSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { client, group, registry, repository, server } from "../../render/nginx-samples.ts";
import { Authority, type Credentials } from "./authority.ts";
import { Nginx } from "./nginx.ts";
import { freePorts } from "./ports.ts";
import { type Ask, type Asked, ask, askPlain } from "./request.ts";
import { Scratch } from "./scratch.ts";
import { Site } from "./site.ts";

export const PKG = "pkg.example.com";
export const APT = "apt.example.com";

const CLIENTS = {
  alice: client({ groups: ["staff"] }),
  bob: client({ groups: ["subscribers"], home: "debian" }),
  carol: client(),
  frank: client({ groups: ["staff"] }),
};
export type Who = keyof typeof CLIENTS | "erin" | "late" | "early" | "double" | "middleman" | "box" | "build01";

/**
 * Two servers on one socket, clients of every kind, and files that must not leave. `frank` was admitted and is
 * no longer listed, while the CRL does not know it yet; `erin` is on the CRL.
 */
export class Siege implements AsyncDisposable {
  readonly scratch = new Scratch("siege");
  readonly site = new Site(this.scratch);
  readonly who: Readonly<Record<Who, Credentials>>;
  tls = 0;
  plain = 0;
  edit = (conf: string): string => conf;
  #nginx: Nginx | undefined;

  private constructor() {
    const { authority } = this.site;
    const strangers = new Authority(this.scratch.at("strangers"), "Example CA");
    const middle = strangers.issue({ name: "Example CA", kind: "ca" });
    const alice = authority.issue({ name: "alice" });
    this.who = {
      alice,
      bob: authority.issue({ name: "bob" }),
      carol: authority.issue({ name: "carol" }),
      frank: authority.issue({ name: "frank" }),
      erin: authority.issue({ name: "erin" }),
      late: authority.issue({ name: "alice", from: "20200101000000Z", to: "20200201000000Z" }),
      early: authority.issue({ name: "alice", from: "20900101000000Z", to: "20910101000000Z" }),
      double: strangers.issue({ name: "alice", serial: alice.serial }),
      middleman: strangers.issue({ name: "alice", serial: alice.serial.replace(/^4/, "5"), by: middle }),
      box: authority.issue({ name: "box", kind: "server", names: ["box.example.com"] }),
      build01: authority.issue({ name: "build01", kind: "signer" }),
    };
    authority.revoke(this.who.erin);
    this.site.writeCrl();
  }

  /** Everything in place and nginx running. `edit` changes the text of nginx.conf, as an operator might. */
  static async start(edit: (conf: string) => string = (conf) => conf): Promise<Siege> {
    const siege = new Siege();
    try {
      const [tls = 0, plain = 0] = await freePorts(2);
      Object.assign(siege, { tls, plain, edit });
      siege.#files();
      siege.site.issueServer(PKG, [PKG, "www.example.com"]);
      siege.site.issueServer(APT, [APT]);
      siege.list(["alice", "bob", "carol", "frank", "erin"]);
      siege.#nginx = await Nginx.start(siege.scratch.at("run"), siege.site.conf, tls);
      return siege;
    } catch (error) {
      await siege[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Writes the configuration with these clients' certificates on the allow-list. */
  list(names: readonly Who[]): void {
    const extra = { late: this.who.late, early: this.who.early };
    const admitted = [...names.map((name) => [name, this.who[name]] as const)];
    this.site.render(this.#registry(), { ...Object.fromEntries(admitted), ...extra });
    this.scratch.write("pki/nginx/nginx.conf", this.edit(readFileSync(this.site.conf, "utf8")));
  }

  reload = async (): Promise<void> => this.#nginx?.reload();
  errorLog = (): string => this.#nginx?.log("error.log") ?? "";

  #registry() {
    const at = (name: string) => this.scratch.at("www", name);
    const listen = [`127.0.0.1:${this.tls}`, `[::1]:${this.tls}`];
    const redirect = [`127.0.0.1:${this.plain}`];
    return registry({
      repositories: {
        "packages-dev": repository({ path: "/packages-dev/", root: at("poudriere/.latest") }),
        packages: repository({ path: "/packages/", root: at("packages") }),
        debian: repository({ path: "/debian/", root: at("debian") }),
        orphan: repository({ path: "/orphan/", root: at("orphan") }),
      },
      groups: { staff: group(["packages-dev", "packages", "debian"]), subscribers: group(["debian"]) },
      clients: {
        ...CLIENTS,
        erin: client({ groups: ["staff"] }),
        late: client({ groups: ["staff"] }),
        early: client(),
      },
      servers: {
        [PKG]: server({
          names: [PKG, "www.example.com"],
          listen,
          redirect,
          url: `https://${PKG}:${this.tls}`,
          repositories: ["packages-dev", "packages", "debian", "orphan"],
        }),
        [APT]: server({ names: [APT], listen, redirect, repositories: ["debian"] }),
      },
    });
  }

  #files(): void {
    const { scratch } = this;
    for (const name of ["packages", "debian", "orphan"]) scratch.write(`www/${name}/file.txt`, `${name}\n`);
    scratch.write("www/packages-secret/file.txt", "secret\n");
    scratch.write("www/debian/.htpasswd", "secret\n");
    scratch.write("www/debian/.git/config", "secret\n");
    scratch.write("www/secret.txt", "secret\n");
    scratch.write("www/poudriere/.real_1/All/a.pkg", "a package\n");
    symlinkSync(".real_1", scratch.at("www/poudriere/.latest"));
    symlinkSync("All/a.pkg", scratch.at("www/poudriere/.real_1/latest.pkg"));
    mkdirSync(scratch.at("www/poudriere/.real_1/Hashed"));
    symlinkSync("../All", scratch.at("www/poudriere/.real_1/Hashed/All"));
    this.#foreignLink();
  }

  /** A link whose owner is not its target's: root gives the link away; others cannot, and link to root's file. */
  #foreignLink(): void {
    const link = this.scratch.at("www/debian/passwd");
    symlinkSync("/etc/passwd", link);
    if (process.getuid?.() === 0) lchownSync(link, 65_534, 65_534);
  }

  ask(options: Partial<Ask> & { readonly client?: Who | null }): Promise<Asked> {
    const { client: name = "alice", ...rest } = options;
    const as = name === null ? null : this.who[name];
    return ask({ port: this.tls, sni: PKG, ca: this.site.ca, as, ...rest });
  }

  askPlain(port: number, host: string, target: string) {
    return askPlain(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  }

  /** See Nginx.record. */
  async record(end: string): Promise<Record<string, unknown>> {
    return this.#nginx?.record(end) ?? {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nginx?.stop();
    this.scratch[Symbol.dispose]();
  }
}
