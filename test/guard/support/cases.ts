import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { parseKeyFile, type VaultKey } from "../../../scripts/vault/key-file.ts";
import { seal } from "../../../scripts/vault/seal.ts";
import { javaKeystore, tar, zip } from "./formats.ts";
import { certificate, DER, ec, ed25519, gitCryptKey, PEM, pem, pgp, request, rsa, SAMPLES, tool } from "./keys.ts";
import { type Entry, entry, gitlink, symlink } from "./stage.ts";

/** How it is staged, and what the guard says of that path: codes, none for nothing. */
export interface Case {
  readonly name: string;
  readonly entries: readonly Entry[];
  readonly verdict: readonly string[];
}

export const key: VaultKey = parseKeyFile(gitCryptKey());
export const other: VaultKey = parseKeyFile(gitCryptKey());
export const sealed = (plaintext: Buffer | string, by = key): Buffer => seal(by, Buffer.from(plaintext));
const header = (rest: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from("\0GITCRYPT\0", "latin1"), Buffer.from(rest)]);
const nonce = Buffer.alloc(12, 0x9d);
const CERTIFICATE_DER = Buffer.from(certificate.replace(/-----.*-----|\n/g, ""), "base64");
const publicPem = (type: "spki" | "pkcs1" = "spki") => rsa.publicKey.export({ type, format: "pem" }).toString();
const DH = ["genpkey", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"];
const SERIAL = "5F00112233445566778899AABBCCDDEE";

let number = 0;
/** One file, under a name of its own. */
function file(name: string, bytes: Buffer | string, ...verdict: string[]): Case {
  number += 1;
  return { name, entries: [entry(`files/${number}.dat`, bytes)], verdict };
}

/** One file in a certain place. */
export function at(path: string, bytes: Buffer | string, ...verdict: string[]): Case {
  return { name: path, entries: [entry(path, bytes)], verdict };
}

export const ELSEWHERE: readonly Case[] = [
  ...SAMPLES.map(({ name, bytes, level }) => file(name, bytes, level === "warn" ? "EncryptedKey" : "PrivateKey")),
  file("a key without BEGIN", PEM.replace(/^.*\n/, ""), "PrivateKey"),
  file("a key without END", PEM.replace(/\n-----END.*\n$/, ""), "PrivateKey"),
  file("a key with another label", PEM.replaceAll("PRIVATE KEY", "CERTIFICATE"), "PrivateKey"),
  file("a label in lower case", PEM.toLowerCase().slice(0, 27) + PEM.slice(27), "PrivateKey"),
  file("a key in CR LF", PEM.replaceAll("\n", "\r\n"), "PrivateKey"),
  file("a key in CR", PEM.replaceAll("\n", "\r"), "PrivateKey"),
  file("a key in YAML", PEM.replace(/^/gm, "    "), "PrivateKey"),
  file("a key in JSON", JSON.stringify({ key: PEM }), "PrivateKey"),
  file("a key in UTF-16", Buffer.from(`\ufeff${PEM}`, "utf16le"), "PrivateKey"),
  file("a key in base64", Buffer.from(PEM).toString("base64"), "PrivateKey"),
  file("a key in base64url", DER.toString("base64url"), "PrivateKey"),
  file("a key in hex", DER.toString("hex"), "PrivateKey"),
  file("a key in gzip", gzipSync(PEM), "PrivateKey"),
  file("a key in zip", zip(Buffer.from(PEM)), "PrivateKey"),
  file("a key in tar in gzip", gzipSync(tar(Buffer.from(PEM))), "PrivateKey"),
  file("a key in zip in tar in gzip in base64", gzipSync(tar(zip(Buffer.from(PEM)))).toString("base64"), "PrivateKey"),
  file("a key after a certificate", certificate + PEM, "PrivateKey"),
  file("an encrypted archive", zip(Buffer.from(PEM), { flags: 1 }), "Undecided"),
  file("an archive that unpacks to 200 MiB", gzipSync(Buffer.alloc(200 * 1024 * 1024)), "TooLarge"),
  { name: "a symlink whose target is a key", entries: [symlink("links/a", PEM)], verdict: ["PrivateKey"] },
  { name: "an executable key", entries: [{ ...entry("bin/a", PEM), mode: "100755" }], verdict: ["PrivateKey"] },
  at("a file with a harmless ending.jpg", PEM, "PrivateKey"),
  at("ünicode.txt", PEM, "PrivateKey"),
  at("new\nline", PEM, "PrivateKey"),
  at(".gitignore", PEM, "PrivateKey"),
  at("pkix/private/x.key", PEM, "PrivateKey"),

  file("nothing", ""),
  file("a certificate", certificate),
  file("a certificate in DER", CERTIFICATE_DER),
  file("two certificates", certificate + certificate),
  file("a request", request),
  file("a public key", publicPem()),
  file("a public key, PKCS#1", publicPem("pkcs1")),
  file("an EC public key", ec.publicKey.export({ type: "spki", format: "pem" }).toString()),
  file("an Ed25519 public key", ed25519.publicKey.export({ type: "spki", format: "pem" }).toString()),
  file("a public JWK", JSON.stringify(rsa.publicKey.export({ format: "jwk" }))),
  file("an SSH public key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMZpSXQmjH5gMKUjGXjl3HW7V2c1b3i4W4bW4bFqyI8d test"),
  file("a WireGuard peer", `[Peer]\nPublicKey = ${Buffer.alloc(32, 7).toString("base64")}\nAllowedIPs = 10.0.0.2/32\n`),
  file("an age recipient", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudjk6v8s7pyy8z\n"),
  file("a DH public key", tool("openssl", ["pkey", "-pubout"], tool("openssl", DH))),
  file("EC parameters", "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"),
  file("a PGP public key", pgp.publicKey),
  file("a PGP message", pgp.message),
  file("a keystore of certificates only", javaKeystore(0xfeedfeed, 2)),
  file("ciphertext outside of the vault", sealed(PEM), "LeftVault"),
  file("a lock file's hashes", lockFile()),
  file(
    "code that names a label",
    'const BEGIN = "-----BEGIN PRIVATE KEY-----";\nconst END = "-----END PRIVATE KEY-----";\n',
  ),
  file("documentation with dots", "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n"),
  file(
    "documentation with three dots",
    `-----BEGIN PRIVATE KEY-----\n${PEM.split("\n")[1]?.slice(0, 36)}...\n-----END PRIVATE KEY-----\n`,
  ),
  file(
    "documentation with a sample cut off",
    `-----BEGIN RSA PRIVATE KEY-----\n${pem(rsa.privateKey, "pkcs1").split("\n")[1]}\n…\n-----END RSA PRIVATE KEY-----\n`,
  ),
  file(
    "a sentence about a label",
    "It begins with -----BEGIN EC PRIVATE KEY----- and then comes base64, three lines of it.\n",
  ),
  file("a placeholder of age", "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ\n"),
  file("a placeholder of WireGuard", "PrivateKey = <put yours here>\n"),
  file("a map full of serials", serials()),
  file("a data URI", `<img src="data:image/png;base64,${Buffer.alloc(900, "picture").toString("base64")}">`),
  file("an empty archive", gzipSync("")),
  file("a tar of harmless text", tar(Buffer.from("text\n".repeat(100)))),
  file(
    "a PEM header of an encrypted message",
    "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n…\n",
  ),
  file("a word of 64 digits", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"),
  at(".git-crypt/keys/default/0/A.gpg", Buffer.from("hQEMA9nUqPw3qZ0BAQf/", "base64")),
  { name: "a symlink elsewhere", entries: [symlink("links/b", "../README.md")], verdict: [] },
  { name: "a submodule elsewhere", entries: [gitlink("modules/a")], verdict: [] },
];

export const STATE: readonly Case[] = [
  at("pki/ca.crt", certificate),
  at("pki/ca.crt2", certificate, "Place"),
  at(`pki/issued/alice.crt`, certificate + certificate),
  at(`pki/issued/Alice.crt`, certificate, "Place"),
  at(`pki/issued/alice.key`, certificate, "Place"),
  at(`pki/issued/bob.crt`, "text", "Place"),
  at(`pki/issued/carol.crt`, `${certificate}text\n`, "Place"),
  at(`pki/issued/dave.crt`, certificate + PEM, "PrivateKey"),
  at(`pki/certs_by_serial/${SERIAL}.pem`, certificate, "Place"),
  at(`pki/certs_by_serial/readme.txt`, "text", "Place"),
  at(`pki/revoked/${SERIAL}.yaml`, "at: 2026-11-21T12:00:00Z\nreason: keyCompromise\ncause: Declared\n"),
  at(
    `pki/revoked/${SERIAL.toLowerCase()}.yaml`,
    "at: 2026-11-21T12:00:00Z\nreason: keyCompromise\ncause: Declared\n",
    "Place",
  ),
  at(`pki/revoked/5F.yaml`, "at: some time\n", "Place"),
  at(`pki/held/${SERIAL}.yaml`, "at: 2026-11-21T12:00:00Z\nreason: certificateHold\n"),
  at(`pki/held/5F.yaml`, "at: 2026-11-21T12:00:00Z\nreason: other\n", "Place"),
  at("pki/reqs/alice.req", request),
  at("pki/reqs/bob.req", `Certificate Request:\n    Data: …\n${request}`),
  at("pki/reqs/carol.req", certificate, "Place"),
  at("pki/reqs/dave.req", request + PEM, "PrivateKey"),
  at("pki/reqs/erin.txt", request, "Place"),
  at("pki/reqs/deep/frank.req", request, "Place"),
  at("pki/signing/packages.pub", publicPem()),
  at("pki/signing/debian.asc", pgp.publicKey),
  at("pki/signing/packages.key", pem(ed25519.privateKey), "PrivateKey"),
  at(
    "pki/allowed_signers",
    "# people\nme@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMZpSXQmjH5gMKUjGXjl3HW7V2c1b3i4W4bW4bFqyI8d\n",
  ),
  at("pki/crl.pem", "text", "Place"),
  at("pki/index.txt", `V\t271121120000Z\t\t${SERIAL}\tunknown\t/CN=alice/O=Example\n`),
  at("pki/index.txt.attr", "unique_subject = no\n"),
  at("pki/index.txt.old", "", "Place"),
  at("pki/registry.yaml", "a: 1\n", "Place"),
  at("pki/README.md", "text\n"),
  at("pki/nginx/clients.map", serials()),
  at("pki/nginx/servers/x.conf", "server {}\n"),
  at("pki/nginx/binary", Buffer.from([0, 1, 2]), "Place"),
  at("pki/notes.txt", "text", "Place"),
  at("pki/safe/x.key", sealed("x"), "Place"),
  at("PKI/notes.txt", "text", "Place"),
  { name: "a symlink under pki", entries: [symlink("pki/nginx/link", "/etc")], verdict: ["Place"] },
  { name: "a submodule under pki", entries: [gitlink("pki/nginx/module")], verdict: ["Place"] },
];

export const PROTECTED: readonly Case[] = [
  at("pki/private/ca.key", sealed(PEM)),
  at("pki/private/by_serial/5F.key", sealed(pem(ed25519.privateKey))),
  at("pki/private/short", sealed("x")),
  at("pki/private/empty", ""),
  at("pki/private/sealed-empty", sealed("")),
  at("pki/private/plain.key", PEM, "Plaintext"),
  at("pki/private/text", "anything", "Plaintext"),
  at("pki/private/one-byte", "x", "Plaintext"),
  at("pki/private/header-only", header(""), "Truncated"),
  at("pki/private/truncated", sealed(PEM).subarray(0, 15), "Truncated"),
  at("pki/private/cut", sealed(PEM).subarray(0, -3), "WrongKey"),
  at("pki/private/changed", flipped(sealed(`${PEM}\n`)), "WrongKey"),
  at("pki/private/foreign", sealed(PEM, other), "WrongKey"),
  at("pki/private/twice", sealed(sealed(`${PEM}x`)), "SealedTwice"),
  at("pki/private/header-pem", header(PEM), "Plaintext"),
  at("pki/private/nonce-pem", header(Buffer.concat([nonce, Buffer.from(PEM)])), "Plaintext"),
  at(
    "pki/private/nonce-text",
    header(Buffer.concat([nonce, Buffer.from("some words of some length here")])),
    "Plaintext",
  ),
  at("pki/private/nonce-der", header(Buffer.concat([nonce, DER])), "Plaintext"),
  at("pki/private/nonce-zeros", header(Buffer.concat([nonce, Buffer.alloc(200)])), "Plaintext"),
  at("pki/private/header-twice", header(Buffer.concat([nonce, header(Buffer.alloc(60, 0xc3))])), "Plaintext"),
  at("PKI/Private/Upper", "anything", "Plaintext"),
  at("pki/PRIVATE/x.key", PEM, "Plaintext"),
  at("pki/private/a/.gitattributes", "", "Attributes"),
  at("pki/private/b/.GitAttributes", "* -filter\n", "Attributes"),
  { name: "a symlink in place of a key", entries: [symlink("pki/private/link", "/etc/shadow")], verdict: ["Symlink"] },
  { name: "a submodule in place of keys", entries: [gitlink("pki/private/module")], verdict: ["Submodule"] },
];

export function flipped(bytes: Buffer): Buffer {
  bytes[30] = (bytes[30] ?? 0) ^ 1;
  return bytes;
}

function serials(): string {
  const rows = Array.from(
    { length: 300 },
    (_, row) => `s:${SERIAL.slice(0, 26)}${String(row).padStart(6, "0")} staff;`,
  );
  return `${rows.join("\n")}\n`;
}

function lockFile(): string {
  return readFileSync(new URL("../../../package-lock.json", import.meta.url), "utf8");
}
