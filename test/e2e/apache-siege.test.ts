import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apacheArguments, testConfiguration } from "./support/apache.ts";
import { until } from "./support/ports.ts";
import { sClient } from "./support/s-client.ts";
import type { Siege } from "./support/siege.ts";
import { APACHE_PATHS, HANDSHAKES, MISDIRECTED, REFUSED, start } from "./support/siege-apache.ts";
import { APT, PKG } from "./support/siege-registry.ts";
import { METHODS, OF_DEBIAN, type Sent } from "./support/siege-sent.ts";

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
