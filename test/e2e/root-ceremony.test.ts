import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatSubject } from "../../scripts/model/registry.ts";
import { readCertificate } from "../../scripts/x509/certificate.ts";
import { makeIssuer } from "../../scripts/x509/issuer.ts";
import { makeIssuingRequest } from "../../scripts/x509/issuing-request.ts";
import { decodePem } from "../../scripts/x509/pem.ts";
import { keySigner } from "../../scripts/x509/signer.ts";
import { verifyChain } from "../../scripts/x509/verify-chain.ts";
import { Ceremony, must, NAMES } from "./support/root-ceremony.ts";

let first: Ceremony;
let other: Ceremony;
beforeAll(() => {
  first = Ceremony.withRoot();
  other = Ceremony.withRoot();
  other.must("sign", other.request(), "--yes");
});
afterAll(() => {
  first[Symbol.dispose]();
  other[Symbol.dispose]();
});

describe("what is made", () => {
  it("is a root below which one more authority may stand, and an authority that issues leaves only", () => {
    using ceremony = new Ceremony(first);
    ceremony.must("sign", ceremony.request(), "--yes");
    const of = (file: string) => ceremony.ask("x509", file, "-ext", "basicConstraints,keyUsage").replace(/ +/g, " ");
    const usage = "\nX509v3 Key Usage: critical\n Certificate Sign, CRL Sign";
    expect(of("root.crt")).toBe(`X509v3 Basic Constraints: critical\n CA:TRUE, pathlen:1${usage}`);
    expect(of("issuing.crt")).toBe(`X509v3 Basic Constraints: critical\n CA:TRUE, pathlen:0${usage}`);
    for (const file of ["root.crt", "issuing.crt"]) expect(ceremony.serial(file)).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(ceremony.verdict()).toBe("issuing.crt: OK\n");
  });

  it("has the name as it was given, and a key under AES-256 with 600,000 rounds, in files of their owner's alone", () => {
    using ceremony = new Ceremony();
    const name = '/CN=x + y\\z="$HOME" #1 Ünïcode, 株';
    ceremony.must("init", "--common-name", name, "--organization", "A/O=B", "--country", "DE", "--key", "ec-p256");
    const shown = ceremony.ask("x509", "root.crt", "-subject", "-nameopt", "sep_multiline,utf8,sname");
    expect(shown.split("\n").slice(1)).toEqual([`    CN=${name}`, "    O=A/O=B", "    C=DE"]);
    const key = must("openssl", ["asn1parse", "-in", "root.key"], ceremony.root);
    expect(key).toMatch(/PBES2.*PBKDF2.*INTEGER +:0927C0.*hmacWithSHA256.*aes-256-cbc/s);
    expect(must("find", [".", "-perm", "/077"], ceremony.root)).toBe("");
  });

  it("from a request is its key and its name, and none of the extensions that it asks for", () => {
    using ceremony = new Ceremony(first);
    const asks = ["-addext", "basicConstraints=CA:TRUE,pathlen:7", "-addext", "subjectAltName=DNS:evil.example"];
    ceremony.must("sign", ceremony.request([...asks, "-subj", "/O=Example Ltd/CN=Example Issuing/C=DE"]), "--yes");
    const text = ceremony.ask("x509", "issuing.crt", "-text");
    expect(text).not.toMatch(/pathlen:7|evil/);
    expect(ceremony.ask("x509", "issuing.crt", "-subject")).toBe(
      "subject=O = Example Ltd, CN = Example Issuing, C = DE",
    );
  });

  it("is what the repository asked for, and takes", async () => {
    using ceremony = new Ceremony(first);
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
    const subject = { commonName: "Example Packages Ünïcode", organization: "Example Ltd", country: "DE" };
    const signer = keySigner(privateKey);
    writeFileSync(ceremony.at("issuing.req"), await makeIssuingRequest(subject, signer));
    const said = ceremony.must("sign", ceremony.at("issuing.req"), "--yes");
    const [issuing, root, list] = ["issuing.crt", "root.crt", "root.crl"].map((file) => ceremony.read(file));
    expect(verifyChain(issuing ?? "", root ?? "", list ?? "", Math.floor(Date.now() / 1000) + 1)).toBeNull();
    const made = readCertificate(decodePem(issuing ?? "", "CERTIFICATE"));
    expect(made).toMatchObject({
      subject: formatSubject(subject.commonName, subject.organization, subject.country),
      keyType: "ec-p384",
      profile: "authority",
    });
    // What the repository shows has to be what was shown here, or somebody changed it on its way.
    expect(said).toContain(made.fingerprint);
    expect(said).toContain(readCertificate(decodePem(root ?? "", "CERTIFICATE")).fingerprint);
    expect(makeIssuer(issuing ?? "", signer).certificate.serial).toBe(ceremony.serial());
  });

  it("ends with the root at the latest", () => {
    using ceremony = new Ceremony();
    ceremony.must("init", ...NAMES, "--key", "ec-p256", "--lifetime", "30d");
    const request = ceremony.request();
    const longer = ceremony.run(["sign", request, "--yes", "--lifetime", "31d"]);
    expect(longer.output).toContain("--lifetime 31d is longer than the root lasts");
    expect(ceremony.must("sign", request, "--yes")).toContain("so does this");
    const end = ceremony.ask("x509", "root.crt", "-enddate").replace("notAfter=", "");
    expect(ceremony.ask("x509", "issuing.crt", "-enddate")).toContain(end);
    const list = ceremony.ask("crl", "root.crl", "-nextupdate").replace("nextUpdate=", "");
    expect(Date.parse(end) - Date.parse(list)).toBeGreaterThan(0);
    expect(Date.parse(end) - Date.parse(list)).toBeLessThanOrEqual(300_000);
    expect(ceremony.run(["crl", "--lifetime", "1y"]).output).toContain("longer than the root lasts");
  });
});

