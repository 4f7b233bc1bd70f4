import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { haproxyArguments, testConfiguration } from "./support/haproxy.ts";
import { CASES, GONE, SessionsBefore, TLS } from "./support/sessions-before.ts";
import { Siege } from "./support/siege.ts";
import { HAPROXY_GATES, HAPROXY_PATHS, IN_THE_HANDSHAKE, UNREADABLE } from "./support/siege-haproxy.ts";
import { APT, PKG } from "./support/siege-registry.ts";
import { METHODS, OF_DEBIAN, type Sent } from "./support/siege-sent.ts";
import { clock } from "./support/site.ts";

const start = (edit?: (conf: string) => string) => Siege.start(edit, "haproxy");

/** Node checks the server's certificate against the name that it asks for, if any. */
const noCheck = { ca: undefined } as unknown as Record<never, never>;

describe("HAProxy's gate refuses", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await start();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test("with a configuration about which HAProxy has nothing to say", () => {
    expect(testConfiguration(haproxyArguments(siege.site.at("haproxy"), PKG))).toEqual({ code: 0, said: "" });
  });

  test.for([...HAPROXY_GATES, ...HAPROXY_PATHS, ...METHODS])("%s", async (refusal) => {
    const [sentence, sent, status, reason, page] = refusal;
    const mark = `?${encodeURIComponent(sentence)}`;
    const answer = await siege.ask({ ...sent, target: `${sent.target ?? "/packages/file.txt"}${mark}` });
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: expect.stringContaining(page) });
    expect(answer.body).not.toContain("secret");
    if (page !== "") expect(answer.headers.get("content-type")).toBe("text/plain");
    expect((await siege.record(mark))["reason"]).toMatch(reason);
  });

  test.each([
    ["no server name", null],
    ["an unknown server name", "unknown.example.com"],
    ["another server's name", APT],
    ["a name under a known one", `x.${PKG}`],
  ])("a handshake with %s, whatever the Host", async (_, sni) => {
    for (const host of [PKG, APT]) {
      for (const client of ["alice", null])
        await expect(siege.ask({ sni, host, client, ...noCheck })).rejects.toThrow(/alert|ECONNRESET|closed|hang up/);
    }
  });

  test("a method with the methods that it takes", async () => {
    const answer = await siege.ask({ ...OF_DEBIAN, method: "POST" });
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
  });

  test.for(IN_THE_HANDSHAKE)("%s, in the handshake", async ([, sent]) => {
    await expect(siege.ask({ target: "/packages/file.txt", ...sent })).rejects.toThrow(/alert/);
  });

  test.for<readonly [string, Sent]>([
    ["huge headers", { headers: [`X-Huge: ${"x".repeat(40_000)}`] }],
    ["a target that is too long", { target: `/debian/${"x".repeat(40_000)}` }],
    ...UNREADABLE.map(([sentence, sent]) => [sentence, sent] as const),
  ])("%s, without a word about HAProxy", async ([, sent]) => {
    const answer = await siege.ask({ ...OF_DEBIAN, ...sent });
    expect(answer.status).toBe(400);
    expect(`${answer.body}${answer.headers.get("server")}`).not.toMatch(/HAProxy/i);
  });

  test.each([`${APT},${PKG}`, `${PKG}, ${APT}`])("Host that is a list: %s", async (host) => {
    expect((await siege.ask({ ...OF_DEBIAN, host })).status).toBe(421);
    expect((await siege.askPlain(siege.plain, host, "/")).status).toBe(421);
  });

  test("an unknown name on the redirect port", async () => {
    expect((await siege.askPlain(siege.plain, "unknown.example.com", "/")).status).toBe(421);
  });

  test("what somebody writes into the log as another record", async () => {
    const mark = "?forged";
    await siege.ask({ ...OF_DEBIAN, headers: ['User-Agent: "},{"client":"alice'], target: `/debian/file.txt${mark}` });
    expect(await siege.record(mark)).toMatchObject({ client: "bob", agent: '"},{"client":"alice' });
  });
});

