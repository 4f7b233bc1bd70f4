import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { client } from "../servers/nginx-samples.ts";
import { admitOnly, strangersByNumber } from "./support/crowd.ts";
import { curl } from "./support/curl.ts";
import { Nginx, testConfiguration } from "./support/nginx.ts";
import { freePorts } from "./support/ports.ts";
import { clientsYaml } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";
import { Siege, type Who } from "./support/siege.ts";
import { PKG } from "./support/siege-registry.ts";
import { clock, Site } from "./support/site.ts";

const GENERATION = "server { listen 127.0.0.1:7411; location = /generation { return 200 id; } }\n";

describe("nginx with what reconcile rendered", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await Siege.start();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  const get = (path: string, name: Who | null) => {
    const as = name === null ? null : siege.credentials(name);
    return curl(PKG, siege.tls, path, "--cacert", siege.site.ca, ...(as ? ["--cert", as.cert, "--key", as.key] : []));
  };

  test("answers 400 without a certificate, with a page that says so and what to do", async () => {
    const { status, body } = await get("/packages/file.txt?none", null);
    expect(status).toBe(400);
    expect(body).toContain("No client certificate.");
    expect(body).toContain("--cert FILE.crt --key FILE.key");
    expect((await siege.record("?none"))["reason"]).toBe("no certificate");
  });

  test("answers 200 to an admitted client, and logs its name", async () => {
    expect(await get("/packages/file.txt?alice", "alice")).toEqual({ status: 200, body: "packages\n" });
    const { serial } = siege.credentials("alice");
    expect(await siege.record("?alice")).toMatchObject({ client: "alice", serial, status: "200", reason: "" });
  });

  test("logs who a renamed client is now, though its certificate says who it was", async () => {
    expect((await get("/packages/file.txt?otto", "otto")).status).toBe(200);
    expect((await siege.record("?otto"))["client"]).toBe("ottilie");
  });

  test("answers 403 for a repository of others, with a page that says so", async () => {
    expect((await get("/debian/file.txt", "bob")).body).toBe("debian\n");
    const { status, body } = await get("/packages/file.txt?bob", "bob");
    expect(status).toBe(403);
    expect(body).toContain("this repository is not open to you");
    expect((await siege.record("?bob"))["reason"]).toBe("not permitted: packages");
  });

  test("refuses a client once the registry has lost it, after reconcile and reload", async () => {
    expect((await get("/debian/file.txt", "frank")).status).toBe(200);
    await siege.changeAndReload({ clients: { frank: null } });
    const { status, body } = await get("/debian/file.txt?removed", "frank");
    expect(status).toBe(400);
    expect(body).toContain("was revoked or is suspended");
    expect((await siege.record("?removed"))["reason"]).toMatch(/^not verified: .*revoked/);
    expect((await get("/debian/file.txt", "alice")).status).toBe(200);
  });

  test("lets a client in again once it is suspended no longer", async () => {
    expect((await get("/debian/file.txt", "dave")).status).toBe(400);
    await siege.changeAndReload({ clients: { dave: "{ groups: [staff] }" } });
    expect((await get("/debian/file.txt", "dave")).status).toBe(200);
  });

  test("is tested without a word beside a release's marker, too", () => {
    siege.site.replace("nginx/generation.conf", GENERATION);
    try {
      expect(testConfiguration(siege.scratch.at("trial"), siege.site.conf)).toEqual({ code: 0, said: "" });
    } finally {
      rmSync(siege.site.at("nginx/generation.conf"));
    }
  });

  test("shows a client that reaches one repository only that one at home, without being told", async () => {
    await siege.changeAndReload({ clients: { ivy: "{ groups: [subscribers] }" } });
    siege.who.set("ivy", siege.site.take("ivy"));
    expect(await get("/home/file.txt", "ivy")).toEqual({ status: 200, body: "debian\n" });
    expect((await get("/home/file.txt", "alice")).status).toBe(403);
  });

  test("is tested without a word with 6, 1000 and 50 000 clients, and tells them apart", async () => {
    const { serial } = siege.credentials("alice");
    const alice = { name: "alice", serial, client: client({ groups: ["staff"] }) };
    for (const count of [6, 1000, 50_000]) {
      await admitOnly(siege.site, [...strangersByNumber(count - 1), alice]);
      const start = performance.now();
      expect(testConfiguration(siege.scratch.at("trial"), siege.site.conf)).toEqual({ code: 0, said: "" });
      expect(performance.now() - start).toBeLessThan(5000);
      await siege.reload();
      expect((await get("/packages/file.txt", "alice")).status, `with ${count}`).toBe(200);
      expect((await get("/packages/file.txt", "bob")).body).toContain("no longer admitted");
    }
    await siege.changeAndReload({});
  });
});

test("IPv4 and IPv6 go side by side, a server may wait for its certificate, and a release holds one file of many", async () => {
  using scratch = new Scratch("sockets");
  scratch.write("www/file.txt", "files\n");
  const [tls = 0, plain = 0] = await freePorts(2);
  const sockets = `listen: [${tls}, "[::]:${tls}"], redirect: [${plain}, "[::]:${plain}"], repositories: [files]`;
  const names = ["a", "b", "waiting"].map((name) => `${name}.example.com`);
  const servers = names.map((name) => `  ${name}: { software: nginx, csr: ${name.startsWith("w")}, ${sockets} }\n`);
  const registry = clientsYaml({ alice: "{ groups: [staff] }" })
    .replace(/^ {2}pkg[.]example.com: .*\n/m, servers.join(""))
    .replace("/srv/files", scratch.at("www"));
  using site = await Site.create(registry, clock(), { "reqs/waiting.example.com.req": "no request at all" });
  expect(testConfiguration(scratch.at("trial"), site.conf)).toEqual({ code: 0, said: "" });
  rmSync(site.at("nginx/servers/a.example.com.conf"));
  await using _running = await Nginx.start(scratch.at("run"), site.conf, tls);
  const alice = site.take("alice");
  const as = ["--cert", alice.cert, "--key", alice.key, "--cacert", site.ca];
  expect((await curl("b.example.com", tls, "/files/file.txt", ...as)).body).toBe("files\n");
  for (const name of ["a.example.com", "unknown.example.com", "waiting.example.com"]) {
    await expect(curl(name, tls, "/files/file.txt", ...as)).rejects.toThrow(/unrecognized name/i);
  }
});
