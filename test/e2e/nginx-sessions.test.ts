import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CASES, GONE, SessionsBefore, TLS } from "./support/sessions-before.ts";
import { Siege } from "./support/siege.ts";
import { clock, soonest } from "./support/site.ts";

const withSessions = (conf: string) => conf.replace("ssl_session_cache off;", "ssl_session_cache shared:x:1m;");

describe.each([
  ["as rendered", (conf: string) => conf, false],
  ["where an operator makes the server keep sessions", withSessions, true],
] as const)("a session from before, %s,", (_, edit, resumed) => {
  let siege: Siege;
  let old: Buffer;
  let before: SessionsBefore;
  /** A client whose certificate ends while the tests run: nginx goes by the machine's clock. */
  let brief = "";
  let briefEnds = 0;

  beforeAll(async () => {
    siege = await Siege.start(edit);
    before = new SessionsBefore(siege);
    briefEnds = await soonest(async (end) => {
      brief = `brief${end}`;
      const entry = "{ groups: [staff], lifetime: 120m, renew_before: 5m }";
      await siege.changeAndReload({ clients: { [brief]: entry }, at: end - 7200 });
      siege.who.set(brief, siege.site.take(brief));
      return (await before.open([brief])).every(([, status]) => status === 200);
    });
    for (const [client, status] of await before.open(["alice", ...Object.values(GONE)]))
      expect({ client, status }).toEqual({ client, status: 200 });
    old = readFileSync(siege.site.crl);
    const clients = { frank: null, fritz: "{ suspended: true }", ferdi: "{ revoked: keyCompromise }" };
    await siege.change({ clients });
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  describe("while the CRL file is the old one,", () => {
    beforeAll(async () => {
      const current = readFileSync(siege.site.crl);
      siege.site.replace("crl.pem", old);
      await siege.reload();
      siege.site.replace("crl.pem", current);
    });

    test.each(CASES)("opens nothing to a client that is %s, over %s", async (state, tls, client) => {
      const mark = `?old-${state}-${tls}`;
      const answer = await before.again(client, tls, mark);
      expect(answer).toMatchObject({ status: 403, resumed, body: expect.stringContaining("no longer admitted") });
      expect((await siege.record(mark))["reason"]).toBe("not listed");
    });
  });

  describe("with the new CRL,", () => {
    beforeAll(() => siege.reload());

    test.each(CASES)("opens nothing to a client that is %s, over %s", async (_state, tls, client) => {
      const answer = await before.again(client, tls);
      const page = resumed ? "no longer admitted" : "was revoked or is suspended";
      expect(answer).toMatchObject({ status: resumed ? 403 : 400, resumed, body: expect.stringContaining(page) });
    });
  });

  test.each(TLS)("opens nothing once its certificate has ended, over %s", async (tls) => {
    await sleep((briefEnds + 1 - clock()) * 1000);
    const answer = await before.again(brief, tls);
    const page = resumed ? "resumed an older one" : "has expired";
    expect(answer).toMatchObject({ status: resumed ? 421 : 400, resumed, body: expect.stringContaining(page) });
  });

  test.each(TLS)("is taken up by nobody, because none is handed out, over %s", async (tls) => {
    const answer = await before.again("alice", tls);
    expect({ status: answer.status, resumed: answer.resumed }).toEqual({ status: resumed ? 421 : 200, resumed });
  });
});
