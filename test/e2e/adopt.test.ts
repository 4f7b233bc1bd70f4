import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readState } from "../../scripts/read/state.ts";
import { workingTree } from "../../scripts/read/tree.ts";
import { CHECKOUT } from "../support/checkout.ts";
import { DemoCa, pemsIn, verdicts } from "./support/foreign-ca.ts";
import { decisions, OpensslCa, type PlanJson, planOf, readCrl } from "./support/judges.ts";
import { type Ran, Repository } from "./support/repository.ts";

const SAMPLE = readFileSync(join(CHECKOUT, "clients.yaml"), "utf8");
const LONGEST = "7F11111111111111111111111111111111111111";

let repository: Repository;
let ca: DemoCa;
let dry: string;
let before: ReadonlyMap<string, string>;
let looked: ReadonlyMap<string, string>;
let adopted: Ran;
let first: PlanJson;
let reconciled: Ran;

/** A CA of `openssl ca` that was used by people, adopted and reconciled. */
beforeAll(async () => {
  repository = Repository.fresh(SAMPLE);
  ca = new DemoCa(repository.beside("demoCA"), "rsa-2048");
  ca.issue("alice", { serial: "01" });
  ca.issue("alice-renewed", { subject: "/CN=alice", serial: "0A" });
  ca.issue("old", { from: "200101000000Z", until: "210101000000Z", serial: "0B" });
  ca.issue("bob", { key: "rsa-2048", serial: LONGEST });
  ca.issue("carol", { keyAway: true, serial: "1000" });
  ca.issue("dave", { keyAway: true, requestAway: true });
  ca.issue("Ève Ünï", { subject: "/C=DE/O=Other House/OU=Lab/CN=Ève Ünï/emailAddress=eve@example.com" });
  ca.issue("eve-uni", {});
  ca.issue("frank", { extensions: "none" });
  ca.issue("gina", { extensions: "both" });
  ca.issue("ca-name", { subject: "/CN=ca" });
  ca.issue("mallory", {});
  ca.issue("mia", {});
  ca.issue("mia-renewed", { subject: "/CN=mia" });
  ca.issue("held", {});
  ca.issue("below", { extensions: "sub_ca" });
  ca.issue("web", { extensions: "server" });
  ca.issue("mail", { extensions: "server", keyAway: true, requestAway: true });
  ca.revoke("mallory", "keyCompromise");
  ca.revoke("mia");
  ca.revoke("held", "certificateHold");
  ca.sign(true);
  before = repository.fingerprint();
  dry = (await repository.run("adopt", "--dry-run", ca.top)).stdout;
  looked = repository.fingerprint();
  adopted = await repository.run("adopt", ca.top);
  first = planOf(await repository.run("plan", "--json"));
  reconciled = await repository.run("reconcile");
}, 120_000);
afterAll(() => repository?.[Symbol.dispose]());

const serial = (file: string) => new X509Certificate(readFileSync(ca.at(`certs/${file}.pem`))).serialNumber;
const entry = (name: string) =>
  new RegExp(`^ {2}${name}: \\{ (.*) \\}`, "m").exec(repository.read("clients.yaml"))?.[1];
const state = () => readState(workingTree(repository.root));

