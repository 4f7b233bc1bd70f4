import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Registry } from "../../scripts/model/registry.ts";
import { client, group, registry, repository, serial, server } from "../render/nginx-samples.ts";
import type { Credentials } from "./support/authority.ts";
import { curl } from "./support/curl.ts";
import { Nginx, testConfiguration } from "./support/nginx.ts";
import { freePorts } from "./support/ports.ts";
import { Scratch } from "./support/scratch.ts";
import { Site } from "./support/site.ts";

const NAME = "pkg.example.com";

describe("nginx with the configuration we render", () => {
  const scratch = new Scratch("nginx");
  const site = new Site(scratch);
  let nginx: Nginx | undefined;
  let port = 0;
  let sample: Registry;
  let alice: Credentials;
  let bob: Credentials;

  beforeAll(async () => {
    const [tls = 0, plain = 0] = await freePorts(2);
    port = tls;
    sample = registry({
      repositories: {
        packages: repository({ path: "/packages/", root: scratch.at("www/packages") }),
        debian: repository({ path: "/debian/", root: scratch.at("www/debian") }),
      },
      groups: { staff: group(["packages", "debian"]), subscribers: group(["debian"]) },
      clients: { alice: client({ groups: ["staff"] }), bob: client({ groups: ["subscribers"] }) },
      servers: {
        [NAME]: server({
          names: [NAME],
          listen: [`127.0.0.1:${tls}`, `[::1]:${tls}`],
          redirect: [`127.0.0.1:${plain}`],
          repositories: ["packages", "debian"],
        }),
      },
    });
    scratch.write("www/packages/file.txt", "packages\n");
    scratch.write("www/debian/file.txt", "debian\n");
    site.issueServer(NAME, [NAME]);
    alice = site.authority.issue({ name: "alice" });
    bob = site.authority.issue({ name: "bob" });
    site.render(sample, { alice, bob });
    nginx = await Nginx.start(scratch.at("run"), site.conf, port);
  });

  afterAll(async () => {
    await nginx?.stop();
    scratch[Symbol.dispose]();
  });

  const get = (path: string, as: Credentials | null) =>
    curl(NAME, port, path, "--cacert", site.ca, ...(as === null ? [] : ["--cert", as.cert, "--key", as.key]));
  const record = async (end: string) => nginx?.record(end);

  test("answers 400 without a certificate, with a page that says so and what to do", async () => {
    const { status, body } = await get("/packages/file.txt?none", null);
    expect(status).toBe(400);
    expect(body).toContain("No client certificate.");
    expect(body).toContain("--cert FILE.crt --key FILE.key");
    expect((await record("?none"))?.["reason"]).toBe("no certificate");
  });

  test("answers 200 to an admitted client, and logs its name", async () => {
    expect(await get("/packages/file.txt?alice", alice)).toEqual({ status: 200, body: "packages\n" });
    expect(await record("?alice")).toMatchObject({
      client: "alice",
      serial: alice.serial,
      status: "200",
      reason: "",
    });
  });

  test("answers 403 for a repository of others, with a page that says so", async () => {
    expect((await get("/debian/file.txt", bob)).body).toBe("debian\n");
    const { status, body } = await get("/packages/file.txt?bob", bob);
    expect(status).toBe(403);
    expect(body).toContain("this repository is not open to you");
    expect((await record("?bob"))?.["reason"]).toBe("not permitted: packages");
  });

  test("refuses a client once it is off the allow-list, whatever the CRL says", async () => {
    expect((await get("/debian/file.txt", bob)).status).toBe(200);
    site.render(sample, { alice });
    await nginx?.reload();
    const { status, body } = await get("/debian/file.txt?removed", bob);
    expect(status).toBe(403);
    expect(body).toContain("no longer admitted");
    expect((await record("?removed"))?.["reason"]).toBe("not listed");
    expect((await get("/debian/file.txt", alice)).status).toBe(200);
  });

  test.each([6, 1000, 50_000])("is tested by nginx without a word with %i clients", (count) => {
    const clients = Object.fromEntries(
      Array.from({ length: count }, (_, n) => [
        `client-${n}`,
        client({ groups: n % 2 ? ["staff"] : [], home: n % 3 ? null : "debian" }),
      ]),
    );
    const admitted = Object.fromEntries(Object.keys(clients).map((name, n) => [name, { serial: serial(n * 7919) }]));
    site.render({ ...sample, clients: new Map(Object.entries(clients)) }, admitted);
    const start = performance.now();
    expect(testConfiguration(scratch.at("trial"), site.conf)).toEqual({ code: 0, said: "" });
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("runs with IPv4 and IPv6 side by side, a server that waits for its certificate, and one file of two", async () => {
    const [tls = 0, plain = 0] = await freePorts(2);
    const sockets = {
      listen: [`${tls}`, `[::]:${tls}`],
      redirect: [`${plain}`, `[::]:${plain}`],
      repositories: ["debian"],
    };
    const servers = new Map([
      ["a", server({ names: ["a.example.com"], ...sockets })],
      ["b", server({ names: ["b.example.com"], ...sockets })],
      ["waiting", server({ names: ["waiting.example.com"], ...sockets })],
    ]);
    const other = new Scratch("sockets");
    try {
      const pki = new Site(other);
      for (const name of ["a", "b"]) pki.issueServer(name, [`${name}.example.com`]);
      const someone = pki.authority.issue({ name: "alice" });
      pki.render({ ...sample, servers }, { alice: someone }, ["a", "b"]);
      expect(testConfiguration(other.at("trial"), pki.conf)).toEqual({ code: 0, said: "" });
      rmSync(other.at("pki/nginx/servers/a.conf"));
      await using _running = await Nginx.start(other.at("run"), pki.conf, tls);
      const as = ["--cert", someone.cert, "--key", someone.key, "--cacert", pki.ca];
      expect((await curl("b.example.com", tls, "/debian/file.txt", ...as)).body).toBe("debian\n");
      for (const name of ["a.example.com", "unknown.example.com", "waiting.example.com"]) {
        await expect(curl(name, tls, "/debian/file.txt", ...as)).rejects.toThrow(/unrecognized name/i);
      }
    } finally {
      other[Symbol.dispose]();
    }
  });
});
