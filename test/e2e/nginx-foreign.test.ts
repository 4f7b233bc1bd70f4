import { cpSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Credentials } from "./support/authority.ts";
import { admitOnly, type Member, strangersByNumber } from "./support/crowd.ts";
import { ForeignHost, SHOP } from "./support/foreign.ts";
import { Nginx, testConfiguration } from "./support/nginx.ts";
import { freePorts } from "./support/ports.ts";
import { type Ask, ask } from "./support/request.ts";
import { sClient } from "./support/s-client.ts";
import { Scratch } from "./support/scratch.ts";
import { siegeFiles } from "./support/siege-files.ts";
import { AT_FIRST, PKG as NAME, siegeRegistry, withChanges } from "./support/siege-registry.ts";
import { clock, Site } from "./support/site.ts";

const TARGET = "/packages/file.txt";
/** What their own maps need. Given twice, nginx refuses it. */
const HASHES = "map_hash_bucket_size 64; map_hash_max_size 2048;";
const OURS = `nginx/include/${NAME}.conf`;

describe("one include in a foreign http {}", () => {
  let scratch: Scratch;
  let site: Site | undefined;
  let shop: ForeignHost;
  let nginx: Nginx | undefined;
  let alice: Credentials;
  let erin: Credentials;
  let ca = "";
  let port = 0;

  beforeAll(async () => {
    scratch = new Scratch("foreign");
    siegeFiles(scratch);
    const [tls = 0, plain = 0] = await freePorts(2);
    port = tls;
    const places = { tls, plain, www: (name: string) => scratch.at("www", name) };
    site = await Site.create(siegeRegistry(AT_FIRST, places), clock());
    [alice, erin, ca] = [site.take("alice"), site.take("erin"), site.ca];
    await site.reconcile(siegeRegistry(withChanges(AT_FIRST, { erin: null }), places), clock());
    logBeside(site);
    shop = new ForeignHost(scratch, site.at("."), tls, `include gatehouse/${OURS};`, alice.serial, HASHES);
    nginx = await Nginx.start(scratch.at("run"), shop.conf, tls);
  });

  afterAll(async () => {
    await nginx?.stop();
    site?.[Symbol.dispose]();
    scratch?.[Symbol.dispose]();
  });

  const send = (options: Partial<Ask>) => ask({ port, sni: NAME, target: TARGET, ...options });
  const reason = async (end: string) => (await nginx?.record(end))?.["reason"];

  test("is tested by nginx without a word, and so beside a release's marker", () => {
    expect(testConfiguration(scratch.at("trial"), shop.conf)).toEqual({ code: 0, said: "" });
    const marker = "server { listen 127.0.0.1:7411; location = /generation { return 200 id; } }\n";
    site?.replace("nginx/generation.conf", marker);
    expect(testConfiguration(scratch.at("trial"), shop.conf)).toEqual({ code: 0, said: "" });
    site?.replace("nginx/generation.conf", "no such directive;\n");
    expect(testConfiguration(scratch.at("trial"), shop.conf).said).toContain("generation.conf");
    rmSync(site?.at("nginx/generation.conf") ?? "");
  });

  test("serves our clients, and refuses ours that are revoked", async () => {
    expect(await send({ as: alice, ca })).toMatchObject({ status: 200, body: "packages\n" });
    expect(await send({ as: erin, ca })).toMatchObject({
      status: 400,
      body: expect.stringContaining("revoked"),
    });
    expect(await send({ ca })).toMatchObject({
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

  describe("with other maps", () => {
    const [as, kept] = [() => site?.at(".") ?? "", () => scratch.at("kept")];
    beforeEach(() => cpSync(as(), kept(), { recursive: true }));
    afterEach(() => {
      rmSync(as(), { recursive: true });
      renameSync(kept(), as());
    });

    const trial = async (members: readonly Member[], more: string) => {
      if (site === undefined) throw new Error("no site");
      await admitOnly(site, members);
      logBeside(site);
      const conf = scratch.write("host/trial.conf", readFileSync(shop.conf, "utf8").replace(HASHES, more));
      return testConfiguration(scratch.at("trial"), conf);
    };

    test("takes the longest serials that may be adopted, in buckets of the host's size", async () => {
      const members = strangersByNumber(5).map((one) => ({ ...one, serial: one.serial.padEnd(40, "7") }));
      expect(await trial(members, HASHES)).toEqual({ code: 0, said: "" });
    });

    test("takes 1000 clients without a word once the host has the line that the file asks for", async () => {
      const members = strangersByNumber(1000);
      expect((await trial(members, "")).said).toContain("map_hash");
      const line = /^# (map_hash_max_size .+)$/m.exec(readFileSync(site?.at(OURS) ?? "", "utf8"))?.[1] ?? "";
      expect(await trial(members, line)).toEqual({ code: 0, said: "" });
    });
  });
});

/** The one line that a test cannot leave alone: it names the machine's own log directory. */
function logBeside(site: Site): void {
  const text = readFileSync(site.at(OURS), "utf8");
  site.replace(OURS, text.replaceAll("/var/log/nginx/gatehouse.log", "access.log"));
}

const requestFor = (host: string, target: string) =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
