import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Apache, testConfiguration } from "./support/apache.ts";
import type { Credentials } from "./support/authority.ts";
import { SHOP } from "./support/foreign.ts";
import { ForeignApache } from "./support/foreign-apache.ts";
import { freePorts } from "./support/ports.ts";
import { type Ask, ask } from "./support/request.ts";
import { sClient } from "./support/s-client.ts";
import { Scratch } from "./support/scratch.ts";
import { siegeFiles } from "./support/siege-files.ts";
import { AT_FIRST, PKG as NAME, siegeRegistry, withChanges } from "./support/siege-registry.ts";
import { clock, Site } from "./support/site.ts";

const TARGET = "/packages/file.txt";

describe("one Include in an Apache with other sites", () => {
  let scratch: Scratch;
  let site: Site | undefined;
  let shop: ForeignApache;
  let apache: Apache | undefined;
  let alice: Credentials;
  let erin: Credentials;
  let ca = "";
  let port = 0;

  beforeAll(async () => {
    scratch = new Scratch("foreign");
    siegeFiles(scratch);
    const [tls = 0, plain = 0] = await freePorts(2);
    port = tls;
    const places = { tls, plain, www: (name: string) => scratch.at("www", name), software: "apache" } as const;
    site = await Site.create(siegeRegistry(AT_FIRST, places), clock());
    [alice, erin, ca] = [site.take("alice"), site.take("erin"), site.ca];
    await site.reconcile(siegeRegistry(withChanges(AT_FIRST, { erin: null }), places), clock());
    shop = new ForeignApache(scratch, site.at("."), tls, NAME, alice.serial);
    apache = await Apache.start(scratch.at("run"), ["-d", shop.root, "-f", "httpd.conf"], tls);
  });

  afterAll(async () => {
    await apache?.stop();
    site?.[Symbol.dispose]();
    scratch?.[Symbol.dispose]();
  });

  const send = (options: Partial<Ask>) => ask({ port, sni: NAME, target: TARGET, ...options });

  test("is tested by Apache without a word", () => {
    expect(testConfiguration(["-d", shop.root, "-f", "httpd.conf"])).toEqual({ code: 0, said: "" });
  });

  test("serves our clients, and refuses ours that are revoked, and those without a certificate", async () => {
    expect(await send({ as: alice, ca })).toMatchObject({ status: 200, body: "packages\n" });
    await expect(send({ as: erin, ca })).rejects.toThrow(/certificate revoked/);
    await expect(send({ ca })).rejects.toThrow(/certificate required/);
  });

  test("does not list a directory because the host does", async () => {
    expect((await send({ as: alice, target: "/packages/" })).status).toBe(404);
  });

  test("leaves the other site as it was: its clients, its default, its files", async () => {
    for (const sni of [SHOP, null]) {
      const theirs = await send({ sni, host: SHOP, as: shop.customer, target: "/file.txt" });
      expect(theirs).toMatchObject({ status: 200, body: "shop\n" });
      expect(theirs.headers.get("x-who")).toBe("SUCCESS Initial");
    }
  });

  test.each([
    ["the other site's name", SHOP],
    ["no name", null],
    ["an unknown name", "unknown.example.com"],
  ])("keeps out their certificate with a listed serial that comes under %s and asks for our Host", async (_, sni) => {
    expect((await send({ sni, host: NAME, as: shop.customer })).status).toBe(421);
  });

  test("keeps out their certificate with a listed serial under our name, though the host trusts its CA everywhere", async () => {
    await expect(send({ as: shop.customer })).rejects.toThrow(/unknown ca|alert/);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("keeps out a session of the other site, over %s", async (tls) => {
    const keep = scratch.at(`session-${tls}`);
    const begin = { port, as: shop.customer, tls };
    expect(await sClient({ ...begin, sni: SHOP, keep, request: requestFor(SHOP, "/file.txt") })).toContain("Initial");
    const theirs = await sClient({ ...begin, sni: SHOP, resume: keep, request: requestFor(SHOP, "/file.txt") });
    expect(theirs).toContain("SUCCESS Resumed");
    const ours = await sClient({ ...begin, sni: NAME, resume: keep, request: requestFor(NAME, TARGET) });
    expect(ours).not.toMatch(/200 OK|^packages$/m);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("resumes nobody's session, though the host does, over %s", async (tls) => {
    const keep = scratch.at(`own-${tls}`);
    const request = requestFor(NAME, TARGET);
    expect(await sClient({ port, as: alice, tls, sni: NAME, keep, request })).toContain("200 OK");
    const again = { port, as: alice, tls, sni: NAME, request, ...(existsSync(keep) ? { resume: keep } : {}) };
    expect(await sClient(again)).toMatch(/^New, TLS[\s\S]*200 OK/m);
  });
});

const requestFor = (host: string, target: string) =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
