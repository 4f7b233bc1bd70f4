import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { certificateSpki, readCertificate } from "../../scripts/x509/certificate.ts";
import { bitString, element, fromBytes, sequence, toBytes } from "../../scripts/x509/der-write.ts";
import { X509Error } from "../../scripts/x509/error.ts";
import { decodePem } from "../../scripts/x509/pem.ts";
import { authority, leaf, pair, spkiOf } from "./helpers/made.ts";
import { directory, must } from "./helpers/programs.ts";

/** A self-signed certificate by openssl, with these extensions and options. */
function byOpenssl(
  extensions: string,
  options: readonly string[] = [],
  newkey: readonly string[] = ["ed25519"],
): Buffer {
  const config = `[req]\ndistinguished_name=d\nx509_extensions=x\nstring_mask=default\n[d]\n[x]\n${extensions}\n`;
  const cwd = directory({ "c.cnf": config });
  const subject = options.includes("-subj") ? [] : ["-subj", "/CN=alice"];
  const args = [
    "-newkey",
    ...newkey,
    "-nodes",
    "-keyout",
    "k",
    "-config",
    "c.cnf",
    "-out",
    "a.pem",
    ...subject,
    ...options,
  ];
  must("openssl", ["req", "-x509", ...args], cwd);
  return decodePem(must("openssl", ["x509", "-in", "a.pem"], cwd), "CERTIFICATE");
}

describe("the profile is told by basicConstraints, keyUsage and extKeyUsage", () => {
  const LEAF = "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature";
  test.each([
    ["easy-rsa's client", `${LEAF}\nextendedKeyUsage=clientAuth`, "client"],
    ["easy-rsa's server", `${LEAF},keyEncipherment\nextendedKeyUsage=serverAuth`, "server"],
    ["a signer in the other order", `${LEAF}\nextendedKeyUsage=emailProtection,codeSigning`, "signer"],
    ["a CA", "basicConstraints=CA:TRUE\nkeyUsage=keyCertSign,cRLSign", "authority"],
    ["a CA that signs no CRLs", "basicConstraints=CA:TRUE\nkeyUsage=keyCertSign", null],
    ["code signing alone", `${LEAF}\nextendedKeyUsage=codeSigning`, null],
    ["a client that is a server too", `${LEAF}\nextendedKeyUsage=clientAuth,serverAuth`, null],
    ["a leaf without a purpose", LEAF, null],
    ["a leaf that signs certificates", "keyUsage=digitalSignature,keyCertSign\nextendedKeyUsage=clientAuth", null],
    ["a leaf without keyUsage", "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth", null],
    ["a critical extension that nobody knows", `${LEAF}\nextendedKeyUsage=clientAuth\n1.2.3.4=critical,DER:0500`, null],
  ])("%s", (_, extensions, profile) => {
    expect(readCertificate(byOpenssl(extensions)).profile).toBe(profile);
  });
});

