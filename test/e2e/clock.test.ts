import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatInstant } from "../../scripts/model/time.ts";
import { now as clock } from "../../scripts/system/clock.ts";
import { reconcileHere } from "./support/in-process.ts";
import { certificates, planOf, readCrl, serialOf, serialsOf, verdict } from "./support/judges.ts";
import { clientsYaml, Repository } from "./support/repository.ts";

const DAY = 86_400;
const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }", carol: "{ groups: [guests] }" };
/** The machine's own clock decides here, and --now plays another machine whose clock is wrong. */
const ago = (days: number) => formatInstant(clock() - days * DAY);
const YEAR_AHEAD = () => ago(-340);

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(CLIENTS), ago(10));
  ready.git("config", "core.hooksPath", "/dev/null");
});
afterAll(() => ready?.[Symbol.dispose]());

/** Refused with this evidence by plan and reconcile, and not one byte changes. */
async function insistOnRefusal(twin: Repository, code: string, evidence: RegExp): Promise<void> {
  const before = twin.fingerprint("pki");
  for (const command of ["plan", "reconcile"] as const) {
    const ran = await twin.run(command, "--json");
    expect(ran.code).toBe(1);
    expect(planOf(ran).refusals).toEqual([{ code, message: expect.stringMatching(evidence) }]);
  }
  expect(twin.fingerprint("pki")).toEqual(before);
}

describe("a clock that is wrong is refused with the evidence", () => {
  it("behind the last CRL", async () => {
    using twin = ready.copy();
    await reconcileHere(twin, YEAR_AHEAD());
    await insistOnRefusal(twin, "ClockBehind", /the clock says .+, but (?:the last CRL|certificate \S+) is from /);
    expect((await twin.run("check")).code).toBe(1);
  });

  it("years ahead", async () => {
    using old = await Repository.ready(clientsYaml(CLIENTS), ago(800));
    await insistOnRefusal(old, "ClockAhead", /the clock says .+, but the last CRL ended .+, over a year before/);
  });
});

describe("after a run whose clock was a year ahead", () => {
  it("not committed: git brings everything back", async () => {
    using twin = ready.copy();
    const before = twin.fingerprint("pki");
    await reconcileHere(twin, YEAR_AHEAD());
    expect(certificates(twin).length).toBeGreaterThan(certificates(ready).length);
    twin.git("checkout", "--quiet", "HEAD", "--", "pki");
    twin.git("clean", "-fdq", "--", "pki");
    expect([...twin.fingerprint("pki").keys()]).toEqual([...before.keys()]);
    expect((await twin.run("reconcile")).code).toBe(0);
  });

  it("committed: what it issued is revoked, the CRL's time is the present again, and no clock is refused", async () => {
    using twin = ready.copy();
    await reconcileHere(twin, YEAR_AHEAD());
    twin.commit("Carry out, a year ahead");
    const [number, first] = [readCrl(twin).number, serialsOf(ready, "alice")[0]];
    expect(verdict(twin, `pki/certs_by_serial/${first}.pem`, ago(-1))).toContain("CRL is not yet valid");

    // docs/recovery.md: those who were renewed get a reissue; servers go out and come back.
    const reissue = `reissue: { before: ${ago(0)}, reason: superseded }`;
    const again = Object.entries(CLIENTS).map(([name, entry]) => [name, entry.replace(" }", `, ${reissue} }`)]);
    const text = clientsYaml(Object.fromEntries(again));
    twin.write("clients.yaml", text.replace(/servers:\n.*\n/, "servers: {}\n"));
    expect((await reconcileHere(twin, ago(0))).refusals).toEqual([]);
    twin.write("clients.yaml", text);
    expect((await reconcileHere(twin, ago(0))).refusals).toEqual([]);
    twin.commit("Mend the clock");

    expect((await twin.run("reconcile")).code).toBe(0);
    expect(await twin.run("plan", "--detailed-exitcode")).toMatchObject({ code: 0 });
    expect(readCrl(twin).number).toBeGreaterThan(number);
    for (const name of Object.keys(CLIENTS)) {
      expect(verdict(twin, `pki/issued/${name}.crt`, ago(-1))).toBe("OK");
      expect(serialsOf(twin, name)).toHaveLength(3);
    }
    expect(verdict(twin, "pki/issued/pkg.example.com.crt", ago(-1))).toBe("OK");
    expect([...readCrl(twin).entries.keys()]).toContain(serialOf(ready, "alice"));
    expect((await twin.run("check")).code).toBe(0);
  });

  it("committed, and nothing but the CRL was signed: one run with --now is all", async () => {
    using twin = ready.copy();
    await reconcileHere(twin, ago(-40));
    expect(certificates(twin)).toHaveLength(certificates(ready).length);
    twin.commit("Carry out, forty days ahead");
    expect((await twin.run("reconcile")).code).toBe(1);
    expect((await twin.run("reconcile", "--now", ago(0))).code).toBe(0);
    expect(verdict(twin, "pki/issued/alice.crt", ago(-1))).toBe("OK");
    expect((await twin.run("reconcile")).code).toBe(0);
  });
});
