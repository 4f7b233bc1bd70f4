import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apacheArguments, testConfiguration } from "./support/apache.ts";
import { until } from "./support/ports.ts";
import { sClient } from "./support/s-client.ts";
import { CASES, GONE, SessionsBefore, TLS } from "./support/sessions-before.ts";
import { Siege, type Who } from "./support/siege.ts";
import { APACHE_PATHS, HANDSHAKES, MISDIRECTED } from "./support/siege-apache.ts";
import { METHODS, OF_DEBIAN, type Sent } from "./support/siege-refusals.ts";
import { APT, PKG } from "./support/siege-registry.ts";
import { clock } from "./support/site.ts";

const start = (edit?: (conf: string) => string) => Siege.start(edit, "apache");
/** How OpenSSL tells a client that the server has refused its certificate, or that there was none. */
const REFUSED = /alert|ECONNRESET|closed without an answer|hang up/;

describe("Apache's gate refuses", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await start();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test("with a configuration about which Apache has nothing to say", () => {
    const args = apacheArguments(siege.scratch.at("run"), siege.site.at("apache"));
    expect(testConfiguration(args)).toEqual({ code: 0, said: "" });
  });

  test.for(HANDSHAKES)("%s, in the handshake, and says why in its log", async ([, sent, said]) => {
    for (const tls of ["TLSv1.2", "TLSv1.3"] as const) {
      const before = siege.errorLog().length;
      await expect(siege.ask({ target: "/packages/file.txt", ...sent, tls })).rejects.toThrow(REFUSED);
      await until("the log", () => said.test(siege.errorLog().slice(before)) || undefined);
    }
  });

  test.for([...MISDIRECTED, ...APACHE_PATHS, ...METHODS])("%s", async ([sentence, sent, status, reason, page]) => {
    const mark = `?${encodeURIComponent(sentence)}`;
    const answer = await siege.ask({ ...sent, target: `${sent.target ?? "/packages/file.txt"}${mark}` });
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: expect.stringContaining(page) });
    expect(answer.body).not.toContain("secret");
    expect(answer.headers.get("content-type")).toBe("text/plain");
    expect((await siege.record(mark))["reason"]).toMatch(reason);
  });

  test.each([
    ["no server name", null],
    ["an unknown server name", "unknown.example.com"],
    ["a name under a known one", `x.${PKG}`],
    ["the name of the server that rejects", `${PKG}.invalid`],
  ])("a handshake with %s, whatever the Host", async (_, sni) => {
    for (const host of [PKG, APT, sni ?? "127.0.0.1"]) {
      const answer = await siege.ask({ sni, host, target: "/debian/file.txt", ca: siege.site.ca, ...noCheck(sni) });
      expect(answer).toMatchObject({ status: 421, body: expect.stringContaining("another server name") });
      await expect(siege.ask({ sni, host, client: null, ...noCheck(sni) })).rejects.toThrow(REFUSED);
    }
  });

  test("a method with the methods that it takes", async () => {
    const request = `POST /debian/file.txt HTTP/1.1\r\nHost: ${PKG}\r\nConnection: close\r\n\r\n`;
    const as = siege.credentials("bob");
    expect(await sClient({ port: siege.tls, sni: PKG, as, tls: "TLSv1.2", request })).toMatch(/^Allow: GET, HEAD\r$/m);
  });

  test.each(["TRACE", "CONNECT", "OPTIONS"])("method %s, whatever it is asked about", async (method) => {
    for (const target of ["/debian/file.txt", "*"]) {
      const answer = await siege.ask({ ...OF_DEBIAN, method, target });
      expect(answer.body).not.toContain("debian");
    }
  });

  test("a range that the file does not have", async () => {
    const answer = await siege.ask({ ...OF_DEBIAN, headers: ["Range: bytes=100-200"] });
    expect(answer).toMatchObject({ status: 416, body: expect.stringContaining("no such part") });
  });

  test.each([
    ["huge headers", { headers: [`X-Huge: ${"x".repeat(40_000)}`] }, 400],
    ["a target that is too long", { target: `/debian/${"x".repeat(40_000)}` }, 414],
  ])("%s, without a word about Apache", async (_, sent, status) => {
    const answer = await siege.ask({ ...OF_DEBIAN, ...sent });
    expect(answer).toMatchObject({ status, body: expect.stringContaining("too large") });
    expect(`${answer.body}${answer.headers.get("server")}`).not.toMatch(/Apache\/|OpenSSL|Debian/);
  });

  test("plain HTTP on the TLS port, with a page", async () => {
    const answer = await siege.askPlain(siege.tls, PKG, "/packages/file.txt");
    expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("https://") });
  });

  test("an unknown name on the redirect port", async () => {
    expect((await siege.askPlain(siege.plain, "unknown.example.com", "/")).status).toBe(421);
  });
});

