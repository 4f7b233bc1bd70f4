import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { REASONS } from "../../scripts/model/registry.ts";
import type { CrlEntry } from "../../scripts/model/state.ts";
import { readCrl, verifyCrl } from "../../scripts/x509/crl-reader.ts";
import type { CrlInput } from "../../scripts/x509/crl-writer.ts";
import { X509Error } from "../../scripts/x509/error.ts";
import { decodePem, encodePem } from "../../scripts/x509/pem.ts";
import { issueAuthority, signCrl, signerOf } from "../support/sign-now.ts";
import { authority, DAY, NOW } from "./helpers/made.ts";
import { directory, must, run } from "./helpers/programs.ts";

const { issuer, pem: caPem } = authority();
const ALL = [...REASONS, "certificateHold"] as const;

function crl(entries: readonly CrlEntry[], changes: Partial<CrlInput> = {}): string {
  return signCrl({ issuer, number: NOW, thisUpdate: NOW, nextUpdate: NOW + 30 * DAY, entries, ...changes });
}

const ONE_OF_EACH = ALL.map((reason, index) => ({ serial: `A${index}`, at: NOW - index, reason }));

describe("a CRL as openssl and GnuTLS read it", () => {
  const cwd = () => directory({ "crl.pem": crl(ONE_OF_EACH), "none.pem": crl([]), "ca.pem": caPem });

  it("has version 2, number, AKI and a reason for every entry but the unspecified", () => {
    const text = must("openssl", ["crl", "-in", "crl.pem", "-noout", "-text"], cwd());
    expect(text).toContain("Version 2 (0x1)");
    expect(text).toMatch(/X509v3 Authority Key Identifier: \n +[0-9A-F:]{59}\n/);
    expect(text).toMatch(new RegExp(`X509v3 CRL Number: \\n +${NOW}\n`));
    expect(text.match(/Serial Number: A\d/g)).toHaveLength(ALL.length);
    expect([...text.matchAll(/Reason Code: \n +(.+)/g)].map((match) => match[1])).toEqual([
      ...["Key Compromise", "Affiliation Changed", "Superseded", "Cessation Of Operation", "Privilege Withdrawn"],
      "Certificate Hold",
    ]);
  });

  it("has no list at all when nobody is revoked", () => {
    expect(must("openssl", ["crl", "-in", "none.pem", "-noout", "-text"], cwd())).toContain("No Revoked Certificates.");
    const structure = must("openssl", ["asn1parse", "-in", "none.pem"], cwd());
    expect(structure).toMatch(/UTCTIME .*\n.*UTCTIME .*\n.*cont \[ 0 \]/);
  });

  it("verifies, and does not once a byte of it is changed", () => {
    const der = decodePem(crl(ONE_OF_EACH), "X509 CRL");
    const at = der.indexOf(Buffer.from("020200a3", "hex"));
    const edited = encodePem("X509 CRL", der.fill(0xa9, at + 3, at + 4));
    const place = directory({ "crl.pem": crl(ONE_OF_EACH), "edited.pem": edited, "ca.pem": caPem });
    const openssl = (name: string) => run("openssl", ["crl", "-in", name, "-CAfile", "ca.pem", "-noout"], place).output;
    expect(openssl("crl.pem")).toContain("verify OK");
    expect(openssl("edited.pem")).not.toContain("verify OK");
    expect(verifyCrl(crl(ONE_OF_EACH), caPem)).toBe(true);
    expect(verifyCrl(edited, caPem)).toBe(false);
    expect(readCrl(edited).entries.has("A9")).toBe(true);
  });

  it("is whole for certtool", () => {
    const text = must("certtool", ["--crl-info", "--infile", "crl.pem"], cwd());
    expect(text).toMatch(/Version: 2/);
    expect(text).toMatch(/Revoked certificates \(7\):/);
  });

  it("is not signed by a CA of another name, though it has the same key", () => {
    const { issuer: issuerOfBoth, key } = authority();
    const { notBefore, notAfter } = issuerOfBoth.certificate;
    const subject = { commonName: "Another CA", organization: "Example Ltd", country: null };
    const other = issueAuthority({ ...subject, signer: signerOf(key.privateKey), serial: "40", notBefore, notAfter });
    expect(verifyCrl(crl([]), other)).toBe(false);
  });

  it("is not signed by another CA of the same name", () => {
    const other = authority("ec-p384").pem;
    expect(verifyCrl(crl([]), other)).toBe(false);
  });
});

const serial = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .filter(([first]) => first !== 0)
  .map((bytes) => Buffer.from(bytes).toString("hex").toUpperCase());
