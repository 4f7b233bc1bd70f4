import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { IDENTITY_KINDS, KEY_TYPES, type Kind } from "../../scripts/model/registry.ts";
import { readCertificate, verifyCertificate } from "../../scripts/x509/certificate.ts";
import { X509Error } from "../../scripts/x509/error.ts";
import { issueCertificate } from "../../scripts/x509/issue.ts";
import { makeIssuer } from "../../scripts/x509/issuer.ts";
import { decodePem } from "../../scripts/x509/pem.ts";
import { keySigner } from "../../scripts/x509/signer.ts";
import { issueAuthority, signCrl, signerOf } from "../support/sign-now.ts";
import { authority, DAY, leaf, NOW, pair, spkiOf } from "./helpers/made.ts";
import { directory, must, run } from "./helpers/programs.ts";

const PURPOSE = { client: "sslclient", server: "sslserver", signer: "smimesign" } as const;
const SERIALS = { client: "51", server: "52", signer: "53" } as const;

describe.each(KEY_TYPES)("a CA with a key of type %s", (caType) => {
  const { issuer, key, pem: caPem } = authority(caType);
  const entries = [{ serial: "51FF", at: NOW - 60, reason: "keyCompromise" as const }];
  const crl = signCrl({ issuer, number: NOW, thisUpdate: NOW - 60, nextUpdate: NOW + 30 * DAY, entries });
  const files: Record<string, string> = { "ca.pem": caPem, "crl.pem": crl };
  for (const type of KEY_TYPES) {
    const spki = spkiOf(pair(type).publicKey);
    for (const kind of IDENTITY_KINDS)
      files[`${kind}-${type}`] = leaf(kind, { issuer, spki, serial: `${SERIALS[kind]}01` });
  }
  files["revoked"] = leaf("client", { issuer, serial: "51FF" });
  const leaves = (kind: string) => KEY_TYPES.map((type) => `${kind}-${type}`);

  test.each(IDENTITY_KINDS)("its %s certificates of every key type pass openssl's strictest check", (kind) => {
    const options = [
      "-x509_strict",
      "-crl_check_all",
      "-purpose",
      PURPOSE[kind],
      "-CAfile",
      "ca.pem",
      "-CRLfile",
      "crl.pem",
    ];
    const output = must("openssl", ["verify", ...options, ...leaves(kind)], directory(files));
    expect(output.match(/: OK$/gm)).toHaveLength(KEY_TYPES.length);
  });

  it("is believed by GnuTLS, leaf by leaf", () => {
    const cwd = directory(files);
    for (const name of IDENTITY_KINDS.flatMap(leaves)) {
      const args = ["--verify", "--load-ca-certificate", "ca.pem", "--load-crl", "crl.pem", "--infile", name];
      expect(must("certtool", args, cwd)).toContain("Chain verification output: Verified.");
    }
  });

  it("takes a revoked certificate back, for openssl and GnuTLS alike", () => {
    const cwd = directory(files);
    const openssl = run(
      "openssl",
      ["verify", "-crl_check_all", "-CAfile", "ca.pem", "-CRLfile", "crl.pem", "revoked"],
      cwd,
    );
    expect(openssl.output).toContain("certificate revoked");
    const args = ["--verify", "--load-ca-certificate", "ca.pem", "--load-crl", "crl.pem", "--infile", "revoked"];
    expect(run("certtool", args, cwd).output).toContain("revoked");
  });

  it("is read as what was asked for, and its signatures verify", () => {
    expect(readCertificate(decodePem(caPem, "CERTIFICATE"))).toMatchObject({ profile: "authority", keyType: caType });
    for (const type of KEY_TYPES) {
      for (const kind of IDENTITY_KINDS) {
        const der = decodePem(files[`${kind}-${type}`] ?? "", "CERTIFICATE");
        expect(readCertificate(der)).toMatchObject({ profile: kind, keyType: type });
        expect(verifyCertificate(der, key.publicKey)).toBe(true);
      }
    }
  });
});