describe("the root's list", () => {
  /** A machine whose date(1) says this. */
  const at = (ceremony: Ceremony, seconds: number) => {
    mkdirSync(ceremony.at("bin"), { recursive: true });
    writeFileSync(ceremony.at("bin/date"), `#!/bin/sh\necho ${seconds}\n`, { mode: 0o755 });
    return { PATH: `${ceremony.at("bin")}:${process.env["PATH"]}` };
  };

  it("has a number that rises, also with a clock that stands still", () => {
    using ceremony = new Ceremony(first);
    const now = Math.floor(Date.now() / 1000) + 5;
    const numbers = [ceremony.crlNumber()];
    for (const clock of [now, now, now]) {
      expect(ceremony.run(["crl"], at(ceremony, clock))).toMatchObject({ code: 0 });
      numbers.push(ceremony.crlNumber());
    }
    expect(numbers.slice(1)).toEqual([now, now + 1, now + 2]);
    expect(numbers[0]).toBeLessThan(now);
  });

  it("is not signed by a clock that has gone back, before the root or the last list, nor after the root's end", () => {
    using ceremony = new Ceremony(first);
    const said = (seconds: number) => ceremony.run(["crl"], at(ceremony, seconds));
    const before = ceremony.read("root.crl");
    expect(said(1_000_000_000)).toMatchObject({ code: 1, output: expect.stringContaining("before the root was made") });
    const soon = Math.floor(Date.now() / 1000) - 200;
    expect(said(soon)).toMatchObject({ code: 1, output: expect.stringContaining("before the last list was signed") });
    expect(said(soon + 21 * 31_536_000)).toMatchObject({
      code: 1,
      output: expect.stringContaining("the root has ended"),
    });
    expect(ceremony.read("root.crl")).toBe(before);
  });

  it("takes an authority back, by file or by number, once, and says why", () => {
    using ceremony = new Ceremony(first);
    ceremony.must("sign", ceremony.request(), "--yes");
    ceremony.must("sign", ceremony.request(["-subj", "/CN=Another"]), "--yes");
    const serials = readdirSync(`${ceremony.root}/issued`).map((file) => file.replace(".crt", ""));
    const newest = ceremony.serial();
    const older = serials.find((serial) => serial !== newest) ?? "";
    ceremony.must("revoke", `${ceremony.root}/issuing.crt`, "superseded", "--yes");
    ceremony.must("revoke", older, "--yes");
    expect(ceremony.must("revoke", older, "--yes")).toContain("is revoked already");
    const list = ceremony.ask("crl", "root.crl", "-text");
    expect(list.match(/Serial Number: /g)).toHaveLength(2);
    expect([...list.matchAll(/Reason Code: \n +(.+)/g)].map(([, reason]) => reason)).toEqual(["Superseded"]);
    expect(ceremony.verdict()).toContain("certificate revoked");
  });

  it("has no certificate of another root, of nobody, or the root's own", () => {
    using ceremony = new Ceremony(first);
    const revoke = (what: string, ...reason: string[]) => ceremony.run(["revoke", what, ...reason, "--yes"]).output;
    expect(revoke(`${other.root}/issuing.crt`)).toContain("was not issued by this root");
    expect(revoke("4041")).toContain("4041 is no file, and no serial number");
    expect(revoke(`${ceremony.root}/root.crt`)).toContain("a root cannot revoke itself");
    expect(revoke(`${ceremony.root}/root.key`)).toContain("is no certificate");
    expect(revoke("4041", "certificateHold")).toContain("certificateHold is no reason here");
    expect(readdirSync(`${ceremony.root}/revoked`)).toEqual([]);
  });

  it("has none that only other roots of this machine vouch for", () => {
    using ceremony = new Ceremony(first);
    const env = { SSL_CERT_FILE: `${other.root}/root.crt` };
    const { output } = ceremony.run(["revoke", `${other.root}/issuing.crt`, "--yes"], env);
    expect(output).toContain("was not issued by this root");
  });
});
