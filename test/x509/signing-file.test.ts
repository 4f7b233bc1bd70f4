import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plainSigning, signingKind, signingProblem } from "../../scripts/x509/signing-file.ts";
import { Scratch } from "../e2e/support/scratch.ts";

/** By name, what programs made. */
const files = new Map<string, Buffer>();
let scratch: Scratch;

beforeAll(() => {
  scratch = new Scratch("signing");
  const home = scratch.at("gnupg");
  mkdirSync(home, { mode: 0o700 });
  const fixed = ["--homedir", home, "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"];
  const gpg = (...args: string[]) => execFileSync("gpg", [...fixed, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  gpg("--quick-gen-key", "Ops <ops@example.com>", "ed25519", "sign", "never");
  files.set("keyring.asc", gpg("--export", "--armor"));
  files.set("keyring.gpg", gpg("--export"));
  files.set("secret.asc", gpg("--export-secret-keys", "--armor"));
  files.set("secret.gpg", gpg("--export-secret-keys"));
  execFileSync("gpgconf", ["--homedir", home, "--kill", "gpg-agent"]);
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  files.set("key.pub", Buffer.from(publicKey.export({ type: "spki", format: "pem" })));
  files.set("key.pem", Buffer.from(privateKey.export({ type: "pkcs8", format: "pem" })));
  files.set("old.pem", Buffer.from(privateKey.export({ type: "pkcs1", format: "pem" })));
  const [key, certificate] = [scratch.at("ca.key"), scratch.at("ca.crt")];
  const self = [
    "req",
    "-x509",
    "-newkey",
    "ed25519",
    "-nodes",
    "-subj",
    "/CN=Signer",
    "-keyout",
    key,
    "-out",
    certificate,
  ];
  execFileSync("openssl", self, { stdio: "ignore" });
  files.set("anchor.pem", readFileSync(certificate));
  files.set("both.pem", Buffer.concat([readFileSync(certificate), readFileSync(key)]));
});
afterAll(() => scratch[Symbol.dispose]());

const HEX = "0123456789abcdef".repeat(4);
const of = (name: string): Buffer => {
  const found = files.get(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

describe("What a program made", () => {
  test.each([
    ["keyring.asc", "openpgp"],
    ["keyring.gpg", "openpgp"],
    ["secret.asc", "private key"],
    ["secret.gpg", "private key"],
    ["key.pub", "public key"],
    ["key.pem", "private key"],
    ["old.pem", "private key"],
    ["anchor.pem", "certificate"],
    ["both.pem", "private key"],
  ])("%s is recognised", (name, kind) => {
    expect(signingKind(of(name))).toBe(kind);
  });

  test.each([
    ["keyring.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----BEGIN PGP PUBLIC KEY BLOCK----"],
    ["key.pub", "MII", "AAA"],
    ["anchor.pem", "MII", "AAA"],
    ["anchor.pem", "-----BEGIN CERTIFICATE", "-----BEGIN CERTIFICATES"],
  ])("%s is nothing once it is damaged", (name, from, to) => {
    const damaged = of(name).toString("latin1").replace(from, to);
    expect(damaged).not.toBe(of(name).toString("latin1"));
    expect(signingKind(Buffer.from(damaged, "latin1"))).toBe("text");
  });

  test("a secret key that is called public is found by its packets", () => {
    const disguised = of("secret.asc").toString("latin1").replaceAll("PRIVATE", "PUBLIC");
    expect(signingKind(Buffer.from(disguised, "latin1"))).toBe("private key");
  });

  test("a keyring that is cut short is none", () => {
    expect(signingKind(of("keyring.gpg").subarray(0, -1))).toBe("binary");
  });
});

describe("In another shape", () => {
  const utf16 = (text: string) => Buffer.from(`\ufeff${text.replaceAll("\n", "\r\n")}`, "utf16le");
  test.each([
    ["UTF-16", utf16],
    ["a byte order mark", (text: string) => Buffer.from(`\ufeff${text}`)],
    ["CR LF", (text: string) => Buffer.from(text.replaceAll("\n", "\r\n"))],
  ])("text with %s is what it was, and clients get it plain", (_how, write) => {
    for (const name of ["keyring.asc", "key.pub", "anchor.pem"]) {
      const text = of(name).toString("latin1");
      expect(signingKind(write(text)), name).toBe(signingKind(of(name)));
      expect(Buffer.from(plainSigning(write(text))).toString("latin1"), name).toBe(text);
    }
    const fingerprint = `function: "sha256"\nfingerprint: "${HEX}"\n`;
    expect(signingProblem(write(fingerprint), "pkg")).toBe(null);
    expect(signingProblem(write(of("secret.asc").toString("latin1")), "apt")).toMatch(/holds a private key/);
  });

  test("a public key and a certificate lose what stands around them, and a keyring in binary nothing", () => {
    const [key, anchor] = [of("key.pub").toString("latin1"), of("anchor.pem").toString("latin1")];
    expect(Buffer.from(plainSigning(Buffer.from(`our key:\n${key}\nbye`))).toString()).toBe(key);
    expect(Buffer.from(plainSigning(Buffer.from(`Bag\n${anchor}\nBag\n${anchor}`))).toString()).toBe(anchor + anchor);
    expect(plainSigning(of("keyring.gpg"))).toBe(of("keyring.gpg"));
  });

  test("a private key that stands around a public one is still one", () => {
    const text = `AGE-SECRET-KEY-1QQ\n${of("key.pub").toString("latin1")}`;
    expect(signingKind(utf16(text))).toBe("private key");
  });

  test.each([
    [
      "a pointer of git-lfs",
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
      "this is a pointer of git-lfs",
    ],
    ["what git-crypt sealed", "\0GITCRYPT\0abc", "this is sealed by git-crypt"],
  ])("%s is named for every type", (_what, text, named) => {
    for (const type of ["pkg", "apt", "pkgsrc", "files"] as const)
      expect(signingProblem(Buffer.from(text, "latin1"), type)).toContain(named);
  });
});

describe("A fingerprint file", () => {
  test.each([
    ["as pkg's documentation writes it", `function: "sha256"\nfingerprint: "${HEX}"\n`, "fingerprint"],
    ["with comments, commas and no quotes", `# ours\nfunction = sha256;\nfingerprint: ${HEX},\n`, "fingerprint"],
    ["in capitals, which pkg does not match", `function: sha256\nfingerprint: ${HEX.toUpperCase()}\n`, "text"],
    ["of another function", `function: sha1\nfingerprint: ${HEX}\n`, "text"],
    ["said twice", `function: sha256\nfingerprint: ${HEX}\nfingerprint: ${HEX}\n`, "text"],
    ["with something more", `function: sha256\nfingerprint: ${HEX}\nname: x\n`, "text"],
  ])("%s", (_how, text, kind) => {
    expect(signingKind(Buffer.from(text))).toBe(kind);
  });
});

describe("Of a repository's type", () => {
  test.each([
    ["pkg", "key.pub"],
    ["apt", "keyring.asc"],
    ["apt", "keyring.gpg"],
    ["pkgsrc", "anchor.pem"],
    ["files", "keyring.asc"],
    ["files", "key.pub"],
  ] as const)("%s takes %s", (type, name) => {
    expect(signingProblem(of(name), type)).toBe(null);
  });

  test.each([
    ["pkg", "keyring.asc", /does not fit type pkg, which wants a public key/],
    ["apt", "key.pub", /does not fit type apt, which wants an OpenPGP public key/],
    ["pkgsrc", "key.pub", /does not fit type pkgsrc, which wants certificates .*; this is a public key/],
    ["apt", "secret.gpg", /holds a private key/],
    ["files", "both.pem", /holds a private key/],
  ] as const)("%s does not take %s", (type, name, message) => {
    expect(signingProblem(of(name), type)).toMatch(message);
  });

  test.each([
    ["minisign", "untrusted comment: minisign encrypted secret key\nRWRT\n", /holds a private key/],
    ["minisign", "untrusted comment: minisign public key 42\nRWRT\n", null],
    ["age", "# public key: age1\nAGE-SECRET-KEY-1QQ\n", /holds a private key/],
  ])("files takes the public half of %s only", (_program, text, message) => {
    const problem = signingProblem(Buffer.from(text), "files");
    if (message === null) expect(problem).toBe(null);
    else expect(problem).toMatch(message);
  });
});
