import { existsSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Host, SERVER } from "./support/activation.ts";
import { Apache, apacheArguments } from "./support/apache.ts";
import { ApacheWorld } from "./support/apache-world.ts";

let world: ApacheWorld;
let host: Host | undefined;
let apache: Apache | undefined;
beforeAll(async () => {
  world = await ApacheWorld.create();
});
afterEach(async () => {
  await apache?.stop();
  await host?.[Symbol.asyncDispose]();
  apache = host = undefined;
});
afterAll(() => world?.[Symbol.dispose]());

/** A host that serves a first release, with the run directory that `PREFIX` says. */
async function serving(name: string): Promise<Host> {
  const one = new Host(world.world, name);
  host = one;
  const first = world.release(0);
  expect((await one.activate("install", first.path)).last).toMatch(/^failed .*nothing answers on .*Start the server/);
  apache = await Apache.start(
    one.prefix,
    apacheArguments(one.prefix, `${one.directory}/current/apache`),
    world.world.tls,
  );
  expect((await one.activate("install", first.path)).last).toBe(`active ${first.id}`);
  return one;
}

test("Apache takes releases as they are rendered: who is removed loses access, and a rollback does not give it back", async () => {
  const one = await serving("takes");
  const { alice, frank } = world.world;
  expect([await one.status(alice), await one.status(frank)]).toEqual([200, 200]);
  const second = world.release(1, { pki: world.world.after });
  expect((await one.activate("install", second.path)).last).toBe(`active ${second.id}`);
  expect(await one.generation()).toBe(second.id);
  expect(await one.status(alice)).toBe(200);
  await expect(one.status(frank)).rejects.toThrow();
  expect((await one.activate("install", second.path)).last).toBe(`unchanged ${second.id}`);
  expect((await one.activate("rollback")).last).toMatch(/^active .+[+].+/);
  expect(await one.status(alice)).toBe(200);
  await expect(one.status(frank)).rejects.toThrow();
  expect(one.remains()).toEqual([]);
});

test("a repository that is gone stays closed after a rollback", async () => {
  const one = await serving("closed");
  const without = world.release(1, {
    edit: (files) => {
      files.delete("apache/gates/packages.conf");
      files.delete("apache/repositories/packages.conf");
      const conf = `apache/servers/${SERVER}.conf`;
      files.set(conf, (files.get(conf) ?? "").replace(/.*repositories\/packages[.]conf.*\n/, ""));
    },
  });
  expect((await one.activate("install", without.path)).last).toBe(`active ${without.id}`);
  expect(await one.status(world.world.alice)).toBe(404);
  expect((await one.activate("rollback")).last).toMatch(/^active .+[+].+/);
  expect(await one.status(world.world.alice)).toBe(404);
});

test.each<readonly [string, string, (text: string) => string, RegExp]>([
  ["a directive that Apache does not know", "apache/tls.conf", (text) => `${text}Oops\n`, /test fails: .*Oops/],
  ["a key of another certificate", `private/${SERVER}.key`, () => world.otherKey(), /is not the key of issued/],
  [
    "a damaged CRL",
    "crl.pem",
    (text) => text.replace(/\n[A-Za-z0-9+/=]+\n-----END/, "\n-----END"),
    /crl.pem cannot be read/,
  ],
])("Apache is not told of a release with %s", async (name, path, change, why) => {
  const one = await serving(name.replaceAll(/\W/g, "-"));
  const current = one.link("current");
  const crl = world.crl;
  const bad = world.release(1, {
    edit: (files) => files.set(path, change(files.get(path) ?? "")),
    manifest: { crl },
  });
  const { last } = await one.activate("install", bad.path);
  expect(last).toMatch(why);
  expect(last).toMatch(/^failed .*nothing was switched/);
  expect([one.link("current"), await one.generation()]).toEqual([current, current]);
  expect(await one.status(world.world.alice)).toBe(200);
});

test("a release that lets in everybody is taken back", async () => {
  const one = await serving("open");
  const open = world.release(1, {
    edit: (files) => {
      const path = "apache/tls.conf";
      files.set(path, (files.get(path) ?? "").replace("SSLVerifyClient require", "SSLVerifyClient none"));
    },
  });
  expect((await one.activate("install", open.path)).last).toMatch(/^rolled-back .* gives 403, not refused/);
  expect(await one.status(world.world.alice)).toBe(200);
  expect(existsSync(`${one.directory}/current/apache/httpd.conf`)).toBe(true);
});

test("in a host with other sites, a release is rehearsed alone, then tested with the host, then taken", async () => {
  const { world: w } = world;
  const one = new Host(w, "include", {
    VARIANT: "include",
    TEST: `apache2 -t -d ${w.scratch.at("include/host")} -f httpd.conf`,
    RELOAD: `kill -USR1 $(cat ${w.scratch.at("include/run")}/httpd.pid)`,
  });
  host = one;
  const root = world.foreignHost("include", `${one.directory}/current`);
  const first = world.release(0);
  expect((await one.activate("install", first.path)).last).toMatch(/^failed/);
  apache = await Apache.start(one.prefix, ["-d", root, "-f", "httpd.conf"], w.tls);
  expect((await one.activate("install", first.path)).last).toBe(`active ${first.id}`);
  expect([await one.status(w.alice), await one.status(w.frank)]).toEqual([200, 200]);
  const second = world.release(1, { pki: w.after });
  expect((await one.activate("install", second.path)).last).toBe(`active ${second.id}`);
  await expect(one.status(w.frank)).rejects.toThrow();
  const bad = world.release(2, {
    pki: w.after,
    edit: (files) => files.set("apache/tls.conf", `${files.get("apache/tls.conf")}Oops\n`),
  });
  expect((await one.activate("install", bad.path)).last).toMatch(/^failed .*Oops.*nothing was switched/);
});