describe("HAProxy's gate lets through", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await start();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  const packages = { target: "/packages/file.txt" };
  test.for<readonly [string, Sent, number, string]>([
    ["what the registry gives", packages, 200, "packages\n"],
    ["the server's name in upper case", { host: "PKG.Example.com", ...packages }, 200, "packages\n"],
    ["a handshake in upper case", { sni: "PKG.Example.COM", ...packages }, 200, "packages\n"],
    ["another of the server's names", { sni: "www.example.com", ...packages }, 200, "packages\n"],
    ["a client's own repository at home", { client: "bob", target: "/home/file.txt" }, 200, "debian\n"],
    ["a certificate whose successor is out", { client: "rita", ...packages }, 200, "packages\n"],
    ["the successor", { client: "rita anew", ...packages }, 200, "packages\n"],
    ["a certificate under a name that its client had", { client: "otto", ...packages }, 200, "packages\n"],
    ["a key made anew after the old one was lost", { client: "lotte anew", ...packages }, 200, "packages\n"],
    ["an encoded slash in a path", { ...OF_DEBIAN, target: "/debian/pool/%40ex%2fhello" }, 200, "scoped\n"],
    ["HEAD", { ...OF_DEBIAN, method: "HEAD" }, 200, ""],
  ])("%s", async ([, sent, status, body]) => {
    const answer = await siege.ask(sent);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body });
  });

  test("who asks for the successor of the certificate that is shown, and for no other", async () => {
    const ask = (client: string, target = "/.gatehouse/certificate") => siege.ask({ client, target });
    const offered = await ask("rita");
    expect({ status: offered.status, type: offered.headers.get("content-type") }).toEqual({
      status: 200,
      type: "application/x-pem-file",
    });
    expect(offered.headers.get("cache-control")).toBe("no-store");
    const [, serial = ""] = [null, siege.credentials("rita").serial];
    const [, fields = ""] =
      new RegExp(`^${serial} (.*)$`, "m").exec(readFileSync(siege.site.at("haproxy/renewals.map"), "utf8")) ?? [];
    expect(offered.body.trimEnd()).toBe(fields.replaceAll("|", "\n"));
    expect(fields).toMatch(/^-----BEGIN .*-----END [A-Z0-9 ]+-----$/);
    expect(await ask("alice")).toMatchObject({ status: 204, body: "" });
    expect((await ask("rita anew")).status).toBe(204);
  });

  test("plain HTTP to the server's URL", async () => {
    const answer = await siege.askPlain(siege.plain, PKG, "/packages/file.txt?a=b");
    expect(answer.status).toBe(301);
    expect(answer.headers.get("location")).toBe(`https://${PKG}:${siege.tls}/packages/file.txt?a=b`);
  });

  test("a client under its own name, whatever it calls itself", async () => {
    await siege.ask({ ...OF_DEBIAN, headers: ["X-Gatehouse-Client: alice"] });
    expect(siege.told.at(-1)).toBe("bob");
  });

  test.each([
    ["another protocol", ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"]],
    [
      "another name for our header",
      ["X_Gatehouse_Client: alice", "X-Gatehouse_Client: alice", "X.Gatehouse-Client: alice"],
    ],
    ["our header as one to be dropped on the way", ["Connection: close, X-Gatehouse-Client"]],
  ])("a request without %s, which the client asked for", async (_, headers) => {
    expect((await siege.ask({ ...OF_DEBIAN, headers })).status).toBe(200);
    const own = siege.sent.filter((name) => !["host", "x-gatehouse-client"].includes(name));
    expect({ client: siege.told.at(-1), own }).toEqual({ client: "bob", own: [] });
  });
});

test("HAProxy refuses a certificate that is not valid yet: one of a machine whose clock was ahead", async () => {
  await using siege = await start();
  await siege.changeAndReload({ clients: { early: "{ groups: [staff] }" }, at: clock() + 10 * 86_400 });
  siege.who.set("early", siege.site.take("early"));
  const answer = await siege.ask({ client: "early", target: "/packages/file.txt" });
  expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("not valid yet") });
  expect((await siege.ask({ target: "/packages/file.txt" })).status).toBe(200);
});

describe.each([
  ["as rendered", (conf: string) => conf, false],
  [
    "where an operator makes the server keep sessions",
    (conf: string) => conf.replace("cachesize 0", "cachesize 20000").replace(" no-tls-tickets", ""),
    true,
  ],
] as const)("in HAProxy, a session from before, %s,", (_, edit, kept) => {
  let siege: Siege;
  let before: SessionsBefore;

  beforeAll(async () => {
    siege = await start(edit);
    before = new SessionsBefore(siege);
    const statuses = await before.open(["alice", ...Object.values(GONE)]);
    for (const [client, status] of statuses) expect({ client, status }).toEqual({ client, status: 200 });
    const old = readFileSync(siege.site.crl);
    await siege.change({
      clients: { frank: null, fritz: "{ groups: [staff], suspended: true }", ferdi: "{ revoked: privilegeWithdrawn }" },
    });
    siege.site.replace("crl.pem", old);
    // Lists are read at the reload; it makes new ticket keys too, and then nothing is resumed.
    if (!kept) await siege.reload();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  test.runIf(!kept).each(CASES)(
    "opens nothing to a client that is %s, while the CRL is the old one, over %s",
    async (...given) => {
      const [, tls, client] = given;
      const answer = await before.again(client, tls, `?${client}-${tls}`);
      expect(answer).toMatchObject({
        status: 403,
        resumed: false,
        body: expect.stringContaining("no longer admitted"),
      });
      expect((await siege.record(`?${client}-${tls}`))["reason"]).toBe("not listed");
    },
  );

  test.each(TLS)("is not taken up, over %s", async (tls) => {
    expect(await before.again("alice", tls)).toMatchObject({ status: kept ? 421 : 200, resumed: kept });
  });
});
