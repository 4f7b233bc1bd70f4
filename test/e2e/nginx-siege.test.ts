import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testConfiguration } from "./support/nginx.ts";
import { Siege, type Who } from "./support/siege.ts";
import { CERTIFICATES, NAMES, PATHS } from "./support/siege-refusals.ts";
import { APT, PKG } from "./support/siege-registry.ts";
import { METHODS, OF_DEBIAN, type Sent } from "./support/siege-sent.ts";
import { clock } from "./support/site.ts";

describe("the gate refuses", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await Siege.start();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test("with a configuration about which nginx has nothing to say", () => {
    expect(testConfiguration(siege.scratch.at("trial"), siege.site.conf)).toEqual({ code: 0, said: "" });
  });

  test.for([...CERTIFICATES, ...NAMES, ...PATHS, ...METHODS])("%s", async ([sentence, sent, status, reason, page]) => {
    const mark = `?${encodeURIComponent(sentence)}`;
    const answer = await siege.ask({ ...sent, target: `${sent.target ?? "/packages/file.txt"}${mark}` });
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: expect.stringContaining(page) });
    expect(answer.body).not.toContain("secret");
    expect(answer.headers.get("content-type")).toBe("text/plain");
    expect((await siege.record(mark))["reason"]).toMatch(reason);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("a missing certificate over %s", async (tls) => {
    expect((await siege.ask({ client: null, tls })).status).toBe(400);
    expect((await siege.ask({ tls, target: "/packages/file.txt" })).status).toBe(200);
  });

  test.each([
    ["no server name", null],
    ["an unknown server name", "unknown.example.com"],
    ["a name under a known one", `x.${PKG}`],
    ["the name of the block that rejects", `${PKG}.invalid`],
  ])("a handshake with %s", async (_, sni) => {
    await expect(siege.ask({ sni, target: "/packages/file.txt" })).rejects.toThrow(/unrecognized.name/i);
    expect(siege.errorLog()).toContain("handshake rejected");
  });

  test("a method with the methods that it takes", async () => {
    expect((await siege.ask({ ...OF_DEBIAN, method: "POST" })).headers.get("allow")).toBe("GET, HEAD");
  });

  test.each(["TRACE", "CONNECT"])("method %s, which nginx itself does not take", async (method) => {
    expect((await siege.ask({ ...OF_DEBIAN, method })).status).toBe(405);
  });

  test("a range that the file does not have", async () => {
    const beyond = { target: "/debian/file.txt?beyond", headers: ["Range: bytes=100-200"] };
    const answer = await siege.ask({ ...OF_DEBIAN, ...beyond });
    expect(answer).toMatchObject({ status: 416, body: expect.stringContaining("no such part") });
    expect(answer.headers.get("content-range")).toBe("bytes */7");
    expect((await siege.record("?beyond"))["reason"]).toBe("range not satisfiable");
  });

  test("with a line in the log that says what was shown and asked for", async () => {
    await siege.ask({ target: "/debian/.env?shown" });
    expect(await siege.record("?shown")).toMatchObject({
      verify: "SUCCESS",
      name: PKG,
      host: PKG,
      tls: "TLSv1.3",
      resumed: ".",
    });
  });

  test("nothing that is made to break the log", async () => {
    const agent = 'x","client":"alice"} \\ \x01\xff';
    const answer = await siege.ask({ ...OF_DEBIAN, target: "/debian/file.txt?log", headers: [`User-Agent: ${agent}`] });
    expect(answer.status).toBe(200);
    expect(await siege.record("?log")).toMatchObject({ client: "bob", agent: expect.stringContaining('x","client"') });
  });

  test("huge headers", async () => {
    const huge = { target: "/debian/file.txt?huge", headers: [`X-Huge: ${"x".repeat(40_000)}`] };
    const answer = await siege.ask({ ...OF_DEBIAN, ...huge });
    expect(answer).toMatchObject({
      status: 400,
      body: expect.stringContaining("headers of this request are too large"),
    });
    expect((await siege.record("?huge"))["reason"]).toBe("headers too large");
  });

  test("a target that is too long, without a word about nginx's version", async () => {
    const answer = await siege.ask({ ...OF_DEBIAN, target: `/debian/${"x".repeat(40_000)}` });
    expect(answer.status).toBe(414);
    expect(answer.body).not.toContain("nginx/");
  });

  test("plain HTTP on the TLS port, with a page", async () => {
    for (const host of [PKG, "unknown.example.com"]) {
      const answer = await siege.askPlain(siege.tls, host, "/packages/file.txt");
      expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("speaks HTTPS only") });
    }
  });

  test("an unknown name on the redirect port", async () => {
    expect((await siege.askPlain(siege.plain, "unknown.example.com", "/")).status).toBe(421);
  });
});

