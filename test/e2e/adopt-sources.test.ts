import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adopting, Foreign, openssl } from "./support/adopting.ts";
import { DemoCa } from "./support/foreign-ca.ts";
import { planOf, readCrl } from "./support/judges.ts";
import type { Repository } from "./support/repository.ts";

let foreign: Foreign;
beforeAll(() => {
  foreign = new Foreign();
});
afterAll(() => foreign?.[Symbol.dispose]());

/** What is quiet afterwards: nothing to issue, to revoke or to sign. */
async function insistOnQuiet(repository: Repository): Promise<void> {
  expect(planOf(await repository.run("plan", "--json"))).toMatchObject({
    refusals: [],
    summary: { issue: 0, revoke: 0, crl: 0 },
  });
  const { code, stderr } = await repository.run("reconcile");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(planOf(await repository.run("plan", "--json")).changes).toEqual([]);
}

describe("adopt takes", () => {
  it("a CRL without a number, as openssl ca signs one without being told otherwise", async () => {
    using repository = (await adopting(foreign.ca.top)).repository;
    expect([...readCrl(repository).entries.keys()]).toEqual(["02"]);
    expect(readCrl(repository).number).toBeGreaterThan(1_700_000_000);
    await insistOnQuiet(repository);
  });

  it.each([
    ["CR LF at the ends of lines", (text: string) => text.replaceAll("\n", "\r\n")],
    ["blank lines and a comment", (text: string) => `\n# ours\n${text}\n\n`],
  ])("an index.txt with %s", async (_, edit) => {
    const { code, stdout, repository } = await adopting(foreign.withIndex(edit));
    using _repository = repository;
    expect({ code, odd: stdout.includes("Odd") }).toEqual({ code: 0, odd: false });
    expect([...readCrl(repository).entries.keys()]).toEqual(["02"]);
  });

  it.each([
    [
      "cut short behind the serial number",
      /\tunknown\t\/CN=mallory\n/,
      "\n",
      "index.txt:2:1: is cut short: its serial number can be read, and is taken",
    ],
    [
      "with a reason that nobody knows",
      /Z\t02/,
      "Z,because\t02",
      'has the reason "because", which nobody knows; it is taken as unspecified',
    ],
    ["with no time of revocation", /\t\d{12}Z\t02/, "\t\t02", "has nothing where the revocation's time belongs"],
    [
      "which says valid for what the CRL revokes",
      /^R(.*)\t\d{12}Z\t02/m,
      "V$1\t\t02",
      "serial 02 is valid here and revoked by a CRL; it is taken as revoked",
    ],
    ["with an escape sequence in it", /\t02\tunknown/, "\t02\t\u001b[2Junknown\tx\ty", "has more than six fields"],
  ])("a line of index.txt %s, says so with its place, and keeps the revocation", async (_, from, to, said) => {
    const { code, stdout, repository } = await adopting(foreign.withIndex((text) => text.replace(from, to)));
    using _repository = repository;
    expect(code).toBe(0);
    expect(stdout).toContain(said);
    expect(stdout).not.toContain("\u001b[2J");
    expect([...readCrl(repository).entries.keys()]).toEqual(["02"]);
  });

  it("a revocation of which there is neither certificate nor CRL", async () => {
    const top = foreign.changed((at) => {
      for (const file of ["crl.pem", "certs/mallory.pem", "newcerts/02.pem"]) rmSync(at(file));
    });
    const { stdout, repository } = await adopting(top);
    using _repository = repository;
    expect(stdout).toContain("Revoked, without a certificate here; they stay on the CRL: 02.");
    expect([...readCrl(repository).entries.keys()]).toEqual(["02"]);
    await insistOnQuiet(repository);
    expect([...readCrl(repository).entries.keys()]).toEqual(["02"]);
  });

  it("certificates alone, and says that nobody knows what was revoked", async () => {
    const heap = foreign.scratch.at("heap");
    mkdirSync(heap);
    cpSync(foreign.ca.at("cacert.pem"), join(heap, "ca.crt"));
    openssl("x509", "-in", foreign.ca.at("certs/alice.pem"), "-outform", "DER", "-out", join(heap, "alice.cer"));
    const { code, stdout, repository } = await adopting(heap);
    using _repository = repository;
    expect(code).toBe(0);
    expect(stdout).toContain("Nothing here says what was revoked");
    expect(stdout).toContain("The CA's key is not in that directory");
    expect(repository.read("clients.yaml")).toContain("  alice: { groups: [adopted] }");
    expect((await repository.run("status")).stdout).toContain("alice");
  });

  it("two certificates of one serial number as the newer one's, and says who comes in by it", async () => {
    const twice = new DemoCa(foreign.scratch.at("twice"));
    twice.issue("alice", { serial: "01", from: "260101000000Z" });
    rmSync(twice.at("newcerts/01.pem"));
    writeFileSync(twice.at("index.txt"), "");
    twice.issue("bob", { serial: "01" });
    const { code, stdout, repository } = await adopting(twice.top);
    using _repository = repository;
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /certs\/alice\.pem:\d+: CN=alice: serial 01 is also that of certs\/bob\.pem:\d+: whoever has this one/,
    );
    await insistOnQuiet(repository);
    expect(repository.read("pki/certs_by_serial/01.pem")).toContain("identity: bob\n");
  });

  it("a client's key with a passphrase as one that is not here, and says how it could come along", async () => {
    const top = foreign.changed((at) =>
      openssl(
        "pkey",
        "-in",
        foreign.ca.at("private/alice.key"),
        "-out",
        at("private/alice.key"),
        "-aes128",
        "-passout",
        "pass:x",
      ),
    );
    const { stdout, repository } = await adopting(top);
    using _repository = repository;
    expect(stdout).toContain("Keys with a passphrase stay where they are: private/alice.key.");
    expect(repository.read("clients.yaml")).toContain("  alice: { groups: [adopted], csr: true }");
    await insistOnQuiet(repository);
  });

  it("a CA whose key is elsewhere: everything is written but what would have to be signed", async () => {
    const keyless = new DemoCa(foreign.scratch.at("keyless"));
    for (const name of ["alice", "mallory"]) keyless.issue(name);
    keyless.revoke("mallory", "superseded");
    keyless.sign(true);
    rmSync(keyless.at("private/cakey.pem"));
    const { code, stdout, repository } = await adopting(keyless.top);
    using _repository = repository;
    expect(code).toBe(0);
    expect(stdout).toContain("nothing can be signed: no certificate, no renewal, no CRL");
    await insistOnQuiet(repository);
    expect(repository.read("pki/index.txt")).toMatch(/^R.*,superseded\t02\t/m);
    expect(readCrl(repository)).toMatchObject({ number: 0x1000, verified: true });
  });

  it.each(["ec-p384", "rsa-4096"] as const)(
    "a CA whose key is %s and has a passphrase, which no output has",
    async (key) => {
      const sealed = new DemoCa(foreign.scratch.at(`sealed-${key}`), key, "open sesame");
      sealed.issue("alice");
      rmSync(sealed.at("crlnumber"));
      const refused = await adopting(sealed.top);
      refused.repository[Symbol.dispose]();
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.stderr).toContain("GATEHOUSE_CA_PASSPHRASE_FILE=FILE");
      const { code, stdout, stderr, repository } = await adopting(sealed.top, {
        GATEHOUSE_CA_PASSPHRASE_FILE: sealed.at("pass"),
      });
      using _repository = repository;
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stdout + stderr).not.toContain("sesame");
      await insistOnQuiet(repository);
    },
  );
});
