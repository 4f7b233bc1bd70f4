import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { checkPlace } from "../../scripts/guard/places.ts";
import { readText } from "../../scripts/model/text.ts";
import { findProgram } from "../../scripts/system/programs.ts";
import { decodePem, encodePem } from "../../scripts/x509/pem.ts";
import { readRequest } from "../../scripts/x509/request.ts";
import { spkiOf } from "./helpers/made.ts";
import { directory, must } from "./helpers/programs.ts";
import { byOpenssl, made, USUAL } from "./helpers/requests.ts";

const LABEL = "CERTIFICATE REQUEST";
const DER = made(USUAL);
const PEM = encodePem(LABEL, DER);
const PLAIN = readRequest(Buffer.from(PEM));

const iconv = (code: string, text = PEM) => execFileSync("iconv", ["-f", "UTF-8", "-t", code], { input: text });
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");
const bodyOf = (pem: string) => pem.replace(/-----.*-----\n/g, "");

/** The reader and the guard, which must not take different files. */
function read(bytes: Buffer) {
  const request = readRequest(bytes);
  const place = checkPlace("pki/reqs/dave.req", "100644", bytes);
  if (request.ok) expect(place).toBe(null);
  else expect(place).toBe(["is not what belongs there:", request.problem, request.hint].filter(Boolean).join(" "));
  return request;
}

