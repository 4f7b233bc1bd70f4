import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plainEnvironment } from "../../system/scratch.ts";
import { bech32, javaKeystore, putty } from "./formats.ts";

/** A key as a file holds it. `text`: its bytes are text, so that it survives what is done to text. */
export interface Sample {
  readonly name: string;
  readonly bytes: Buffer;
  readonly text: boolean;
  readonly level: "block" | "warn";
}

const PASSPHRASE = "correct horse";
const ENCRYPTED = { cipher: "aes-256-cbc", passphrase: PASSPHRASE } as const;

export const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
export const ed25519 = generateKeyPairSync("ed25519");
const dsa = generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 });
const x25519 = generateKeyPairSync("x25519");

const directory = mkdtempSync(join(tmpdir(), "gatehouse-keys-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

/** Runs a program in a directory of its own; its output as bytes. */
export function tool(program: string, args: readonly string[], input?: string | Buffer): Buffer {
  const env = plainEnvironment({ GNUPGHOME: directory });
  return execFileSync(program, args, { cwd: directory, env, input, stdio: ["pipe", "pipe", "pipe"] });
}

const EACH = 'at=0; while [ -e "$at.in" ]; do "$@" <"$at.in" >"$at.out" || exit; at=$((at + 1)); done';

/** The same for each of many inputs, by one shell: it starts a program in a third of the time that Node takes. */
export function toolForEach(program: string, args: readonly string[], inputs: readonly Buffer[]): Buffer[] {
  for (const [at, input] of inputs.entries()) writeFileSync(join(directory, `${at}.in`), input);
  tool("sh", ["-c", EACH, "each", program, ...args]);
  return inputs.map((_, at) => {
    const output = made(`${at}.out`);
    for (const end of ["in", "out"]) rmSync(join(directory, `${at}.${end}`));
    return output;
  });
}

const made = (name: string): Buffer => readFileSync(join(directory, name));

export const pem = (key: KeyObject, type: "pkcs8" | "pkcs1" | "sec1" = "pkcs8"): string =>
  key.export({ type, format: "pem" }).toString();

/** The key that most wrappings are tried with. */
export const PEM = pem(ec.privateKey);
export const DER = ec.privateKey.export({ type: "pkcs8", format: "der" });

function ssh(name: string, ...args: readonly string[]): Buffer {
  tool("ssh-keygen", ["-q", "-f", name, "-C", "test", ...args]);
  return made(name);
}

function gpg(): { secret: Buffer; armored: Buffer; encrypted: Buffer; publicKey: Buffer; message: Buffer } {
  const run = (...args: string[]) =>
    tool("gpg", ["--batch", "--quiet", "--pinentry-mode", "loopback", "--trust-model", "always", ...args]);
  // Else the agent first counts how often this machine can hash in a tenth of a second, which takes it two.
  writeFileSync(join(directory, "gpg-agent.conf"), "s2k-count 20000000\n");
  run("--passphrase", "", "--quick-gen-key", "plain@example.com", "ed25519", "default", "never");
  run("--passphrase", PASSPHRASE, "--quick-gen-key", "locked@example.com", "rsa2048", "default", "never");
  const secret = run("--export-secret-keys", "plain@example.com");
  const armored = run("--armor", "--export-secret-keys", "plain@example.com");
  const encrypted = run("--passphrase", PASSPHRASE, "--export-secret-keys", "locked@example.com");
  const publicKey = run("--armor", "--export", "plain@example.com");
  const message = run("--armor", "--passphrase", PASSPHRASE, "--symmetric", "--output", "-", "own.csr");
  tool("gpgconf", ["--kill", "all"]);
  return { secret, armored, encrypted, publicKey, message };
}

export const certificate = tool("openssl", [
  ..."req -x509 -newkey rsa:2048 -nodes -keyout own.key -subj /CN=test -days 3".split(" "),
]).toString();
tool("openssl", ["req", "-new", "-key", "own.key", "-subj", "/CN=test", "-out", "own.csr"]);
export const request = made("own.csr").toString();
export const pgp = gpg();

function pkcs12(...args: readonly string[]): Buffer {
  const file = "own.crt";
  tool("sh", ["-c", `cat > ${file}`], certificate);
  return tool("openssl", [
    "pkcs12",
    "-export",
    "-inkey",
    "own.key",
    "-in",
    file,
    "-passout",
    `pass:${PASSPHRASE}`,
    ...args,
  ]);
}

const jwk = (key: KeyObject): string => JSON.stringify(key.export({ format: "jwk" }));

function rsaXml(): string {
  const fields = rsa.privateKey.export({ format: "jwk" });
  const names = { Modulus: "n", Exponent: "e", P: "p", Q: "q", DP: "dp", DQ: "dq", InverseQ: "qi", D: "d" } as const;
  const parts = Object.entries(names).map(([name, field]) => {
    return `<${name}>${Buffer.from(fields[field] ?? "", "base64url").toString("base64")}</${name}>`;
  });
  return `<RSAKeyValue>${parts.join("")}</RSAKeyValue>\n`;
}

function dnssec(): string {
  const fields = rsa.privateKey.export({ format: "jwk" });
  const line = (name: string, field: string | undefined) =>
    `${name}: ${Buffer.from(field ?? "", "base64url").toString("base64")}\n`;
  const head = "Private-key-format: v1.3\nAlgorithm: 8 (RSASHA256)\n";
  return head + line("Modulus", fields.n) + line("PublicExponent", fields.e) + line("PrivateExponent", fields.d);
}

const raw = (): Buffer => x25519.privateKey.export({ type: "pkcs8", format: "der" }).subarray(16);

function minisign(kdf: string): string {
  const body = Buffer.concat([Buffer.from(`Ed${kdf}B2`, "latin1"), randomBytes(152)]);
  return `untrusted comment: minisign encrypted secret key\n${body.toString("base64")}\n`;
}

/** git-crypt's key file, as its own format has it. */
export function gitCryptKey(): Buffer {
  const number = (value: number) => Buffer.from([0, 0, 0, value]);
  const field = (id: number, data: Buffer) => Buffer.concat([number(id), number(data.length), data]);
  const entry = [field(1, number(0)), field(3, randomBytes(32)), field(5, randomBytes(64)), number(0)];
  return Buffer.concat([Buffer.from("\0GITCRYPTKEY", "latin1"), number(2), number(0), ...entry]);
}

/** PKCS#8 of an algorithm that nobody has heard of. */
function unknownAlgorithm(): Buffer {
  const oid = Buffer.from("300806062a03040506 07".replaceAll(" ", ""), "hex");
  const secret = randomBytes(40);
  const body = Buffer.concat([Buffer.from("020100", "hex"), oid, Buffer.from([4, secret.length]), secret]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

const openssl = (...args: string[]): Buffer => tool("openssl", args);
const text = (name: string, bytes: string | Buffer, level: Sample["level"] = "block"): Sample => {
  return { name, bytes: Buffer.from(bytes), text: true, level };
};
const binary = (name: string, bytes: Buffer, level: Sample["level"] = "block"): Sample => {
  return { name, bytes, text: false, level };
};

/** One key of every kind. */
export const SAMPLES: readonly Sample[] = [
  text("PKCS#8 EC", PEM),
  text("PKCS#8 RSA", pem(rsa.privateKey)),
  text("PKCS#1", pem(rsa.privateKey, "pkcs1")),
  text("SEC1", pem(ec.privateKey, "sec1")),
  text("SEC1 with parameters", openssl("ecparam", "-name", "secp384r1", "-genkey")),
  text("SEC1 of an explicit curve", openssl("ecparam", "-name", "prime256v1", "-genkey", "-param_enc", "explicit")),
  text("DSA, PKCS#8", pem(dsa.privateKey)),
  text("DSA, OpenSSL's own", createDsaPem()),
  text("Ed25519", pem(ed25519.privateKey)),
  text("Ed448", pem(generateKeyPairSync("ed448").privateKey)),
  text("X25519", pem(x25519.privateKey)),
  text("X448", pem(generateKeyPairSync("x448").privateKey)),
  text("RSA-PSS", pem(generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey)),
  text("DH", openssl(..."genpkey -algorithm DH -pkeyopt group:ffdhe2048".split(" "))),
  binary("unknown algorithm", unknownAlgorithm()),
  binary("DER PKCS#8", DER),
  binary("DER PKCS#1", rsa.privateKey.export({ type: "pkcs1", format: "der" })),
  binary("DER SEC1", ec.privateKey.export({ type: "sec1", format: "der" })),
  text("PBES2", ec.privateKey.export({ type: "pkcs8", format: "pem", ...ENCRYPTED }).toString(), "warn"),
  text("scrypt", openssl("pkcs8", "-topk8", "-in", "own.key", "-scrypt", "-passout", `pass:${PASSPHRASE}`), "warn"),
  text("PBES1", openssl(..."pkcs8 -topk8 -in own.key -v1 PBE-SHA1-3DES -passout pass:x".split(" "))),
  text("PBES2 with 3DES", openssl(..."pkcs8 -topk8 -in own.key -v2 des3 -passout pass:x".split(" "))),
  text("PBES2, ten rounds", openssl(..."pkcs8 -topk8 -in own.key -v2 aes256 -iter 10 -passout pass:x".split(" "))),
  text("Proc-Type", rsa.privateKey.export({ type: "pkcs1", format: "pem", ...ENCRYPTED }).toString()),
  binary("PKCS#12", pkcs12(), "warn"),
  binary("PKCS#12, old algorithms", pkcs12("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES")),
  binary("PKCS#12 in the clear", pkcs12("-keypbe", "NONE", "-certpbe", "NONE")),
  binary("JKS", javaKeystore(0xfeedfeed)),
  binary("JCEKS", javaKeystore(0xcececece)),
  text("OpenSSH Ed25519", ssh("ed", "-t", "ed25519", "-N", "")),
  text("OpenSSH RSA", ssh("rsa", "-t", "rsa", "-b", "2048", "-N", "")),
  text("OpenSSH ECDSA", ssh("ecdsa", "-t", "ecdsa", "-N", "")),
  text("OpenSSH with bcrypt", ssh("locked", "-t", "ed25519", "-N", PASSPHRASE), "warn"),
  text("PuTTY 2", putty(2, "none")),
  text("PuTTY 3", putty(3, "none")),
  text("PuTTY 2, encrypted", putty(2, "aes256-cbc")),
  text("PuTTY 3, encrypted", putty(3, "aes256-cbc"), "warn"),
  binary("PGP", pgp.secret),
  text("PGP, armored", pgp.armored),
  binary("PGP with a passphrase", pgp.encrypted, "warn"),
  text("age", `# created: today\n${bech32("age-secret-key-", randomBytes(32)).toUpperCase()}\n`),
  text("JWK EC", jwk(ec.privateKey)),
  text("JWK RSA", jwk(rsa.privateKey)),
  text("JWK OKP", jwk(ed25519.privateKey)),
  text("JWK symmetric", JSON.stringify({ kty: "oct", k: randomBytes(32).toString("base64url") })),
  text("RSA XML", rsaXml()),
  text("DNSSEC RSA", dnssec()),
  text(
    "DNSSEC Ed25519",
    `Private-key-format: v1.3\nAlgorithm: 15 (ED25519)\nPrivateKey: ${raw().toString("base64")}\n`,
  ),
  text("WireGuard", `[Interface]\nPrivateKey = ${raw().toString("base64")}\nAddress = 10.0.0.1/24\n`),
  text("minisign", minisign("Sc"), "warn"),
  text("minisign without a password", minisign("\0\0")),
  binary("git-crypt's key", gitCryptKey()),
  text("git-crypt's key in base64", `${gitCryptKey().toString("base64")}\n`),
  text("printed by openssl", openssl("pkey", "-in", "own.key", "-text", "-noout")),
];

function createDsaPem(): string {
  tool("sh", ["-c", "cat > dsa.pem"], pem(dsa.privateKey));
  return openssl("dsa", "-in", "dsa.pem").toString();
}

/** `sha256:…` of the public half, as the guard writes it. */
export function fingerprint(publicKey: KeyObject): string {
  return `sha256:${createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex")}`;
}