/** Node checks the server's certificate against the name that it asks for, if any. */
function noCheck(sni: string | null): { readonly ca?: never } | Record<never, never> {
  return sni === null ? {} : { ca: undefined };
}

describe("Apache's gate lets through", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await start();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  const packages = { target: "/packages/file.txt" };
  test.for<readonly [string, Sent, number, string]>([
    ["what the registry gives", packages, 200, "packages\n"],
    ["what it gives, by another of the server's names", { sni: "www.example.com", ...packages }, 200, "packages\n"],
    ["the server's name in upper case", { host: "PKG.Example.com", ...packages }, 200, "packages\n"],
    ["a handshake in upper case", { sni: "PKG.Example.COM", ...packages }, 200, "packages\n"],
    ["the same repository on another server", { sni: APT, ...OF_DEBIAN }, 200, "debian\n"],
    ["the server's home, without one of its own", { sni: APT, target: "/home/file.txt" }, 200, "debian\n"],
    ["a client's own repository at home", { client: "bob", target: "/home/file.txt" }, 200, "debian\n"],
    ["a root that is a link and begins with a dot", { target: "/packages-dev/All/a.pkg" }, 200, "a package\n"],
    ["a link to a file inside the repository", { target: "/packages-dev/latest.pkg" }, 200, "a package\n"],
    ["a link to a directory inside the repository", { target: "/packages-dev/Hashed/All/a.pkg" }, 200, "a package\n"],
    ["a certificate whose successor is out", { client: "rita", ...packages }, 200, "packages\n"],
    ["the successor", { client: "rita anew", ...packages }, 200, "packages\n"],
    ["a certificate under a name that its client had", { client: "otto", ...packages }, 200, "packages\n"],
    ["a key made anew after the old one was lost", { client: "lotte anew", ...packages }, 200, "packages\n"],
    ["an encoded slash in a path", { ...OF_DEBIAN, target: "/debian/pool/%40ex%2fhello" }, 200, "scoped\n"],
    [
      "the same in the repository's own part",
      { ...OF_DEBIAN, target: "/debian%2fpool%2F@ex%2Fhello" },
      200,
      "scoped\n",
    ],
    ["HEAD", { ...OF_DEBIAN, method: "HEAD" }, 200, ""],
    ["a range", { ...OF_DEBIAN, headers: ["Range: bytes=1-3"] }, 206, "ebi"],
    [
      "a path with dots that stays inside",
      { client: "bob", target: "/packages/../debian/./file.txt" },
      200,
      "debian\n",
    ],
  ])("%s", async ([, sent, status, body]) => {
    const answer = await siege.ask(sent);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body });
  });

  test("a conditional request, which is answered without the file", async () => {
    const etag = (await siege.ask(OF_DEBIAN)).headers.get("etag");
    expect((await siege.ask({ ...OF_DEBIAN, headers: [`If-None-Match: ${etag}`] })).status).toBe(304);
  });

  test("an index where a directory has one, and a directory without its slash", async () => {
    siege.scratch.write("www/debian/simple/index.html", "an index\n");
    const answer = await siege.ask({ ...OF_DEBIAN, target: "/debian/simple/" });
    expect(answer).toMatchObject({ status: 200, body: "an index\n" });
    expect(answer.headers.get("content-type")).toBe("text/html");
    const redirected = await siege.ask({ ...OF_DEBIAN, target: "/home/simple" });
    expect(redirected).toMatchObject({ status: 301 });
  });

  test("who asks for the successor of the certificate that is shown, and for no other", async () => {
    const ask = (client: string, target = "/.gatehouse/certificate") => siege.ask({ client, target });
    const offered = await ask("rita");
    expect({ status: offered.status, type: offered.headers.get("content-type") }).toEqual({
      status: 200,
      type: "application/x-pem-file",
    });
    expect(offered.headers.get("cache-control")).toBe("no-store");
    expect(offered.body).toContain("-----BEGIN");
    expect(await ask("alice")).toMatchObject({ status: 204, body: "" });
    expect((await ask("rita anew")).status).toBe(204);
    const { serial } = siege.credentials("rita");
    for (const client of ["rita", "alice"]) {
      expect((await ask(client, `/.gatehouse/renewals/${serial}.pem`)).status).toBe(404);
    }
  });

  test("plain HTTP to the server's URL", async () => {
    const answer = await siege.askPlain(siege.plain, PKG, "/packages/file.txt?a=b");
    expect(answer.status).toBe(301);
    expect(answer.headers.get("location")).toBe(`https://${PKG}:${siege.tls}/packages/file.txt?a=b`);
  });
});

