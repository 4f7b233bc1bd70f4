import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { DemoCa, KEYS } from "./support/foreign-ca.ts";
import { planOf, readCrl } from "./support/judges.ts";
import { type Ran, Repository } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";

const SAMPLE = readFileSync(join(CHECKOUT, "clients.yaml"), "utf8");

let scratch: Scratch;
/** One client is valid, one revoked; the CRL is of version 1. */
let ca: DemoCa;
let copies = 0;
beforeAll(() => {
  scratch = new Scratch("adopt");
  ca = new DemoCa(scratch.at("demoCA"));
  ca.issue("alice");
  ca.issue("mallory");
  ca.revoke("mallory");
  ca.sign(false);
});
afterAll(() => scratch?.[Symbol.dispose]());

/** A copy of the CA's directory, changed. */
function changed(change: (at: (path: string) => string) => void): string {
  const top = scratch.at(`changed-${++copies}`);
  cpSync(ca.top, top, { recursive: true });
  change((path) => join(top, path));
  return top;
}

/** The same with index.txt rewritten. */
function withIndex(edit: (text: string) => string): string {
  return changed((at) => writeFileSync(at("index.txt"), edit(readFileSync(at("index.txt"), "utf8"))));
}

async function adopting(
  directory: string,
  extra: Record<string, string> = {},
): Promise<Ran & { repository: Repository }> {
  const repository = Repository.fresh(SAMPLE);
  return { ...(await repository.runWith(extra, "adopt", directory)), repository };
}

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

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}

