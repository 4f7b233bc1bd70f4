import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { client, group, registry, repository, server } from "../render/nginx-samples.ts";
import type { Credentials } from "./support/authority.ts";
import { ForeignHost, SHOP } from "./support/foreign.ts";
import { Nginx, testConfiguration } from "./support/nginx.ts";
import { freePorts } from "./support/ports.ts";
import { type Ask, ask } from "./support/request.ts";
import { sClient } from "./support/s-client.ts";
import { Scratch } from "./support/scratch.ts";
import { Site } from "./support/site.ts";

const NAME = "pkg.example.com";
const TARGET = "/packages/file.txt";

describe("one include in a foreign http {}", () => {
  let scratch: Scratch;
  let site: Site;
  let shop: ForeignHost;
  let nginx: Nginx | undefined;
  let alice: Credentials;
  let erin: Credentials;
  let port = 0;

  beforeAll(async () => {
    scratch = new Scratch("foreign");
    const [tls = 0, plain = 0] = await freePorts(2);
    port = tls;
    site = new Site(scratch);
    alice = site.authority.issue({ name: "alice" });
    erin = site.authority.issue({ name: "erin" });
    site.authority.revoke(erin);
    site.writeCrl();
    site.issueServer(NAME, [NAME]);
    scratch.write("www/packages/file.txt", "packages\n");
    const staff = client({ groups: ["staff"] });
    const ours = server({
      names: [NAME],
      listen: [`127.0.0.1:${tls}`],
      redirect: [`127.0.0.1:${plain}`],
      repositories: ["packages"],
    });
    const sample = registry({
      repositories: { packages: repository({ path: "/packages/", root: scratch.at("www/packages") }) },
      groups: { staff: group(["packages"]) },
      clients: { alice: staff, erin: staff },
      servers: { [NAME]: ours },
    });
    site.render(sample, { alice, erin });
    const include = scratch.at("pki/nginx/include", `${NAME}.conf`);
    scratch.write(
      `pki/nginx/include/${NAME}.conf`,
      readFileSync(include, "utf8").replace("/var/log/nginx/gatehouse.log", "access.log"),
    );
    shop = new ForeignHost(scratch, tls, `include gatehouse/nginx/include/${NAME}.conf;`, alice.serial);
    nginx = await Nginx.start(scratch.at("run"), shop.conf, tls);
  });

  afterAll(async () => {
    await nginx?.stop();
    scratch?.[Symbol.dispose]();
  });

  const send = (options: Partial<Ask>) => ask({ port, sni: NAME, target: TARGET, ...options });
  const reason = async (end: string) => (await nginx?.record(end))?.["reason"];

  test("is tested by nginx without a word", () => {
    expect(testConfiguration(scratch.at("trial"), shop.conf)).toEqual({ code: 0, said: "" });
  });

  test("serves our clients, and refuses ours that are revoked", async () => {
    expect(await send({ as: alice, ca: site.ca })).toMatchObject({ status: 200, body: "packages\n" });
    expect(await send({ as: erin, ca: site.ca })).toMatchObject({
      status: 400,
      body: expect.stringContaining("revoked"),
    });
    expect(await send({ ca: site.ca })).toMatchObject({
      status: 400,
      body: expect.stringContaining("No client certificate"),
    });
  });

  test("reads a path as our own server does, whatever the host says", async () => {
    expect((await send({ as: alice, target: "//packages//file.txt" })).status).toBe(200);
  });

  test("does not list a directory because the host does", async () => {
    expect((await send({ as: alice, target: "/packages/" })).status).toBe(403);
  });

  test("leaves the other site as it was: its clients, its default, its files", async () => {
    const theirs = { sni: SHOP, ca: shop.authority.certificate, as: shop.customer };
    expect((await send({ ...theirs, target: "/file.txt" })).body).toBe("shop\n");
    expect((await send({ ...theirs, target: "/who" })).body).toBe("SUCCESS .");
    expect((await send({ ...theirs, sni: null, target: "/who" })).body).toBe("SUCCESS .");
  });

  test.each([
    ["the other site's name", SHOP],
    ["no name", null],
    ["an unknown name", "unknown.example.com"],
  ])("keeps out their certificate with a listed serial that comes under %s and asks for our Host", async (_, sni) => {
    for (const as of [shop.customer, alice]) {
      const answer = await send({ sni, host: NAME, as });
      expect(answer.body).not.toBe("packages\n");
      expect([400, 421]).toContain(answer.status);
    }
    const mark = `?by-${sni}`;
    expect((await send({ sni, host: NAME, as: shop.customer, target: `${TARGET}${mark}` })).status).toBe(421);
    // Between two names nginx itself refuses, in the other site's log.
    if (sni !== SHOP) expect(await reason(mark)).toBe("wrong server name");
  });

  test("keeps out their certificate with a listed serial under our name", async () => {
    expect((await send({ as: shop.customer, target: `${TARGET}?theirs` })).status).toBe(400);
    expect(await reason("?theirs")).toMatch(/^not verified: .*unable to verify the first certificate/);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "keeps out a session that began at the other site, over %s",
    async (tls) => {
      const begin = { port, as: shop.customer, tls, request: requestFor(SHOP, "/who") };
      const session = scratch.at(`session-${tls}`);
      expect(await sClient({ ...begin, sni: SHOP, keep: session })).toContain("SUCCESS .");
      expect(await sClient({ ...begin, sni: SHOP, resume: session })).toContain("SUCCESS r");
      const answer = await sClient({ ...begin, sni: NAME, resume: session, request: requestFor(NAME, TARGET) });
      expect(answer).not.toMatch(/200 OK|^packages$/m);
    },
  );

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "hands out no session to resume, though the host keeps them, over %s",
    async (tls) => {
      const keep = scratch.at(`own-${tls}`);
      expect(await sClient({ port, as: alice, tls, sni: NAME, keep, request: requestFor(NAME, TARGET) })).toContain(
        "200 OK",
      );
      expect(existsSync(keep)).toBe(false);
    },
  );
});

const requestFor = (host: string, target: string) =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