describe("adopt, of a directory that openssl ca made", () => {
  it("says first what would become of everything, and writes nothing", () => {
    expect(looked).toEqual(before);
    expect(dry).toContain("would become this repository's");
    expect(dry).toContain("eve-uni: { groups: [adopted] }");
  });

  it("says so again when it does it, and then has nothing to issue, to revoke or to sign", async () => {
    expect(adopted).toMatchObject({ code: 0 });
    const from = adopted.stdout.indexOf("\n\n");
    expect(dry).toContain(adopted.stdout.slice(from).trimEnd());
    expect(first.refusals).toEqual([]);
    expect(first.summary).toMatchObject({ issue: 0, renew: 0, revoke: 0, hold: 0, release: 0, crl: 0, lose: 0 });
    expect(reconciled.code).toBe(0);
    expect(planOf(await repository.run("plan", "--json")).changes).toEqual([]);
    expect(decisions(planOf(await repository.run("plan", "--json")))).toEqual([]);
    const { stdout: checked, code: fine } = await repository.run("check", "--json");
    expect({
      fine,
      checked: JSON.parse(checked).findings.filter((one: { level: string }) => one.level === "block"),
    }).toEqual({ fine: 0, checked: [] });
  });

  it("lets in whom the old CA let in, and nobody else, certificate by certificate", () => {
    const files = pemsIn(ca.at("certs"));
    const [old, ours] = [
      verdicts(files, ca.at("cacert.pem"), ca.at("crl.pem")),
      verdicts(files, repository.at("pki/ca.crt"), repository.at("pki/crl.pem")),
    ];
    expect([...old.values()].filter((one) => one !== "OK")).toHaveLength(3);
    expect(ours).toEqual(old);
    const map = repository.read("pki/nginx/clients.map");
    const admitted = [
      "alice",
      "alice-renewed",
      "bob",
      "carol",
      "dave",
      "Ève Ünï",
      "eve-uni",
      "frank",
      "gina",
      "ca-name",
      "mia-renewed",
    ];
    for (const file of admitted) expect(map, file).toContain(serial(file));
    for (const file of ["old", "mallory", "mia", "held", "below", "web", "mail"])
      expect(map, file).not.toContain(serial(file));
  });

  it("keeps dates and reasons of revocations, holds, and the CRL's number going up", () => {
    const { revocations, holds, crl } = state();
    expect(revocations.get(serial("mallory"))?.reason).toBe("keyCompromise");
    expect(revocations.get(serial("mia"))?.reason).toBe("unspecified");
    expect([...holds.keys()]).toEqual([serial("held")]);
    expect(crl?.entries.get(serial("held"))?.reason).toBe("certificateHold");
    const old = spawnSync("openssl", ["crl", "-in", ca.at("crl.pem"), "-noout", "-text"], { encoding: "utf8" }).stdout;
    const at = /Revocation Date: (.*)/.exec(old.slice(old.indexOf(serial("mallory"))))?.[1] ?? "";
    expect(revocations.get(serial("mallory"))?.at).toBe(Date.parse(at) / 1000);
    expect(readCrl(repository).number).toBeGreaterThan(0x1000);
    expect(readCrl(repository).verified).toBe(true);
  });

  it("gives names that clients.yaml takes, and keeps what it knows of their holders", () => {
    expect(entry("alice")).toBe("groups: [adopted]");
    expect(entry("eve-uni")).toBe("groups: [adopted]");
    expect(entry("eve-uni-2")).toBe('groups: [adopted], contact: "eve@example.com", organization: Other House');
    expect(entry("client-ca")).toBe("groups: [adopted]");
    expect(entry("carol")).toBe("groups: [adopted], csr: true");
    expect(entry("dave")).toBe("groups: [adopted]");
    expect(entry("held")).toBe("groups: [adopted], suspended: true");
    expect(entry("mallory")).toBeUndefined();
    expect(entry("old")).toBeUndefined();
    expect(repository.read("clients.yaml")).toContain(
      "  web: { software: nginx, certificate: issued, names: [pkg.example.com] }",
    );
    expect(
      [...state().certificates.values()]
        .filter((one) => one.identity === "alice")
        .map((one) => one.serial)
        .sort(),
    ).toEqual(["01", "0A"]);
  });

  it("says what it leaves behind, and why", () => {
    expect(dry).toMatch(/certs\/below\.pem:\d+: .*: it is a CA's certificate, below this one/);
    expect(dry).toMatch(/certs\/mail\.pem:\d+: .*neither its key nor its request is here/);
    expect(dry).toContain("Neither key nor usable request is here of dave.");
  });

  it("takes the keys along, encrypted on their way into git", () => {
    expect(repository.list("pki/private/by_serial")).toContain(`${LONGEST}.key`);
    expect(repository.list("pki/private/by_serial")).not.toContain(`${serial("mallory")}.key`);
    repository.git("add", "--all");
    expect(repository.git("show", ":pki/private/ca.key")).toMatch(/^\0GITCRYPT\0/);
  });

  it("leaves an index.txt that openssl ca and openssl ocsp read as they read the old one", () => {
    using judge = new OpensslCa(repository);
    expect(judge.status(serial("alice"))).toBe("Valid (V)");
    expect(judge.status(serial("mallory"))).toBe("Revoked (R)");
    expect(judge.status(LONGEST)).toBe("Valid (V)");
    const answer = (file: string) => {
      const request = repository.beside("ocsp.req");
      const [issuer, key] = [repository.at("pki/ca.crt"), repository.at("pki/private/ca.key")];
      spawnSync("openssl", [
        "ocsp",
        "-issuer",
        issuer,
        "-cert",
        ca.at(`certs/${file}.pem`),
        "-reqout",
        request,
        "-no_nonce",
      ]);
      const said = spawnSync(
        "openssl",
        [
          "ocsp",
          "-index",
          repository.at("pki/index.txt"),
          "-CA",
          issuer,
          "-rsigner",
          issuer,
          "-rkey",
          key,
          "-reqin",
          request,
          "-resp_text",
        ],
        { encoding: "utf8" },
      );
      return /Cert Status: (\w+)/.exec(said.stdout)?.[1];
    };
    expect([answer("alice"), answer("mallory"), answer("bob")]).toEqual(["good", "revoked", "good"]);
  });

  it("renews an adopted certificate into an ordinary one, whose predecessor goes on", async () => {
    const twin = repository.copy();
    try {
      const then = new Date(Date.now() + 385 * 86_400_000).toISOString().slice(0, 10);
      expect((await twin.run("reconcile", "--now", then)).code).toBe(0);
      const own = [...readState(workingTree(twin.root)).certificates.values()].filter((one) => one.identity === "bob");
      expect(own.map(({ reason, keyType, subject }) => [reason, keyType, subject])).toContainEqual([
        "RenewalDue",
        "ec-p256",
        "CN=bob, O=Old House, C=DE",
      ]);
      expect(own.every((one) => one.reason === "RenewalDue" || one.serial === LONGEST)).toBe(true);
    } finally {
      twin[Symbol.dispose]();
    }
  });

  it("refuses where there is state", async () => {
    const { code, stderr } = await repository.run("adopt", ca.top);
    expect(code).toBe(1);
    expect(stderr).toContain("there is an authority already");
  });
});
