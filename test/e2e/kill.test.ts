import { createPrivateKey, X509Certificate } from "node:crypto";
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { preview } from "../../scripts/flows/preview.ts";
import { parseInstant } from "../../scripts/model/time.ts";
import { findings, reconcileHere } from "./support/in-process.ts";
import { Interrupted } from "./support/interrupted.ts";
import { certificates, makeRequest, readCrl, serialOf } from "./support/judges.ts";
import { clientsYaml, Repository } from "./support/repository.ts";

const BEFORE = {
  alice: "{ groups: [staff] }",
  bob: "{ groups: [staff] }",
  carol: "{ groups: [guests] }",
  dora: "{ groups: [guests], csr: true }",
  erin: "{ groups: [guests], lifetime: 40d }",
  hank: "{ groups: [guests], suspended: true }",
};
/** Removed, held, renewed, released, issued; a request too. */
const { bob: _, ...STAYING } = BEFORE;
const AFTER = {
  ...STAYING,
  carol: "{ groups: [guests], suspended: true }",
  fred: "{ groups: [guests] }",
  gina: "{ groups: [staff], csr: true }",
  hank: "{ groups: [guests] }",
};
const THEN = "2026-12-15T12:00:00Z";
const NEXT = "2026-12-15T12:01:00Z";
/** Of the operations before which it is copied, every so many is also one before which it is killed. */
const KILLED = 20;

let ready: Repository;
let number: number;
beforeAll(async () => {
  const held = BEFORE.hank;
  ready = Repository.fresh(clientsYaml({ ...BEFORE, hank: "{ groups: [guests] }" }));
  makeRequest(ready, "dora");
  makeRequest(ready, "gina");
  await ready.run("start", "--now", "2026-11-21T12:00:00Z");
  ready.write("clients.yaml", clientsYaml({ ...BEFORE, hank: held }));
  const { code, stderr } = await ready.run("reconcile", "--now", "2026-11-21T13:00:00Z");
  if (code !== 0) throw new Error(stderr);
  ready.write("clients.yaml", clientsYaml(AFTER, "signers: { build01: { repository: pkg } }\n"));
  number = readCrl(ready).number;
});
afterAll(() => ready?.[Symbol.dispose]());

function files(repository: Repository, directory: string): string[] {
  const entries = readdirSync(repository.at(directory), { recursive: true, encoding: "utf8" });
  return entries.map((entry) => join(directory, entry)).filter((path) => lstatSync(repository.at(path)).isFile());
}

/** What must hold at every instant: whatever has its final name is whole, and nobody else can read a private file. */
function insistOnWholeFiles(repository: Repository): void {
  for (const path of files(repository, "pki/private")) {
    expect((lstatSync(repository.at(path)).mode & 0o777).toString(8), path).toBe("600");
    if (path.endsWith(".key")) createPrivateKey(repository.read(path));
  }
  for (const path of files(repository, "pki")) {
    if (/\.(?:pem|crt)$/.test(path)) expect(repository.read(path), path).toMatch(/-----END [A-Z0-9 ]+-----\n$/);
  }
  const crl = readCrl(repository);
  if (crl.number > number) expect([...crl.entries.keys()]).toContain(serialOf(repository, "bob"));
}

/** What must hold in the end, however often the run was killed. */
async function insistOnTheEnd(repository: Repository): Promise<void> {
  const issued = certificates(repository).map(({ identity }) => identity);
  const once = ["alice", "bob", "build01", "carol", "dora", "erin", "erin", "fred", "gina", "hank", "pkg.example.com"];
  expect(issued.sort()).toEqual(once);
  const crl = readCrl(repository);
  const [bob, carol] = [serialOf(repository, "bob"), serialOf(repository, "carol")];
  expect(crl.verified && crl.number > number).toBe(true);
  expect(crl.entries).toEqual(
    new Map([
      [bob, "Cessation Of Operation"],
      [carol, "Certificate Hold"],
    ]),
  );
  expect(repository.list("pki/revoked")).toEqual([`${bob}.yaml`]);
  expect(repository.list("pki/held")).toEqual([`${carol}.yaml`]);
  for (const { serial, identity } of certificates(repository)) {
    const managed = !["bob", "dora", "gina"].includes(identity);
    expect(repository.list("pki/private/by_serial").includes(`${serial}.key`), identity).toBe(managed);
    if (!managed) continue;
    const certificate = new X509Certificate(repository.read(`pki/certs_by_serial/${serial}.pem`));
    const key = createPrivateKey(repository.read(`pki/private/by_serial/${serial}.key`));
    expect(certificate.checkPrivateKey(key), identity).toBe(true);
  }
  expect(repository.list("pki/private/by_serial")).toHaveLength(issued.length - 3);
  expect(files(repository, "pki").filter((path) => path.endsWith(".tmp"))).toEqual([]);
  expect(repository.list(".git/gatehouse").filter((name) => /^lock|tmp$/.test(name))).toEqual([]);
  const now = parseInstant(NEXT) ?? 0;
  const common = { root: repository.root, checkClock: false, allowLosses: null, head: null, base: null };
  expect((await preview({ ...common, now })).plan.changes).toEqual([]);
}

/** What is there, whatever the serials are that were drawn, and the process that wrote it. */
function namesOf(state: ReadonlyMap<string, string>): string[] {
  return [...state.keys()].map((path) => path.replace(/[0-9A-F]{32}/, "SERIAL").replace(/\d+\.tmp$/, "tmp")).sort();
}

/** Check says what the next run will mend; then that run. */
async function goOn(twin: Repository, fault: number): Promise<void> {
  insistOnWholeFiles(twin);
  for (const { path, fix, level } of await findings(twin, THEN))
    if (level === "block") expect(fix, `${path} after operation ${fault}`).toMatch(/npm run reconcile$/);
  expect((await reconcileHere(twin, NEXT)).refusals).toEqual([]);
  await insistOnTheEnd(twin);
}

describe("reconcile killed with SIGKILL", () => {
  it("before any of its file operations, the next run ends where one alone would have", async () => {
    using interrupted = await Interrupted.run(ready, THEN);
    expect(interrupted.count).toBeGreaterThan(60);
    let judged: ReturnType<Repository["fingerprint"]> | null = null;
    for (let fault = 1; fault <= interrupted.count; fault++) {
      using left = interrupted.before(fault);
      const state = left.fingerprint();
      if (fault % KILLED === 0) {
        using twin = ready.copy();
        const killed = await twin.runWith({ GATEHOUSE_FAULT: String(fault) }, "reconcile", "--now", THEN);
        expect(killed).toMatchObject({ signal: "SIGKILL" });
        expect(namesOf(twin.fingerprint()), `killed before operation ${fault}`).toEqual(namesOf(state));
        await goOn(twin, fault);
      }
      // Nothing but flushed: the same bytes again, of which all was said.
      if (judged !== null && isDeepStrictEqual(state, judged)) continue;
      judged = state;
      await goOn(left, fault);
    }
  });

  it("again and again, every time a little further, it gets there, and nobody is certified twice", async () => {
    using twin = ready.copy();
    let signal: string | null = "SIGKILL";
    for (let run = 0; signal === "SIGKILL"; run++) {
      const fault = String(5 + run * 7);
      ({ signal } = await twin.runWith({ GATEHOUSE_FAULT: fault }, "reconcile", "--now", THEN));
      insistOnWholeFiles(twin);
    }
    await insistOnTheEnd(twin);
  });
});
