import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { readCertificate } from "../../scripts/x509/certificate.ts";
import {
  type CertificateLines,
  formatCertificateFile,
  readCertificateFile,
} from "../../scripts/x509/certificate-file.ts";
import { X509Error } from "../../scripts/x509/error.ts";
import { decodePem, encodePem } from "../../scripts/x509/pem.ts";
import { leaf } from "./helpers/made.ts";
import { directory, must } from "./helpers/programs.ts";

const SERIAL = "5F0000000000000000000000000000A1";
const PEM = leaf("client");
const LINES: CertificateLines = {
  identity: "alice",
  kind: "client",
  issued: 1_795_262_400,
  reason: "Missing",
  key: "managed",
  reissue: null,
};
const TEXT = formatCertificateFile(LINES, PEM);

it("is a few lines and the certificate, which openssl reads as it stands", () => {
  const lines = "identity: alice\nkind: client\nissued: 2026-11-21T12:00:00Z\nreason: Missing\nkey: managed\n";
  expect(TEXT).toBe(lines + PEM);
  expect(must("openssl", ["x509", "-in", "a.pem", "-noout", "-serial"], directory({ "a.pem": TEXT }))).toBe(
    `serial=${SERIAL}\n`,
  );
});

it("is read back as it was written, with what the certificate says", () => {
  const facts = readCertificate(decodePem(PEM, "CERTIFICATE"));
  expect(readCertificateFile(TEXT, SERIAL)).toEqual({ ...facts, ...LINES, pem: PEM });
  const reissued = { ...LINES, reissue: 1_795_262_000, reason: "Reissue", key: "request" } as const;
  expect(readCertificateFile(formatCertificateFile(reissued, PEM), SERIAL)).toMatchObject(reissued);
});

describe("refused, with what is wrong", () => {
  const with65 = PEM.replace(/^(M.*)\n(.)/m, "$1$2\n");
  test.each([
    ["another certificate's file", TEXT, "A1", "the certificate in it has 5F"],
    ["no certificate", "identity: alice\n", SERIAL, "no certificate"],
    ["two certificates", TEXT + PEM, SERIAL, "more than one PEM block"],
    ["text after the certificate", `${TEXT}#\n`, SERIAL, "something after"],
    ["a blank line at the end", `${TEXT}\n`, SERIAL, "lines of 64"],
    ["CR LF", TEXT.replaceAll("\n", "\r\n"), SERIAL, "lines of 64"],
    ["lines of 65", TEXT.replace(PEM, with65), SERIAL, "lines of 64"],
    ["another kind of block", TEXT.replaceAll("CERTIFICATE", "X509 CRL"), SERIAL, 'not a "CERTIFICATE"'],
    ["a line that is missing", TEXT.replace(/kind.*\n/, ""), SERIAL, '"kind: ..." is wanted'],
    [
      "a line too many",
      TEXT.replace("key: managed\n", "key: managed\nnote: hello\n"),
      SERIAL,
      '"reissue: ..." is wanted',
    ],
    [
      "two lines too many",
      TEXT.replace("key: managed\n", "key: managed\nreissue: 2026-01-01T00:00:00Z\nc: d\n"),
      SERIAL,
      "nothing else",
    ],
    ["lines in another order", TEXT.replace(/(kind.*\n)(issued.*\n)/, "$2$1"), SERIAL, '"kind: ..." is wanted'],
    ["an unknown kind", TEXT.replace("kind: client", "kind: root"), SERIAL, "none of client, server, signer"],
    ["an unknown reason", TEXT.replace("Missing", "Whim"), SERIAL, '"reason" is "Whim"'],
    ["an unknown key", TEXT.replace("managed", "lost"), SERIAL, '"key" is "lost"'],
    ["a time in another form", TEXT.replace("T12:00:00Z", "T13:00:00+01:00"), SERIAL, "not a time"],
    ["a day that does not exist", TEXT.replace("11-21", "02-30"), SERIAL, "not a time"],
    [
      "a line that would colour a terminal",
      `\u001b[31m\u202e${TEXT}`,
      SERIAL,
      'where "\\u{1b}[31m\\u{202e}identity: alice" stands',
    ],
    ["a name that is a path", TEXT.replace("alice", "../alice"), SERIAL, "no name of an identity"],
  ])("%s", (_, text, serial, sentence) => {
    expect(text !== TEXT || serial !== SERIAL).toBe(true);
    expect(() => readCertificateFile(text, serial)).toThrow(X509Error);
    expect(() => readCertificateFile(text, serial)).toThrow(sentence);
  });
});

it("accepts no text but the one that it would write", () => {
  fc.assert(
    fc.property(fc.nat(TEXT.length), fc.string({ maxLength: 2 }), fc.nat(2), (at, put, cut) => {
      const text = TEXT.slice(0, at) + put + TEXT.slice(at + cut);
      try {
        const { pem, ...rest } = readCertificateFile(text, SERIAL);
        expect(formatCertificateFile(rest, encodePem("CERTIFICATE", decodePem(pem, "CERTIFICATE")))).toBe(text);
      } catch (error) {
        if (!(error instanceof X509Error)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
});
