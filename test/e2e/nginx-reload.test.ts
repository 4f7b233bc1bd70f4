import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HeldOpen } from "./support/held-open.ts";
import { Nginx, testConfiguration } from "./support/nginx.ts";
import { freePorts } from "./support/ports.ts";
import { ask } from "./support/request.ts";
import { Scratch } from "./support/scratch.ts";
import { Siege } from "./support/siege.ts";
import { BIG, siegeFiles } from "./support/siege-files.ts";
import { AT_FIRST, PKG, siegeRegistry, withChanges } from "./support/siege-registry.ts";
import { clock, Site } from "./support/site.ts";

const FRANK_GOES = { clients: { frank: null } };

describe("a reload after the registry has lost a client", () => {
  const open = (siege: Siege) =>
    HeldOpen.open({ port: siege.tls, sni: PKG, ca: siege.site.ca, as: siege.credentials("frank") });

  test("closes its idle connection", async () => {
    await using siege = await Siege.start();
    using idle = await open(siege);
    idle.send("/debian/file.txt");
    await expect.poll(() => idle.end).toContain("debian\n");
    await siege.change(FRANK_GOES);
    expect(idle.closed).toBe(false);
    await siege.reload();
    await idle.over();
  });

  test("lets its download end, and answers nothing after that on the same connection", async () => {
    await using siege = await Siege.start();
    using whole = await open(siege);
    using greedy = await open(siege);
    await whole.begin("/debian/big");
    await greedy.begin("/debian/big");
    await siege.change(FRANK_GOES);
    await siege.reloadBesideOld();
    greedy.send("/debian/file.txt?greedy");
    whole.resume();
    greedy.resume();
    await Promise.all([whole.over(), greedy.over()]);
    expect(whole.received).toBeGreaterThan(BIG);
    expect(greedy.end).not.toContain("debian\n");
    expect((await siege.ask({ client: "frank", target: "/debian/file.txt" })).status).toBe(400);
  });
});

test("reconcile never writes into a file that nginx may be reading or has remembered: each is a new one", async () => {
  await using siege = await Siege.start();
  const inodes = () =>
    ["crl.pem", "nginx/clients.map", "nginx/roles.map"].map((name) => statSync(siege.site.at(name)).ino);
  const before = inodes();
  await siege.change(FRANK_GOES);
  for (const [index, inode] of inodes().entries()) expect(inode).not.toBe(before[index]);
});

test("a release runs from where it lies, is tested before the switch, and serves once the link leads to it", async () => {
  using scratch = new Scratch("releases");
  siegeFiles(scratch);
  const [tls = 0, plain = 0] = await freePorts(2);
  const places = { tls, plain, www: (name: string) => scratch.at("www", name) };
  using site = await Site.create(siegeRegistry(AT_FIRST, places), clock());
  const [alice, frank] = [site.take("alice"), site.take("frank")];
  const release = (id: number) => {
    mkdirSync(scratch.at("releases"), { recursive: true });
    cpSync(site.at("."), scratch.at(`releases/${id}`), { recursive: true });
    return scratch.at(`releases/${id}/nginx/nginx.conf`);
  };
  const switchTo = (id: number) => {
    symlinkSync(`releases/${id}`, scratch.at("next"));
    renameSync(scratch.at("next"), scratch.at("current"));
  };
  const status = async (as: typeof alice) =>
    (await ask({ port: tls, sni: PKG, ca: site.ca, as, target: "/packages/file.txt" })).status;

  release(1);
  switchTo(1);
  await using nginx = await Nginx.start(scratch.at("run"), scratch.at("current/nginx/nginx.conf"), tls);
  expect([await status(alice), await status(frank)]).toEqual([200, 200]);

  await site.reconcile(siegeRegistry(withChanges(AT_FIRST, { frank: null }), places), clock());
  const [second, broken] = [release(2), release(3)];
  rmSync(scratch.at("releases/3/crl.pem"));
  expect(testConfiguration(scratch.at("run"), second)).toEqual({ code: 0, said: "" });
  expect(testConfiguration(scratch.at("run"), broken)).toMatchObject({
    code: 1,
    said: expect.stringContaining("releases/3/"),
  });

  const files = () => readdirSync(scratch.at("releases"), { recursive: true, encoding: "utf8" }).sort();
  const before = files();
  switchTo(2);
  await nginx.reload();
  expect([await status(alice), await status(frank)]).toEqual([200, 400]);
  expect(files()).toEqual(before);
  for (const name of readdirSync(scratch.at("run"))) {
    expect(name).toMatch(/^(?:access[.]log|error[.]log|nginx[.]pid|[a-z_]+_temp)$/);
  }
});
