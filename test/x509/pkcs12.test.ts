import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { describe, expect, it } from "vitest";
import type { KeyType } from "../../scripts/model/registry.ts";
import { makePkcs12 } from "../../scripts/x509/pkcs12.ts";
import { authority, leaf, pair, spkiOf } from "./helpers/made.ts";
import { directory, must, run } from "./helpers/programs.ts";

const TYPES = ["ec-p256", "ec-p384", "rsa-3072"] as const satisfies readonly KeyType[];
const PASSPHRASE = "correct horse ünïcode";

interface Wish {
  readonly type: KeyType;
  readonly compat: boolean;
  readonly passphrase?: string;
}

function made({ type, compat, passphrase = PASSPHRASE }: Wish) {
  const { publicKey, privateKey } = pair(type);
  const certificate = leaf("client", { spki: spkiOf(publicKey) });
  const keyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const certificates = [certificate, authority().pem];
  const file = makePkcs12({ keyPem, certificates, friendlyName: "alice", passphrase, compat, random: randomBytes });
  return { file, certificate, keyPem };
}

const CASES = TYPES.flatMap((type) => [false, true].map((compat) => ({ type, compat })));

describe.each(CASES)("a PKCS#12 file with a key of type $type, compatible: $compat", ({ type, compat }) => {
  const { file, certificate, keyPem } = made({ type, compat });

  it("gives openssl the key, the certificate and the CA", () => {
    const cwd = directory({ "in.p12": file, pass: PASSPHRASE });
    const legacy = compat ? ["-legacy"] : [];
    const output = must(
      "openssl",
      ["pkcs12", "-in", "in.p12", "-passin", "file:pass", "-nodes", "-info", ...legacy],
      cwd,
    );
    expect(output).toContain(keyPem);
    expect(output).toContain(certificate);
    expect(output).toContain(authority().pem);
    expect(output).toContain("friendlyName: alice");
    expect(output).toContain(compat ? "pbeWithSHA1And3-KeyTripleDES-CBC" : "PBES2, PBKDF2, AES-256-CBC");
    expect(output).toContain(compat ? "MAC: sha1" : "MAC: sha256");
  });

  it("is refused by openssl with another passphrase", () => {
    const cwd = directory({ "in.p12": file, pass: "wrong" });
    const { output } = run("openssl", ["pkcs12", "-in", "in.p12", "-passin", "file:pass", "-noout"], cwd);
    expect(output).toMatch(/Mac verify error/);
  });

  it("is read by NSS", () => {
    const cwd = directory({ "in.p12": file, pass: PASSPHRASE });
    writeFileSync(join(cwd, "empty"), "");
    must("certutil", ["-N", "-d", `sql:${cwd}`, "-f", "empty"], cwd);
    must("pk12util", ["-i", "in.p12", "-d", `sql:${cwd}`, "-k", "empty", "-w", "pass"], cwd);
    expect(must("certutil", ["-L", "-d", `sql:${cwd}`], cwd)).toMatch(/^alice +u,u,u$/m);
  });

  it("is read by GnuTLS", () => {
    const cwd = directory({ "in.p12": file });
    const output = must("certtool", ["--p12-info", "--inder", "--infile", "in.p12", "--password", PASSPHRASE], cwd);
    expect(output).toContain("BEGIN CERTIFICATE");
    expect(output).toContain("PRIVATE KEY");
  });
});

describe("a PKCS#12 file", () => {
  it("is read by Node, for those who bring it to an https client", () => {
    const { file } = made({ type: "ec-p256", compat: false });
    expect(() => createSecureContext({ pfx: file, passphrase: PASSPHRASE })).not.toThrow();
    expect(() => createSecureContext({ pfx: file, passphrase: "wrong" })).toThrow();
  });

  it("takes an empty passphrase", () => {
    const { file } = made({ type: "ec-p256", compat: false, passphrase: "" });
    const cwd = directory({ "in.p12": file });
    expect(must("openssl", ["pkcs12", "-in", "in.p12", "-passin", "pass:", "-nokeys"], cwd)).toContain("alice");
    expect(readFileSync(join(cwd, "in.p12")).length).toBeGreaterThan(1000);
  });
});