describe("a certificate as others read it", () => {
  test.each([
    ["ec-p256", "ecdsa-with-SHA256"],
    ["ec-p384", "ecdsa-with-SHA384"],
    ["rsa-3072", "sha256WithRSAEncryption"],
    ["rsa-4096", "sha384WithRSAEncryption"],
    ["ed25519", "ED25519"],
  ] as const)("is signed by a CA of type %s with %s", (type, algorithm) => {
    const cwd = directory({ "a.pem": leaf("client", { issuer: authority(type).issuer }) });
    const text = must("openssl", ["x509", "-in", "a.pem", "-noout", "-text"], cwd);
    expect(text.match(new RegExp(`Signature Algorithm: ${algorithm}$`, "gm"))).toHaveLength(2);
  });

  it("has the extensions of its profile, as openssl prints them", () => {
    const cwd = directory({ "client.pem": leaf("client"), "server.pem": leaf("server"), "signer.pem": leaf("signer") });
    const text = (name: string) => must("openssl", ["x509", "-in", name, "-noout", "-text"], cwd).replace(/ +/g, " ");
    const common = "X509v3 Basic Constraints: critical\n CA:FALSE\n X509v3 Key Usage: critical\n Digital Signature\n";
    const usage = (purpose: string) => `${common} X509v3 Extended Key Usage: \n ${purpose}\n`;
    expect(text("client.pem")).toContain(usage("TLS Web Client Authentication"));
    expect(text("signer.pem")).toContain(usage("Code Signing, E-mail Protection"));
    expect(text("server.pem")).toContain(usage("TLS Web Server Authentication"));
    expect(text("server.pem")).toContain(
      "DNS:pkg.example.com, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:1\n",
    );
  });

  it("has the purposes of its profile and is no CA, as Node reads it", () => {
    const purposes = (kind: Kind) => new X509Certificate(leaf(kind)).keyUsage;
    expect(purposes("client")).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(purposes("server")).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(purposes("signer")).toEqual(["1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4"]);
    expect(IDENTITY_KINDS.map((kind) => new X509Certificate(leaf(kind)).ca)).toEqual([false, false, false]);
    expect(new X509Certificate(authority().pem).ca).toBe(true);
  });

  it("lets an RSA server decipher keys, and nobody else", () => {
    const spki = spkiOf(pair("rsa-3072").publicKey);
    const cwd = directory({ "server.pem": leaf("server", { spki }), "client.pem": leaf("client", { spki }) });
    const usage = (name: string) => must("openssl", ["x509", "-in", name, "-noout", "-ext", "keyUsage"], cwd);
    expect(usage("server.pem")).toContain("Digital Signature, Key Encipherment\n");
    expect(usage("client.pem")).toMatch(/Digital Signature\n$/);
  });

  it("is a CA that may have no CA below it", () => {
    const output = must(
      "certtool",
      ["--certificate-info", "--infile", "ca.pem"],
      directory({ "ca.pem": authority().pem }),
    );
    expect(output).toMatch(
      /Basic Constraints \(critical\):\s+Certificate Authority \(CA\): TRUE\s+Path Length Constraint: 0/,
    );
    expect(output).toMatch(/Key Usage \(critical\):\s+Certificate signing\.\s+CRL signing\.\n/);
  });

  const text = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
    .filter((value) => /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}]{1,64}$/u.test(value));
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 20 }).filter(([first]) => first !== 0);
  const instants = fc
    .tuple(fc.nat(4_000_000_000), fc.nat(4_000_000_000))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
  const signer = signerOf(pair("ec-p256", "ca").privateKey);
  const wide = makeIssuer(
    issueAuthority({
      ...{ commonName: "Wide", organization: "Example Ltd", country: null, signer },
      ...{ serial: "01", notBefore: 0, notAfter: 253_402_300_799 },
    }),
    signer,
  );

  it("says to OpenSSL (through Node) and to ourselves exactly what was put in", () => {
    fc.assert(
      fc.property(
        text,
        text,
        fc.option(fc.stringMatching(/^[A-Z]{2}$/)),
        bytes,
        instants,
        (commonName, organization, country, id, [from = 0, to = 0]) => {
          const serial = Buffer.from(id).toString("hex").toUpperCase();
          const pem = leaf("client", {
            commonName,
            organization,
            country,
            serial,
            notBefore: from,
            notAfter: to,
            issuer: wide,
          });
          const read = new X509Certificate(pem);
          const subject = { CN: commonName, O: organization, ...(country === null ? {} : { C: country }) };
          expect({ ...read.toLegacyObject().subject }).toEqual(subject);
          expect(read.serialNumber).toBe(serial);
          expect([Date.parse(read.validFrom) / 1000, Date.parse(read.validTo) / 1000]).toEqual([from, to]);
          expect(readCertificate(decodePem(pem, "CERTIFICATE"))).toMatchObject({
            ...{ serial, notBefore: from, notAfter: to, issuer: "CN=Wide, O=Example Ltd" },
            subject: `CN=${commonName}, O=${organization}${country === null ? "" : `, C=${country}`}`,
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it("says every DNS name and address to Node and to ourselves", () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
    const dns = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => `${labels.join(".")}.example`);
    const names = fc.array(fc.oneof(dns, fc.ipV4()), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(names, (wanted) => {
        const pem = leaf("server", { names: wanted });
        const said = wanted.map((name) => (/^[0-9.]+$/.test(name) ? `IP Address:${name}` : `DNS:${name}`));
        expect(new X509Certificate(pem).subjectAltName).toBe(said.join(", "));
        expect(readCertificate(decodePem(pem, "CERTIFICATE")).names).toEqual(wanted);
      }),
    );
  });

  it("writes years up to 2049 as UTCTime and later ones as GeneralizedTime", () => {
    const times = { notBefore: 2_524_607_999, notAfter: 2_524_608_000 };
    const output = must(
      "openssl",
      ["asn1parse", "-in", "a.pem"],
      directory({ "a.pem": leaf("client", { ...times, issuer: wide }) }),
    );
    expect(output).toMatch(/UTCTIME +:491231235959Z[\s\S]*GENERALIZEDTIME +:20500101000000Z/);
  });
});

describe("refused before anything is signed", () => {
  test.each([
    ["a client with names", () => leaf("client", { names: ["a.example"] })],
    ["a server without names", () => leaf("server", { names: [] })],
    ["a name that is neither DNS nor IP", () => leaf("server", { names: ["a b"] })],
    ["a control character in the subject", () => leaf("client", { organization: "Example\nLtd" })],
    ["a lone surrogate in the subject", () => leaf("client", { organization: "\ud800" })],
    ["an organization of 65 characters", () => leaf("client", { organization: "x".repeat(65) })],
    ["an empty common name", () => leaf("client", { commonName: "" })],
    ["a country of three letters", () => leaf("client", { country: "DEU" })],
    ["an end before the beginning", () => leaf("client", { notBefore: NOW, notAfter: NOW - 1 })],
    ["a leaf that outlives its issuer", () => leaf("client", { notAfter: NOW + 3651 * DAY })],
    ["a time of half seconds", () => leaf("client", { notBefore: NOW - 0.5 })],
    ["a serial of 21 bytes", () => leaf("client", { serial: "41".repeat(21) })],
    ["a serial with a needless zero", () => leaf("client", { serial: "0041" })],
    ["a serial in lower case", () => leaf("client", { serial: "ab" })],
    ["a key that is none", () => leaf("client", { spki: Buffer.from("3000", "hex") })],
    ["a CA key of somebody else", () => makeIssuer(authority().pem, keySigner(pair("ec-p256").privateKey))],
    ["the public half as a CA key", () => keySigner(pair("ec-p256", "ca").publicKey)],
    ["a leaf as a CA", () => makeIssuer(leaf("client"), keySigner(pair("ec-p256").privateKey))],
  ])("%s", (_, attempt) => {
    expect(attempt).toThrow(X509Error);
  });
});

it("signs in the thread pool what it signs at once: all but the signature is the same", async () => {
  const input = {
    ...{ profile: "client" as const, commonName: "alice", organization: "Example Ltd", country: null, names: [] },
    ...{ serial: "41", notBefore: NOW, notAfter: NOW + DAY, spki: spkiOf(pair("ed25519").publicKey) },
  };
  const issuer = authority("ed25519").issuer;
  expect(await issueCertificate({ ...input, issuer })).toBe(leaf("client", { ...input, issuer }));
});

it("finds a certificate that another key signed, or that was changed after signing", () => {
  const der = decodePem(leaf("client"), "CERTIFICATE");
  const { publicKey } = pair("ec-p256", "ca");
  expect(verifyCertificate(der, publicKey)).toBe(true);
  expect(verifyCertificate(der, pair("ec-p256").publicKey)).toBe(false);
  expect(verifyCertificate(der, pair("ed25519").publicKey)).toBe(false);
  const at = der.indexOf("alice");
  expect(verifyCertificate(Buffer.from(der).fill("m", at, at + 1), publicKey)).toBe(false);
});