describe("adopt takes", () => {
  it("a CRL without a number, as openssl ca signs one without being told otherwise", async () => {
    using repository = (await adopting(ca.top)).repository;
    expect([...readCrl(repository).entries.keys()]).toEqual(["02"]);
    expect(readCrl(repository).number).toBeGreaterThan(1_700_000_000);
    await insistOnQuiet(repository);
  });

  it.each([
    ["CR LF at the ends of lines", (text: string) => text.replaceAll("\n", "\r\n")],
    ["blank lines and a comment", (text: string) => `\n# ours\n${text}\n\n`],
  ])("an index.txt with %s", async (_, edit) => {
    const { code, stdout, repository } = await adopting(withIndex(edit));
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
    const { code, stdout, repository } = await adopting(withIndex((text) => text.replace(from, to)));
    using _repository = repository;
    expect(code).toBe(0);
    expect(stdout).toContain(said);
    expect(stdout).not.toContain("\u001b[2J");
    expect([...readCrl(repository).entries.keys()]).toEqual(["02"]);
  });

  it("a revocation of which there is neither certificate nor CRL", async () => {
    const top = changed((at) => {
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
    const heap = scratch.at("heap");
    mkdirSync(heap);
    cpSync(ca.at("cacert.pem"), join(heap, "ca.crt"));
    openssl("x509", "-in", ca.at("certs/alice.pem"), "-outform", "DER", "-out", join(heap, "alice.cer"));
    const { code, stdout, repository } = await adopting(heap);
    using _repository = repository;
    expect(code).toBe(0);
    expect(stdout).toContain("Nothing here says what was revoked");
    expect(stdout).toContain("The CA's key is not in that directory");
    expect(repository.read("clients.yaml")).toContain("  alice: { groups: [adopted] }");
    expect((await repository.run("status")).stdout).toContain("alice");
  });

  it("a CA whose key is elsewhere: everything is written but what would have to be signed", async () => {
    const keyless = new DemoCa(scratch.at("keyless"));
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
      const sealed = new DemoCa(scratch.at(`sealed-${key}`), key, "open sesame");
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

describe("adopt refuses, and writes nothing,", () => {
  const cases: readonly (readonly [string, () => string, RegExp])[] = [
    [
      "a line of index.txt without a status",
      () => withIndex((text) => text.replace(/^R/m, "X")),
      /index\.txt:2:1: begins with "X", not with V, R or E/,
    ],
    [
      "a line whose serial number cannot be read",
      () => withIndex((text) => text.replace("\t02\t", "\tzz\t")),
      /index\.txt:2:1: has "zz" where the serial number belongs/,
    ],
    [
      "a CRL that is cut short",
      () => changed((at) => writeFileSync(at("crl.pem"), readFileSync(at("crl.pem"), "utf8").slice(0, 200))),
      /crl\.pem:1:1: .*is cut short/,
    ],
    [
      "a CRL of another CA",
      () => changed((at) => cpSync(other().at("crl.pem"), at("crl.pem"))),
      /crl\.pem:1:1: the CRL is (another CA's|not signed by this CA)/,
    ],
    [
      "two CAs",
      () => changed((at) => cpSync(other().top, at("other"), { recursive: true })),
      /there is more than one CA here/,
    ],
    [
      "an empty directory",
      () => {
        mkdirSync(scratch.at("empty"));
        return scratch.at("empty");
      },
      /no certificate below this directory/,
    ],
    ["a directory that is not there", () => scratch.at("nowhere"), /is no directory that can be read/],
    [
      "step-ca's, which has two tiers",
      step,
      /intermediate_ca\.crt:1: O=Step, CN=Step Intermediate is an intermediate CA, issued by O=Step, CN=Step Root .*root_ca\.crt:1/,
    ],
  ];
  it.each(cases)("%s", async (_, directory, said) => {
    const { code, stderr, repository } = await adopting(directory());
    using _repository = repository;
    expect(code).toBe(1);
    expect(stderr).toMatch(said);
    expect(repository.git("status", "--short")).toBe("");
  });

  it("a directory inside the repository", async () => {
    using repository = Repository.fresh(SAMPLE);
    cpSync(ca.top, repository.at("demoCA"), { recursive: true });
    const { code, stderr } = await repository.run("adopt", repository.at("demoCA"));
    expect({ code, said: stderr.includes("lies in this repository") }).toEqual({ code: 1, said: true });
  });

  it("where clients.yaml is somebody's work", async () => {
    using repository = Repository.fresh(SAMPLE.replace("Example Packages CA", "My CA").replace("Example Ltd", "Mine"));
    const { code, stderr } = await repository.run("adopt", ca.top);
    expect(code).toBe(1);
    expect(stderr).toContain("mv clients.yaml clients.yaml.mine");
  });
});

function other(): DemoCa {
  const top = scratch.at(`other-${++copies}`);
  const made = new DemoCa(top);
  made.issue("x");
  made.sign(false);
  return made;
}

/** step-ca's files, made by hand: a root, an intermediate, a leaf below it. */
function step(): string {
  const top = scratch.at("step");
  for (const directory of ["certs", "secrets"]) mkdirSync(join(top, directory), { recursive: true });
  const at = (path: string) => join(top, path);
  for (const name of ["root_ca", "intermediate_ca"])
    openssl("genpkey", ...KEYS["ec-p256"], "-out", at(`secrets/${name}_key`));
  openssl(
    "req",
    "-x509",
    "-new",
    "-key",
    at("secrets/root_ca_key"),
    "-days",
    "3650",
    "-subj",
    "/O=Step/CN=Step Root",
    "-out",
    at("certs/root_ca.crt"),
  );
  openssl(
    "req",
    "-new",
    "-key",
    at("secrets/intermediate_ca_key"),
    "-subj",
    "/O=Step/CN=Step Intermediate",
    "-out",
    at("i.csr"),
  );
  writeFileSync(at("ext"), "basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n");
  openssl(
    "x509",
    "-req",
    "-in",
    at("i.csr"),
    "-CA",
    at("certs/root_ca.crt"),
    "-CAkey",
    at("secrets/root_ca_key"),
    "-days",
    "3000",
    "-extfile",
    at("ext"),
    "-out",
    at("certs/intermediate_ca.crt"),
  );
  return top;
}