const entry = fc.record({ serial, at: fc.nat(4_000_000_000), reason: fc.constantFrom(...ALL) });
const entries = fc.uniqueArray(entry, { selector: (each) => each.serial, maxLength: 30 });

it("reads back what was signed, whatever the order it was given in", () => {
  fc.assert(
    fc.property(entries, fc.maxSafeNat(), fc.nat(3_000_000_000), (list, number, thisUpdate) => {
      const changes = { number, thisUpdate, nextUpdate: thisUpdate + 5, issuer: authority("ed25519").issuer };
      const pem = crl(list, changes);
      expect(crl([...list].reverse(), changes)).toBe(pem);
      const read = readCrl(pem);
      expect([...read.entries.values()].sort((a, b) => (a.serial < b.serial ? -1 : 1))).toEqual(
        [...list].sort((a, b) => (a.serial < b.serial ? -1 : 1)),
      );
      expect(read).toMatchObject({
        number,
        thisUpdate,
        nextUpdate: thisUpdate + 5,
        issuer: issuer.certificate.subject,
      });
    }),
  );
});

it("lists serials to openssl as it was given them, in their order", () => {
  const [list = []] = fc.sample(
    fc.uniqueArray(entry, { selector: (each) => each.serial, minLength: 200, maxLength: 200 }),
    1,
  );
  const text = must("openssl", ["crl", "-in", "crl.pem", "-noout", "-text"], directory({ "crl.pem": crl(list) }));
  const said = [...text.matchAll(/Serial Number: ([0-9A-F]+)/g)].map((match) => match[1] ?? "");
  expect(said).toEqual(list.map((each) => each.serial).sort((a, b) => Number(BigInt(`0x${a}`) - BigInt(`0x${b}`))));
});

test.each([
  [
    "the same serial twice",
    () =>
      crl([
        { serial: "A1", at: 1, reason: "superseded" },
        { serial: "A1", at: 2, reason: "superseded" },
      ]),
  ],
  ["a negative number", () => crl([], { number: -1 })],
  ["an end before the beginning", () => crl([], { nextUpdate: NOW - 1 })],
  ["a serial that is not hex", () => crl([{ serial: "XY", at: 1, reason: "superseded" }])],
])("refuses to sign %s", (_, attempt) => {
  expect(attempt).toThrow(X509Error);
});

describe("refused when read", () => {
  /** A CRL by openssl from a configuration of its own. */
  function byOpenssl(config: string, number = "crlnumber=number\n"): string {
    const ca = authority();
    const key = ca.key.privateKey.export({ type: "pkcs8", format: "pem" });
    const database = "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=30\n";
    const cwd = directory({
      "ca.pem": ca.pem,
      "ca.key": key,
      index: "",
      number: "01\n",
      "c.cnf": database + number + config,
    });
    must(
      "openssl",
      ["ca", "-gencrl", "-config", "c.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-out", "crl.pem"],
      cwd,
    );
    return must("openssl", ["crl", "-in", "crl.pem"], cwd);
  }

  it("version 1", () => expect(() => readCrl(byOpenssl("", ""))).toThrow("version 2"));
  it("a delta CRL", () => {
    const delta = "crl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n2.5.29.27=critical,DER:020101\n";
    expect(() => readCrl(byOpenssl(delta))).toThrow("critical extension 2.5.29.27");
  });
  it("a CRL with one serial twice", () => {
    const der = decodePem(crl(ONE_OF_EACH), "X509 CRL");
    const at = der.indexOf(Buffer.from("020200a6", "hex"));
    const twice = encodePem("X509 CRL", der.fill(0xa5, at + 3, at + 4));
    expect(() => readCrl(twice)).toThrow("has serial A5 twice");
  });
  it("and openssl's usual CRL is not", () => {
    expect(readCrl(byOpenssl("crl_extensions=x\n[x]\nauthorityKeyIdentifier=keyid\n")).number).toBe(1);
  });
});

it("never throws anything but X509Error for a CRL with a byte changed, cut off or added", () => {
  const der = decodePem(crl(ONE_OF_EACH, { issuer: authority("ed25519").issuer }), "X509 CRL");
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), fc.constantFrom("set", "cut", "add"), (at, byte, how) => {
      const tail = how === "cut" ? der.subarray(at + 1) : der.subarray(at + (how === "set" ? 1 : 0));
      const mutated = Buffer.concat([der.subarray(0, at), how === "cut" ? Buffer.alloc(0) : Buffer.from([byte]), tail]);
      try {
        readCrl(encodePem("X509 CRL", mutated));
        verifyCrl(encodePem("X509 CRL", mutated), caPem);
      } catch (error) {
        expect(error).toBeInstanceOf(X509Error);
      }
    }),
    { numRuns: 500 },
  );
});
