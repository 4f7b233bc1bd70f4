import { readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { chapters } from "./support/chapters.ts";
import { run } from "./support/curl.ts";
import { testConfiguration } from "./support/nginx.ts";
import { clientsYaml } from "./support/repository.ts";
import { Siege } from "./support/siege.ts";
import { clock, Site, soonest } from "./support/site.ts";

const TARGET = "/packages/file.txt";
const STAFF = "{ groups: [staff] }";
const NOBODY_S_FAULT = "nothing is wrong at your end";

describe("the CRL", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await Siege.start();
  });
  afterAll(() => siege?.[Symbol.asyncDispose]());

  const lockedOut = async (mark: string) => {
    const { status, body } = await siege.ask({ target: TARGET + mark });
    return { status, body, reason: (await siege.record(mark))["reason"] };
  };

  const chapter = chapters("lets nobody in with whom anything is wrong, and everybody again after that");

  chapter("is one block for the one authority, and nothing that nginx would take for a trust anchor", () => {
    const labels = [...readFileSync(siege.site.crl, "utf8").matchAll(/^-----BEGIN (.+)-----$/gm)].map(
      ([, label]) => label,
    );
    expect(labels).toEqual(["X509 CRL"]);
  });

  chapter("rises in time and number, though two are signed in one second", async () => {
    const first = await timesOf(siege.site.crl);
    await siege.change({ clients: { gerd: STAFF } });
    await siege.change({ clients: { gerd: null, ferdi: null } });
    const second = await timesOf(siege.site.crl);
    await siege.change({ clients: { fritz: null }, at: siege.now });
    const third = await timesOf(siege.site.crl);
    expect([first.thisUpdate < second.thisUpdate, second.thisUpdate < third.thisUpdate]).toEqual([true, true]);
    expect([first.number < second.number, second.number < third.number]).toEqual([true, true]);
  });

  chapter(
    "locks everybody out once it has ended, on a running server, and the page says whose fault it is",
    async () => {
      const more = "crl: { lifetime: 60m, renew_before: 30m }\n";
      const ends = await soonest(async (end) => {
        await siege.changeAndReload({ clients: { frank: null }, at: end - 3600, more });
        return (await siege.ask({ target: TARGET })).status === 200;
      });
      // nginx goes by the machine's clock.
      await sleep((ends + 1 - clock()) * 1000);
      expect(await lockedOut("?ended")).toEqual({
        status: 400,
        body: expect.stringContaining(NOBODY_S_FAULT),
        reason: expect.stringMatching(/^not verified: .*CRL has expired/),
      });
      expect(siege.errorLog()).toContain("CRL has expired");
    },
  );

  chapter("opens again with the next one", async () => {
    await siege.changeAndReload({ at: clock(), more: "" });
    expect((await siege.ask({ target: TARGET })).status).toBe(200);
  });

  chapter("is good on a server whose clock is a little slow, and so is a new certificate", async () => {
    await siege.changeAndReload({ clients: { nora: STAFF, lotte: null }, at: clock() + 240 });
    siege.who.set("nora", siege.site.take("nora"));
    for (const client of ["alice", "nora"]) expect((await siege.ask({ client, target: TARGET })).status).toBe(200);
  });

  chapter("locks everybody out where its signature is damaged", async () => {
    const whole = readFileSync(siege.site.crl, "utf8");
    const der = Buffer.from(whole.replace(/-----.+-----/g, ""), "base64");
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    siege.site.replace("crl.pem", `-----BEGIN X509 CRL-----\n${der.toString("base64")}\n-----END X509 CRL-----\n`);
    await siege.reload();
    expect(await lockedOut("?damaged")).toEqual({
      status: 400,
      body: expect.stringContaining(NOBODY_S_FAULT),
      reason: expect.stringMatching(/^not verified: .*CRL signature failure/),
    });
    siege.site.replace("crl.pem", whole);
  });

  chapter("locks everybody out where it comes from the future", async () => {
    await siege.changeAndReload({ clients: { nora: null }, at: clock() + 3600 });
    expect(await lockedOut("?future")).toEqual({
      status: 400,
      body: expect.stringContaining(NOBODY_S_FAULT),
      reason: expect.stringMatching(/^not verified: .*CRL is not yet valid/),
    });
  });

  chapter("locks everybody out where it lacks an authority of the chain", async () => {
    using other = await Site.create(clientsYaml({ alice: STAFF }), clock());
    siege.site.replace("crl.pem", readFileSync(other.crl));
    await siege.reload();
    expect(await lockedOut("?lacks")).toEqual({
      status: 400,
      body: expect.stringContaining(NOBODY_S_FAULT),
      reason: expect.stringMatching(/^not verified: .*unable to get certificate CRL/),
    });
  });

  chapter("locks everybody out where another authority of the same name signed it", async () => {
    const renamed = clientsYaml({ alice: STAFF }).replace(
      "Test CA, organization: Test Ltd",
      "Example CA, organization: Example",
    );
    using other = await Site.create(renamed, clock());
    siege.site.replace("crl.pem", readFileSync(other.crl));
    await siege.reload();
    expect(await lockedOut("?signature")).toMatchObject({ status: 400, body: expect.stringContaining(NOBODY_S_FAULT) });
  });

  for (const [what, spoil] of [
    ["empty", () => siege.site.replace("crl.pem", "")],
    ["missing", () => rmSync(siege.site.crl)],
  ] as const)
    chapter(`that is ${what} is found by nginx -t`, () => {
      spoil();
      const { code, said } = testConfiguration(siege.scratch.at("trial"), siege.site.conf);
      expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining("crl.pem") });
    });
});

/** thisUpdate as sortable text, and the number, as openssl reads them. */
async function timesOf(crl: string): Promise<{ thisUpdate: string; number: bigint }> {
  const args = ["crl", "-in", crl, "-noout", "-lastupdate", "-crlnumber", "-dateopt", "iso_8601"];
  const { stdout } = await run("openssl", args);
  const [, thisUpdate = "", number = ""] = /lastUpdate=(.+)\ncrlNumber=(0x[0-9A-F]+)/.exec(stdout) ?? [];
  return { thisUpdate, number: BigInt(number) };
}