describe("the same request, whatever its shape", () => {
  test.each<[shape: string, bytes: () => Buffer | string]>([
    ["with a byte order mark, as Windows' editors write it", () => `\ufeff${PEM}`],
    ["in UTF-16 with its mark, as PowerShell's > makes it", () => utf16(PEM.replaceAll("\n", "\r\n"))],
    ["in UTF-16 by iconv, with its mark", () => iconv("UTF-16")],
    ["in UTF-16LE without a mark", () => iconv("UTF-16LE")],
    ["in UTF-16BE without a mark", () => iconv("UTF-16BE")],
    ["in UTF-16BE with its mark", () => Buffer.concat([Buffer.from([0xfe, 0xff]), iconv("UTF-16BE")])],
    ["in CR LF", () => PEM.replaceAll("\n", "\r\n")],
    ["in CR", () => PEM.replaceAll("\n", "\r")],
    ["without a newline at its end", () => PEM.trimEnd()],
    ["with blanks at the ends of lines", () => PEM.replaceAll("\n", " \t\n")],
    ["with blank lines in it", () => PEM.replaceAll("\n", "\n\n")],
    ["indented", () => PEM.replace(/^/gm, "    ")],
    ["with no-break spaces, as web pages give them", () => PEM.replaceAll("\n", "\u00a0\n")],
    ["in one line", () => PEM.replaceAll("\n", " ")],
    [
      "in lines of 76",
      () => `-----BEGIN ${LABEL}-----\n${DER.toString("base64").replace(/.{76}/g, "$&\n")}\n-----END ${LABEL}-----`,
    ],
    ["with text before it", () => `Dear ops,\nplease sign this:\n${PEM}`],
    ["with text after it", () => `${PEM}-- \nDave, -----\n`],
    ["with text in Latin-1 around it", () => Buffer.from(`Grüße\n${PEM}Jörg\n`, "latin1")],
    ["twice, when it was pasted twice", () => `${PEM}\n${PEM.replaceAll("\n", "\r\n")}`],
    ["with the label of keytool and certreq", () => PEM.replaceAll(LABEL, `NEW ${LABEL}`)],
    ["with the label that certutil -encode gives to everything", () => PEM.replaceAll(LABEL, "CERTIFICATE")],
    ["as base64 alone", () => bodyOf(PEM)],
    ["as base64 alone in UTF-16", () => utf16(bodyOf(PEM))],
    ["in DER", () => DER],
    ["as openssl req -text writes it", () => must("openssl", ["req", "-in", "a", "-text"], directory({ a: PEM }))],
  ])("is read %s", (_, bytes) => {
    expect(read(Buffer.from(bytes() as Buffer))).toEqual(PLAIN);
  });

  const CHANGES: readonly ((text: string) => string)[] = [
    (text) => text.replaceAll("\n", "\r\n"),
    (text) => text.replaceAll("\n", " \n"),
    (text) => `\n${text}`,
    (text) => `${text}\n`,
    (text) => `note\n${text}`,
    (text) => `${text}note\n`,
    (text) => text.replace(/^/gm, "\t"),
  ];
  const CODES: readonly ((text: string) => Buffer)[] = [
    (text) => Buffer.from(text),
    (text) => Buffer.from(`\ufeff${text}`),
    utf16,
    (text) => Buffer.from(text, "utf16le"),
  ];
  it("is read in every mixture of these", () => {
    const mixture = fc.tuple(fc.array(fc.constantFrom(...CHANGES), { maxLength: 5 }), fc.constantFrom(...CODES));
    fc.assert(
      fc.property(mixture, ([changes, encode]) => {
        expect(read(encode(changes.reduce((text, change) => change(text), PEM)))).toEqual(PLAIN);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a request by", () => {
  test("certtool, with the text before it", () => {
    const cwd = directory({ "t.cfg": "cn = alice\n" });
    must("certtool", ["--generate-privkey", "--key-type", "ecdsa", "--curve", "secp384r1", "--outfile", "k"], cwd);
    must("certtool", ["--generate-request", "--load-privkey", "k", "--template", "t.cfg", "--outfile", "a.req"], cwd);
    expect(read(readFileSync(join(cwd, "a.req")))).toMatchObject({ ok: true, keyType: "ec-p384" });
  });

  test.skipIf(findProgram("keytool") === null)("keytool, in a file of Windows", () => {
    const cwd = directory();
    const store = ["-keystore", "k.p12", "-storepass", "changeit", "-alias", "dave"];
    const key = ["-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=dave"];
    must("keytool", ["-genkeypair", ...key, ...store], cwd);
    must("keytool", ["-certreq", "-file", "a.req", ...store], cwd);
    const text = readFileSync(join(cwd, "a.req"), "latin1");
    expect(read(utf16(text))).toMatchObject({ ok: true, keyType: "ec-p256" });
  });
});

/** What else lies in such files. */
const certificate = () => {
  const cwd = directory();
  const self = ["req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=x", "-keyout", "k", "-out", "c"];
  must("openssl", self, cwd);
  return { cwd, pem: readFileSync(join(cwd, "c"), "latin1") };
};
const p7 = () => must("openssl", ["crl2pkcs7", "-nocrl", "-certfile", "c"], certificate().cwd);
function p12(): Buffer {
  const { cwd } = certificate();
  must("openssl", ["pkcs12", "-export", "-inkey", "k", "-in", "c", "-passout", "pass:x", "-out", "p"], cwd);
  return readFileSync(join(cwd, "p"));
}
function sshKey(): string {
  const cwd = directory();
  must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "k"], cwd);
  return readFileSync(join(cwd, "k.pub"), "latin1");
}
const publicKey = () => encodePem("PUBLIC KEY", spkiOf(USUAL.publicKey));
const conflict = () => `<<<<<<< HEAD\n${PEM}=======\n${byOpenssl(["ed25519"]).request}>>>>>>> branch\n`;
const key = () => byOpenssl(["ed25519"]).key;

describe("something else is named as what it is", () => {
  test.each<[what: string, bytes: () => Buffer | string, sentence: string, hint?: string]>([
    ["nothing", () => "", "the file is empty"],
    ["blanks", () => "\ufeff \r\n\t\n", "the file is empty"],
    ["a certificate", () => certificate().pem, "this is a certificate, not the request"],
    [
      "a certificate that calls itself a request",
      () => certificate().pem.replaceAll("CERTIFICATE", LABEL),
      "this is a certificate",
    ],
    ["a certificate in DER", () => decodePem(certificate().pem, "CERTIFICATE"), "this is a certificate"],
    ["a private key", key, "this holds a private key", "out of git's history"],
    ["a private key beside it", () => PEM + key(), "this holds a private key"],
    ["a private key beside one that is damaged", () => `${PEM.slice(0, 90)}\n${key()}`, "this holds a private key"],
    ["a private key in DER", () => decodePem(key(), "PRIVATE KEY"), "this holds a private key"],
    ["a private key in UTF-16", () => utf16(key()), "this holds a private key"],
    ["a public key", publicKey, "this is a public key alone"],
    ["an SSH key", sshKey, "this is an SSH key"],
    ["PKCS#7", p7, "this is PKCS#7"],
    ["PKCS#12", p12, "this is PKCS#12", "out of git's history"],
    [
      "two requests",
      () => PEM + byOpenssl(["ed25519"]).request,
      "several PEM blocks, 2 of them requests",
      "one request",
    ],
    ["a request and its certificate", () => PEM + certificate().pem, "several PEM blocks: request, certificate"],
    ["a conflict", conflict, "git's conflict markers", "Keep one of the two"],
    ["a web page", () => "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "this is a web page"],
    [
      "a pointer of git-lfs",
      () => "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
      "git-lfs",
      ".gitattributes",
    ],
    ["what git-crypt sealed", () => Buffer.from("\0GITCRYPT\0abcdef"), "sealed by git-crypt", ".gitattributes"],
    ["a gzip", () => gzipSync(PEM), "packed with gzip"],
    ["another label", () => encodePem("DAVE", Buffer.from("hello")), "the PEM block is a DAVE"],
    [
      "a request's text alone",
      () => must("openssl", ["req", "-in", "a", "-noout", "-text"], directory({ a: PEM })),
      "text without the request",
    ],
    [
      "dashes that an editor joined",
      () => PEM.replace("-----BEGIN", "\u2014\u2014-BEGIN"),
      "the BEGIN line is damaged",
    ],
    ["one without its BEGIN line", () => PEM.slice(PEM.indexOf("\n")), "the BEGIN line is missing"],
    ["one without its END line", () => PEM.slice(0, 120), "is cut short: it has no END line"],
    ["two labels", () => PEM.replace(`END ${LABEL}`, "END CERTIFICATE"), 'ends as "CERTIFICATE"'],
    ["a line too few", () => PEM.replace(/\n.*\n-----END/, "\n-----END"), "the request is cut short: "],
    ["a mail that quotes it", () => PEM.replace(/^/gm, "> "), "has > before its lines", "attached"],
    ["quoted-printable", () => PEM.replaceAll("=", "=3D").replace(/=*\n-----END/, "=3D\n-----END"), "quoted-printable"],
    ["JSON's line ends", () => PEM.replaceAll("\n", "\\n"), "as JSON writes them"],
    ["one with dots in place of its middle", () => PEM.replace(/\n.{20}/, "\n..."), "cut short with dots"],
    ["a character that is not base64's", () => PEM.replace("\nM", "\n\u00fc"), "has the character U+00FC"],
    [
      "DER with something after it",
      () => Buffer.concat([DER, Buffer.from("\n")]),
      "DER that is cut short, or has something after it",
    ],
    ["text", () => "to come\n", "in which there is no PEM block"],
    ["binary", () => Buffer.from([1, 0, 2, 3]), "this is binary"],
    ["UTF-32", () => iconv("UTF-32LE"), "this is binary"],
  ])("%s", (_, bytes, sentence, hint = "") => {
    const request = read(Buffer.from(bytes() as Buffer));
    const { problem, hint: said } = request.ok ? { problem: "accepted", hint: null } : request;
    expect(problem).toContain(sentence);
    expect(problem).not.toBe("accepted");
    expect(said ?? "").toContain(hint);
    expect(problem + said).toMatch(/^[ -~]+$/);
  });
});

describe("text that is certain", () => {
  it("is what was written, in every code", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (more) => {
        const text = `name: ${more.replaceAll("\0", "")}`.replace(/^\ufeff/, "");
        for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), utf16(text)])
          expect(readText(bytes)?.text).toBe(text);
      }),
    );
  });
  it.each([
    ["UTF-8 that is broken", Buffer.from([0x61, 0xff, 0x62])],
    ["UTF-16 that breaks off", Buffer.concat([utf16("ab"), Buffer.from([0x61])])],
    ["UTF-16 with half a pair", Buffer.from("\ufeffa\ud800b", "utf16le")],
  ])("is not %s", (_, bytes) => {
    expect(readText(bytes)).toBe(null);
  });
});
