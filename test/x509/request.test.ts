import { createPublicKey } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { KEY_TYPES } from "../../scripts/model/registry.ts";
import { element, oid, sequence } from "../../scripts/x509/der-write.ts";
import { decodePem, encodePem } from "../../scripts/x509/pem.ts";
import { readRequest } from "../../scripts/x509/request.ts";
import { pair, spkiOf } from "./helpers/made.ts";
import { directory, must } from "./helpers/programs.ts";
import { byOpenssl, indefinite, made, nested, padded, point, rsa, USUAL, withoutNull } from "./helpers/requests.ts";

const LABEL = "CERTIFICATE REQUEST";
const read = (text: string | Uint8Array) => readRequest(Buffer.from(text));
const problem = (text: string | Uint8Array) => {
  const request = read(text);
  return request.ok ? "accepted" : request.problem;
};

const PEM = (der: Uint8Array) => encodePem(LABEL, der);

describe("accepted", () => {
  test.each([
    ["RSA of 2048 bits", ["rsa:2048"], "rsa-2048"],
    ["RSA of 3072 bits", ["rsa:3072"], "rsa-3072"],
    ["P-256", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "ec-p256"],
    ["P-384", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "ec-p384"],
    ["P-521", ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"], "other"],
    ["Ed25519", ["ed25519"], "ed25519"],
  ])("openssl's request for %s, with the key that is in it", (_, newkey, keyType) => {
    const { key, request } = byOpenssl(newkey);
    const spki = spkiOf(createPublicKey(key));
    expect(read(request)).toEqual({
      ok: true,
      keyType,
      spki,
      ignored: [],
      fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
  });

  test.each(KEY_TYPES)("a request of type %s that we write ourselves, which openssl verifies too", (type) => {
    const request = PEM(made(pair(type)));
    expect(read(request)).toMatchObject({ ok: true, keyType: type, ignored: ["subject CN=alice, O=Example Ltd"] });
    expect(must("openssl", ["req", "-in", "a.req", "-verify", "-noout"], directory({ "a.req": request }))).toContain(
      "verify OK",
    );
  });
});

describe("ignored, and said so", () => {
  it("are subject, extensions and attributes", () => {
    const config =
      "[req]\ndistinguished_name=d\nattributes=a\nreq_extensions=x\nprompt=no\n[d]\nCN=root\nL=Berlin\n[a]\nchallengePassword=secret\n[x]\nbasicConstraints=CA:TRUE\nsubjectAltName=DNS:evil.example\n1.2.3.4=DER:0500\n";
    const cwd = directory({ "c.cnf": config });
    const args = ["req", "-new", "-newkey", "ed25519", "-nodes", "-keyout", "k", "-config", "c.cnf", "-out", "a.req"];
    must("openssl", args, cwd);
    const request = read(must("openssl", ["req", "-in", "a.req"], cwd));
    expect(request).toMatchObject({
      ok: true,
      ignored: [
        "subject CN=root, 2.5.4.7=#0C064265726C696E",
        ...[
          "attribute challengePassword",
          "extension basicConstraints",
          "extension subjectAltName",
          "extension 1.2.3.4",
        ],
      ],
    });
  });

  it("are attributes of any kind: an identifier under 2.25, which is a UUID, is one of 128 bits", () => {
    const config =
      "[req]\ndistinguished_name=d\nreq_extensions=x\nprompt=no\n[d]\nCN=a\n[x]\n2.25.329800735698586629295641978511506172918=DER:0500\n";
    const cwd = directory({ "c.cnf": config });
    must(
      "openssl",
      ["req", "-new", "-newkey", "ed25519", "-nodes", "-keyout", "k", "-config", "c.cnf", "-out", "a"],
      cwd,
    );
    expect(read(must("openssl", ["req", "-in", "a"], cwd))).toMatchObject({
      ok: true,
      ignored: ["subject CN=a", "extension 2.25.329800735698586629295641978511506172918"],
    });
  });

  const FALSE = element(0x30, `\x06\x01\x2a\x01\x01\x00${element(4, "\x05\0")}`);
  const EXTENSIONS = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e";
  test.each([
    ["no attributes, where there must be an empty list of them", "", []],
    ["an attribute without values", element(0xa0, sequence("\x06\x01\x2a", element(0x31, ""))), ["attribute 1.2"]],
    [
      "an extension that says outright that it is not critical",
      element(0xa0, sequence(EXTENSIONS, element(0x31, sequence(FALSE)))),
      ["extension 1.2"],
    ],
  ])("may be mildly wrong: %s", (_, attributes, ignored) => {
    expect(read(PEM(made(USUAL, { attributes })))).toMatchObject({
      ok: true,
      ignored: ["subject CN=alice, O=Example Ltd", ...ignored],
    });
  });

  it("are shown in printable ASCII, whatever stands in them", () => {
    const { request } = byOpenssl(["ed25519"], ["-utf8", "-subj", "/CN=\u202eevil\\\\ü\u001b[31m/O=Ü"]);
    const result = read(request);
    const ignored = result.ok ? result.ignored : [];
    expect(ignored).toHaveLength(1);
    expect(ignored.join("\n")).toMatch(/^subject [ -~]*O=\\u\{dc\}$/);
  });
});

describe("refused, with a sentence", () => {
  const weak = (newkey: readonly string[]) => byOpenssl(newkey).request;
  test.each([
    ["RSA of 1024 bits", () => weak(["rsa:1024"]), "the RSA key has 1024 bits"],
    ["exponent 3", () => weak(["rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3"]), "exponent is too small"],
    [
      "secp256k1",
      () => weak(["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"]),
      "the curve 1.3.132.0.10 is not allowed",
    ],
    [
      "explicit curve parameters",
      () => weak(["ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"]),
      "written out in numbers",
    ],
    ["Ed448", () => weak(["ed448"]), "a key of type ed448 is not certified"],
    [
      "RSA-PSS",
      () => weak(["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"]),
      "a key of type rsassaPss is not certified",
    ],
    [
      "a SHA-1 signature",
      () => byOpenssl(["rsa:2048"], ["-sha1", "-subj", "/"]).request,
      "an algorithm that is not accepted",
    ],
    [
      "a PSS signature",
      () => byOpenssl(["rsa:2048"], ["-sigopt", "rsa_padding_mode:pss", "-subj", "/"]).request,
      "an algorithm that is not accepted",
    ],
    ["version 2", () => PEM(made(USUAL, { version: 1 })), "version is not 1"],
    [
      "a key that is not the signer's",
      () => PEM(made(USUAL, { spki: spkiOf(pair("ec-p256", "other").publicKey) })),
      "not made by the key in it",
    ],
    [
      "RSA of 9000 bits",
      () => PEM(made(pair("rsa-3072"), { spki: rsa((n) => n * 2n ** 5928n + 1n, 65537n) })),
      "the RSA key has 9000 bits",
    ],
    [
      "parameters that its signature algorithm has not",
      () => PEM(made(USUAL, { algorithm: sequence(oid("1.2.840.10045.4.3.2"), "\x05\0") })),
      "an algorithm that is not accepted",
    ],
    ["an even RSA exponent", () => PEM(made(pair("rsa-3072"), { spki: rsa((n) => n, 65538n) })), "exponent is even"],
    ["an even RSA modulus", () => PEM(made(pair("rsa-3072"), { spki: rsa((n) => n - 1n, 65537n) })), "modulus is even"],
    [
      "a compressed point",
      () =>
        PEM(
          made(USUAL, {
            spki: point((uncompressed) =>
              Buffer.concat([Buffer.from([2 + ((uncompressed.at(-1) ?? 0) & 1)]), uncompressed.subarray(1, 33)]),
            ),
          }),
        ),
      "not in uncompressed form",
    ],
    [
      "a point that is not on the curve",
      () => PEM(made(USUAL, { spki: point((uncompressed) => Buffer.from(uncompressed).fill(7, 40)) })),
      "no real key",
    ],
    ["RSA without its NULL", () => PEM(made(pair("rsa-3072"), { spki: withoutNull() })), "always written in"],
    ["a byte after the DER", () => PEM(Buffer.concat([made(USUAL), Buffer.from([0])])), "there are bytes after"],
    [
      "a byte after the version",
      () => PEM(made(USUAL, { attributes: `${element(0xa0, "")}\x05\0` })),
      "there are bytes after",
    ],
    [
      "an attribute in BER, a string in pieces",
      () =>
        PEM(made(USUAL, { attributes: element(0xa0, sequence("\x06\x01\x2a", element(0x31, "\x2c\x03\x0c\x01a"))) })),
      "in pieces",
    ],
    [
      "a BOOLEAN of 01",
      () => PEM(made(USUAL, { attributes: element(0xa0, sequence("\x06\x01\x2a", element(0x31, "\x01\x01\x01"))) })),
      "a BOOLEAN is not 00 or FF",
    ],
    [
      "a SET out of order",
      () =>
        PEM(
          made(USUAL, {
            attributes: element(0xa0, sequence("\x06\x01\x2a", element(0x31, "\x02\x01\x02\x02\x01\x01"))),
          }),
        ),
      "a SET is not in order",
    ],
    [
      "100 lists inside one another",
      () => PEM(made(USUAL, { attributes: element(0xa0, nested(100)) })),
      "too many elements inside",
    ],
    ["an indefinite length", () => PEM(indefinite(made(USUAL))), "BER, not DER"],
    ["a length with a byte too many", () => PEM(padded(made(USUAL))), "BER, not DER"],
    ["a private key beside it", () => PEM(made(USUAL)) + byOpenssl(["ed25519"]).key, "this holds a private key"],
    ["a line that is not base64", () => PEM(made(USUAL)).replace("\nM", "\n!M"), "not clean base64"],
    ["64 KiB and a byte", () => `${PEM(made(USUAL))}${"\n".repeat(65_536)}`, "a request has fewer"],
  ])("%s", (_, text, sentence) => {
    expect(problem(text())).toContain(sentence);
  });

  it("every request whose signature was tampered with", () => {
    for (const type of KEY_TYPES) {
      const der = made(pair(type));
      const last = der.length - 1;
      expect(problem(PEM(der.fill((der[last] ?? 0) ^ 1, last)))).toContain("not made by the key in it");
    }
  });
});

it("answers every text and every mutation of a request without throwing", () => {
  const der = decodePem(PEM(made(USUAL)), LABEL);
  const mutated = fc
    .tuple(fc.nat(der.length - 1), fc.uint8Array({ maxLength: 4 }), fc.nat(4))
    .map(([at, bytes, cut]) => {
      return PEM(Buffer.concat([der.subarray(0, at), bytes, der.subarray(at + cut), Buffer.alloc(1)]).subarray(0, -1));
    });
  const random = fc.uint8Array({ minLength: 1, maxLength: 300 }).map(PEM);
  const wild = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.constant("-----BEGIN CERTIFICATE REQUEST-----\n"),
  );
  fc.assert(
    fc.property(fc.oneof(mutated, random, wild), (text) => {
      const request = read(text);
      if (!request.ok) expect(request.problem).toMatch(/^[ -~\n]+$/);
    }),
    { numRuns: 1000 },
  );
});
