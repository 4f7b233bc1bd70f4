import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "./support/ports.ts";
import { CASES, GONE, SessionsBefore, TLS } from "./support/sessions-before.ts";
import type { Siege, Who } from "./support/siege.ts";
import { REFUSED, start } from "./support/siege-apache.ts";
import { clock } from "./support/site.ts";

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
