import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { bareYaml, edit, Served } from "./support/bare.ts";
import { curl } from "./support/curl.ts";
import { freePorts, until } from "./support/ports.ts";
import type { Repository } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";

const NAME = "pkg.example.com";

/** The server's side: what serves, where releases go, and how nginx is started and reloaded there. */
class Host implements AsyncDisposable {
  readonly scratch = new Scratch("bare-host");
  readonly port: number;
  readonly #marker: number;

  private constructor([port = 0, marker = 0]: readonly number[]) {
    this.port = port;
    this.#marker = marker;
  }

  static async create(): Promise<Host> {
    const host = new Host(await freePorts(2));
    const { scratch } = host;
    scratch.write("www/index.html", "hello\n");
    for (const directory of ["prefix", "server"]) mkdirSync(scratch.at(directory), { mode: 0o755 });
    const conf = [
      `PREFIX='${scratch.at("prefix")}'`,
      `MARKER=127.0.0.1:${host.#marker}`,
      `START="nginx -p '${scratch.at("prefix")}' -c '${scratch.at("server/current/nginx/nginx.conf")}'"`,
    ];
    writeFileSync(scratch.at("server/activate.conf"), `${conf.join("\n")}\n`, { mode: 0o644 });
    return host;
  }

  /** One repository, one group, this server. */
  registry(clients: readonly string[]): string {
    const server = `{ listen: ["127.0.0.1:${this.port}"], redirect: [], deploy: { to: local, directory: ${this.scratch.at("server")} } }`;
    return bareYaml(
      Object.fromEntries(clients.map((name) => [name, "{ groups: [staff] }"])),
      `servers:\n  ${NAME}: ${server}\n`,
    )
      .replace("/srv/pkg", this.scratch.at("www"))
      .replace("/srv/files", `${this.scratch.at("www")}-files`);
  }

  /** What a client was handed. */
  take(clone: Repository, name: string): void {
    copyFileSync(clone.at(`pki/issued/${name}.crt`), this.scratch.at(`${name}.crt`));
    copyFileSync(clone.at(`pki/private/${name}.key`), this.scratch.at(`${name}.key`));
    copyFileSync(clone.at("pki/ca.crt"), this.scratch.at("ca.crt"));
  }

  async fetch(name: string): Promise<number> {
    const [cert, key, ca] = [`${name}.crt`, `${name}.key`, "ca.crt"].map((file) => this.scratch.at(file));
    const answer = await curl(
      NAME,
      this.port,
      "/pkg/index.html",
      "--cacert",
      ca ?? "",
      "--cert",
      cert ?? "",
      "--key",
      key ?? "",
    );
    return answer.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const file = this.scratch.at("prefix/nginx.pid");
    if (existsSync(file)) {
      process.kill(Number(readFileSync(file, "utf8")), "SIGTERM");
      await until("the end of nginx", () => !existsSync(file) || undefined);
    }
    this.scratch[Symbol.dispose]();
  }
}

describe("a push to a bare repository with hooks", () => {
  let host: Host | undefined;
  let served: Served | undefined;
  afterEach(async () => {
    await host?.[Symbol.asyncDispose]();
    served?.[Symbol.dispose]();
  });

  it("reaches nginx: it admits the new client and refuses the removed one; a failed deploy says so", async () => {
    host = await Host.create();
    mkdirSync(`${host.scratch.at("www")}-files`);
    served = await Served.create(host.registry(["alice", "bob"]));
    const { first } = served;
    for (const name of ["alice", "bob"]) host.take(first, name);
    expect(await Promise.all(["alice", "bob"].map((name) => host?.fetch(name)))).toEqual([200, 200]);

    edit(first, host.registry(["alice", "carol"]), "Swap bob for carol");
    const { code, stderr } = await served.push(first);
    expect(code).toBe(0);
    expect(stderr).toMatch(new RegExp(`${NAME}\\s+active`));
    expect(stderr).toContain("gatehouse: done");
    first.git("pull", "--quiet", "origin", "main");
    host.take(first, "carol");
    expect(await Promise.all(["alice", "carol"].map((name) => host?.fetch(name)))).toEqual([200, 200]);
    expect([400, 403]).toContain(await host.fetch("bob"));

    renameSync(host.scratch.at("www"), host.scratch.at("away"));
    edit(first, host.registry(["alice"]), "Take carol out");
    const failed = await served.push(first);
    expect(failed.code).toBe(0);
    expect(failed.stderr).toContain("gatehouse: not all of it is done");
    renameSync(host.scratch.at("away"), host.scratch.at("www"));
    expect(await host.fetch("carol")).toBe(200);
    expect(await served.run()).toMatchObject({ code: 0 });
    expect([400, 403]).toContain(await host.fetch("carol"));
  });
});