describe("the gate lets through", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await Siege.start();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test.for<readonly [string, Sent, number, string]>([
    ["what the registry gives", { target: "/packages/file.txt" }, 200, "packages\n"],
    [
      "what the registry gives, by another of the server's names",
      { sni: "www.example.com", target: "/packages/file.txt" },
      200,
      "packages\n",
    ],
    ["the server's name in upper case", { host: "PKG.Example.com", target: "/packages/file.txt" }, 200, "packages\n"],
    [
      "a handshake for the server's name in upper case",
      { sni: "PKG.Example.COM", target: "/packages/file.txt" },
      200,
      "packages\n",
    ],
    [
      "a handshake for another of its names",
      { sni: "WWW.example.com", host: "www.example.com", target: "/packages/file.txt" },
      200,
      "packages\n",
    ],
    ["the same repository on another server", { sni: APT, ...OF_DEBIAN }, 200, "debian\n"],
    ["the server's home, without one of its own", { sni: APT, target: "/home/file.txt" }, 200, "debian\n"],
    ["a client's own repository at home", { client: "bob", target: "/home/file.txt" }, 200, "debian\n"],
    ["a root that is a link and begins with a dot", { target: "/packages-dev/All/a.pkg" }, 200, "a package\n"],
    ["a link to a file inside the repository", { target: "/packages-dev/latest.pkg" }, 200, "a package\n"],
    ["a link to a directory inside the repository", { target: "/packages-dev/Hashed/All/a.pkg" }, 200, "a package\n"],
    ["a certificate whose successor is out", { client: "rita", target: "/packages/file.txt" }, 200, "packages\n"],
    ["the successor", { client: "rita anew", target: "/packages/file.txt" }, 200, "packages\n"],
    [
      "a certificate under a name that its client had",
      { client: "otto", target: "/packages/file.txt" },
      200,
      "packages\n",
    ],
    ["the same client under its name", { client: "ottilie anew", target: "/packages/file.txt" }, 200, "packages\n"],
    [
      "a key made anew after the old one was lost",
      { client: "lotte anew", target: "/packages/file.txt" },
      200,
      "packages\n",
    ],
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
    [
      "nothing where there is nothing",
      { target: "/debian/none" },
      404,
      "There is nothing at this address.\n\nWhat to do: check the URL; upper and lower case differ.\n",
    ],
  ])("%s", async ([, sent, status, body]) => {
    const answer = await siege.ask(sent);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body });
  });

  test("a conditional request, which is answered without the file", async () => {
    const etag = (await siege.ask(OF_DEBIAN)).headers.get("etag");
    expect((await siege.ask({ ...OF_DEBIAN, headers: [`If-None-Match: ${etag}`] })).status).toBe(304);
  });

  test("plain HTTP to the server's URL", async () => {
    const answer = await siege.askPlain(siege.plain, PKG, "/packages/file.txt?a=b");
    expect(answer.status).toBe(301);
    expect(answer.headers.get("location")).toBe(`https://${PKG}:${siege.tls}/packages/file.txt?a=b`);
  });
});

describe("where an operator has switched verification off, the gate", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await Siege.start((conf) => conf.replace("ssl_verify_client on;", "ssl_verify_client optional_no_ca;"));
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

test("the gate refuses a certificate that is not valid yet: one of a machine whose clock was ahead", async () => {
  await using siege = await Siege.start();
  // So little ahead that no CRL was due: a CRL from the future would refuse everybody.
  await siege.changeAndReload({ clients: { early: "{ groups: [staff] }" }, at: clock() + 10 * 86_400 });
  siege.who.set("early", siege.site.take("early"));
  const answer = await siege.ask({ client: "early", target: "/packages/file.txt?early" });
  expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("not valid yet") });
  expect((await siege.record("?early"))["reason"]).toMatch(/^not verified: .*certificate is not yet valid/);
  expect((await siege.ask({ target: "/packages/file.txt" })).status).toBe(200);
});

describe("while the CRL file is still the old one, the gate refuses a certificate", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await Siege.start();
    const old = readFileSync(siege.site.crl);
    await siege.change({
      clients: { frank: null, fritz: "{ groups: [staff], suspended: true }", ferdi: "{ revoked: privilegeWithdrawn }" },
    });
    expect(readFileSync(siege.site.crl).equals(old)).toBe(false);
    siege.site.replace("crl.pem", old);
    await siege.reload();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test.each([
    ["suspended", "fritz"],
    ["revoked", "ferdi"],
    ["removed", "frank"],
  ])("whose client is %s", async (state, client) => {
    const answer = await siege.ask({ client, target: `/packages/file.txt?${state}` });
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining("no longer admitted") });
    expect((await siege.record(`?${state}`))["reason"]).toBe("not listed");
    expect((await siege.ask({ target: "/packages/file.txt" })).status).toBe(200);
  });
});