describe("what others make is read too", () => {
  test.each([
    ["a negative serial number, as openssl prints it", ["-set_serial", "-129"], { serial: "-81" }],
    ["serial number zero", ["-set_serial", "0"], { serial: "00" }],
    ["a short serial number with its highest bit set", ["-set_serial", "0xff"], { serial: "FF" }],
    [
      "an unknown attribute, by its OID",
      ["-subj", "/O=Acme/OU=IT/CN=alice"],
      { subject: "O=Acme, 2.5.4.11=#13024954, CN=alice" },
    ],
    [
      "two attributes in one part",
      ["-multivalue-rdn", "-subj", "/CN=alice+O=Acme"],
      { subject: expect.stringMatching(/^(CN=alice\+O=Acme|O=Acme\+CN=alice)$/) },
    ],
    ["an empty subject", ["-subj", "/"], { subject: "" }],
    [
      "control characters, in hex",
      ["-subj", "/CN=a\u001b[31m"],
      { subject: expect.stringMatching(/^2\.5\.4\.3=#..06611B5B33316D$/) },
    ],
  ])("%s", (_, options, facts) => {
    const der = byOpenssl("", options);
    expect(readCertificate(der)).toMatchObject(facts);
  });

  test.each([
    ["P-521", ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"], "other"],
    [
      "explicit parameters",
      ["ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
      "other",
    ],
    ["RSA of 2048 bits", ["rsa:2048"], "rsa-2048"],
    ["RSA of 2056 bits", ["rsa:2056"], "other"],
    ["Ed448", ["ed448"], "other"],
  ])("a key of %s", (_, newkey, keyType) => {
    const der = byOpenssl("", [], newkey);
    expect(readCertificate(der).keyType).toBe(keyType);
    expect(certificateSpki(der)).toEqual(spkiOf(new X509Certificate(der).publicKey));
  });

  it("such as names of many kinds, of which DNS and IP count", () => {
    const names = "DNS:a.example,IP:192.0.2.1,IP:2001:db8::,IP:::ffff:1.2.3.4,email:a@b.example,URI:https://c.example/";
    expect(readCertificate(byOpenssl(`subjectAltName=${names}`)).names).toEqual([
      "a.example",
      "192.0.2.1",
      "2001:db8::",
      "::ffff:102:304",
    ]);
  });

  it("such as a certificate of version 1", () => {
    const cwd = directory({ "k.pem": pair("rsa-3072").privateKey.export({ type: "pkcs8", format: "pem" }) });
    must("openssl", ["req", "-new", "-key", "k.pem", "-subj", "/CN=old", "-out", "r.pem"], cwd);
    const pem =
      must("openssl", ["x509", "-req", "-in", "r.pem", "-signkey", "k.pem", "-out", "c.pem"], cwd) &&
      must("openssl", ["x509", "-in", "c.pem"], cwd);
    expect(readCertificate(decodePem(pem, "CERTIFICATE"))).toMatchObject({
      subject: "CN=old",
      profile: null,
      subjectKeyId: null,
    });
  });
});

it("gives key identifiers as openssl does", () => {
  const cwd = directory({ "a.pem": leaf("client") });
  const said = must(
    "openssl",
    ["x509", "-in", "a.pem", "-noout", "-ext", "subjectKeyIdentifier,authorityKeyIdentifier"],
    cwd,
  );
  const [subjectKeyId, authorityKeyId] = [...said.matchAll(/^ +([0-9A-F:]{59})$/gm)].map((match) =>
    match[1]?.replaceAll(":", ""),
  );
  expect(readCertificate(decodePem(leaf("client"), "CERTIFICATE"))).toMatchObject({ subjectKeyId, authorityKeyId });
});

describe("refused", () => {
  const tbs = (inner: string, serial = "\x02\x01\x01", tail = "") => {
    const name = sequence();
    const times = sequence("\x17\x0d260101000000Z", "\x17\x0d270101000000Z");
    return sequence(
      "\xa0\x03\x02\x01\x02",
      serial,
      inner,
      name,
      times,
      name,
      toBytes(spkiOf(pair("ed25519").publicKey)),
      tail,
    );
  };
  const ed25519 = sequence("\x06\x03\x2b\x65\x70");
  const whole = (body: string) => fromBytes(sequence(body, ed25519, bitString("x")));
  const extension = sequence("\x06\x01\x2a", element(4, ""));
  test.each([
    ["two signature algorithms", whole(tbs(sequence("\x06\x03\x2b\x65\x71"))), "two signature algorithms"],
    ["a serial number of 22 bytes", whole(tbs(ed25519, element(2, "A".repeat(22)))), "longer than 20 bytes"],
    ["a serial number that is padded", whole(tbs(ed25519, "\x02\x02\0\x01")), "not a minimal INTEGER"],
    [
      "an extension given twice",
      whole(tbs(ed25519, undefined, element(0xa3, sequence(extension, extension)))),
      "is there twice",
    ],
    ["a byte after the certificate", Buffer.concat([whole(tbs(ed25519)), Buffer.alloc(1)]), "bytes after"],
  ])("%s", (_, der, sentence) => {
    expect(() => readCertificate(whole(tbs(ed25519)))).not.toThrow();
    expect(() => readCertificate(der)).toThrow(sentence);
  });
});

it("throws nothing but X509Error for random bytes and for certificates with bytes changed, cut out or put in", () => {
  const seeds = [leaf("server"), authority("rsa-3072").pem].map((pem) => decodePem(pem, "CERTIFICATE"));
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.nat(600), fc.uint8Array({ maxLength: 4 }), fc.nat(4))
    .map(([der, at, bytes, cut]) => {
      return Buffer.concat([der.subarray(0, at), bytes, der.subarray(at + cut)]);
    });
  const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(mutated, random), (der) => {
      try {
        readCertificate(der);
      } catch (error) {
        if (!(error instanceof X509Error)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});