describe("where an operator has switched verification off, Apache's gate", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await start((conf) =>
      conf
        .replace("SSLVerifyClient require", "SSLVerifyClient optional_no_ca")
        .replace("SSLCARevocationCheck chain", "SSLCARevocationCheck none"),
    );
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test.for<readonly [string, Who | null, RegExp]>([
    ["no certificate", null, /^no certificate$/],
    ["a stranger's certificate with a listed serial", "double", /^not verified: /],
  ])("still refuses %s", async ([sentence, client, reason]) => {
    const mark = `?${encodeURIComponent(sentence)}`;
    expect((await siege.ask({ client, target: `/packages/file.txt${mark}` })).status).toBe(403);
    expect((await siege.record(mark))["reason"]).toMatch(reason);
  });
});

test("Apache refuses a certificate that is not valid yet: one of a machine whose clock was ahead", async () => {
  await using siege = await start();
  // So little ahead that no CRL was due: a CRL from the future would refuse everybody.
  await siege.changeAndReload({ clients: { early: "{ groups: [staff] }" }, at: clock() + 10 * 86_400 });
  siege.who.set("early", siege.site.take("early"));
  await expect(siege.ask({ client: "early", target: "/packages/file.txt" })).rejects.toThrow(REFUSED);
  await until("the log", () => /certificate is not yet valid/.test(siege.errorLog()) || undefined);
  expect((await siege.ask({ target: "/packages/file.txt" })).status).toBe(200);
});

test("where an operator has switched rewriting off, Apache lets nobody in", async () => {
  await using siege = await start();
  const path = "apache/gates.conf";
  const off = readFileSync(siege.site.at(path), "utf8");
  siege.site.replace(path, `${off}RewriteEngine off\n`);
  await siege.reload();
  for (const target of ["/packages/file.txt", "/debian/file.txt", "/", "/.gatehouse/renewals/x.pem"]) {
    expect((await siege.ask({ target })).status).toBe(403);
  }
});

describe.each([
  ["as rendered", (conf: string) => conf, false],
  [
    "where an operator makes the server keep sessions",
    (conf: string) => conf.replace("SSLSessionTickets off", "SSLSessionTickets on"),
    true,
  ],
] as const)("in Apache, a session from before, %s,", (_, edit, kept) => {
  let siege: Siege;
  let before: SessionsBefore;

  beforeAll(async () => {
    siege = await start(edit);
    before = new SessionsBefore(siege);
    const statuses = await before.open(["alice", ...Object.values(GONE)]);
    if (!kept) for (const [client, status] of statuses) expect({ client, status }).toEqual({ client, status: 200 });
    const old = readFileSync(siege.site.crl);
    await siege.change({
      clients: { frank: null, fritz: "{ groups: [staff], suspended: true }", ferdi: "{ revoked: privilegeWithdrawn }" },
    });
    siege.site.replace("crl.pem", old);
    // A restart makes new ticket keys, and nothing is resumed. Lists are read anew at once, the CRL is not.
    if (!kept) await siege.reload();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test.each(CASES)("opens nothing to a client that is %s, while the CRL is the old one, over %s", async (...given) => {
    const [, tls, client] = given;
    const answer = await before.again(client, tls, `?${client}-${tls}`);
    expect(answer).toMatchObject({ status: 403, resumed: kept, body: expect.stringContaining("no longer admitted") });
    expect((await siege.record(`?${client}-${tls}`))["reason"]).toBe("not listed");
  });

  test.each(TLS)("is not taken up, over %s", async (tls) => {
    expect(await before.again("alice", tls)).toMatchObject({ status: kept ? 421 : 200, resumed: kept });
  });
});
