import { createPublicKey, X509Certificate } from "node:crypto";
import type { Repository } from "../model/registry.ts";
import { plainText, readText, withLineFeeds } from "../model/text.ts";
import { X509Error } from "./error.ts";
import { openPgpKeys } from "./openpgp.ts";
import { decodePem, encodePem } from "./pem.ts";
import { pemBlocks } from "./pem-blocks.ts";
import { binaryProblem } from "./what-it-is.ts";

/** What a file under pki/signing/ can be. `text`: of some other program, such as minisign; public as far as is known. */
type SigningKind = "public key" | "fingerprint" | "openpgp" | "certificate" | "text" | "private key" | "binary";

const LARGEST = 1024 * 1024;

/** Kinds that a type's package manager verifies with. */
const FITTING: Readonly<Record<Repository["type"], readonly SigningKind[]>> = {
  pkg: ["public key", "fingerprint"],
  apt: ["openpgp"],
  pkgsrc: ["certificate"],
  files: ["public key", "fingerprint", "openpgp", "certificate", "text"],
};

const WANTED: Readonly<Record<Repository["type"], string>> = {
  pkg: 'a public key (PEM), or a fingerprint file of the lines `function: "sha256"` and `fingerprint: "…"`',
  apt: "an OpenPGP public key: gpg --export --armor KEY",
  pkgsrc: "certificates (PEM)",
  files: "the public half of a signature",
};

const WHAT: Readonly<Record<Exclude<SigningKind, "private key">, string>> = {
  "public key": "this is a public key (PEM)",
  fingerprint: "this is a fingerprint file",
  openpgp: "this is an OpenPGP public key",
  certificate: "this is a certificate (PEM)",
  text: "this is text of another kind",
  binary: "this is binary of a kind that is not known here",
};

/** What is wrong with a file for a repository of this type, as the rest of a sentence; null for nothing. */
export function signingProblem(data: Uint8Array, type: Repository["type"]): string | null {
  if (data.length > LARGEST) return "is far too large for a public key";
  const other = binaryProblem(Buffer.from(data))?.message;
  const kind = other === undefined ? signingKind(data) : "binary";
  if (kind === "private key") return "holds a private key: whoever reads this repository could sign in its name";
  if (FITTING[type].includes(kind)) return null;
  return `does not fit type ${type}, which wants ${WANTED[type]}; ${other ?? WHAT[kind]}`;
}

/**
 * The file as clients' programs read it: text in UTF-8 with LF, whatever an editor or shell has written; public keys and
 * certificates as one PEM block after the other, without what stands around them. Everything else is as it was.
 */
export function plainSigning(data: Uint8Array): Uint8Array {
  const written = readText(data)?.text;
  if (written === undefined || written.includes("\0")) return data;
  const text = withLineFeeds(written);
  return Buffer.from(plainBlocks(text) ?? text);
}

function plainBlocks(text: string): string | null {
  try {
    const blocks = pemBlocks(text);
    const known = blocks.every(({ label }) => label === "PUBLIC KEY" || label === "CERTIFICATE");
    return blocks.length > 0 && known ? blocks.map(({ label, der }) => encodePem(label, der)).join("") : null;
  } catch (error) {
    if (error instanceof X509Error) return null;
    throw error;
  }
}

export function signingKind(given: Uint8Array): SigningKind {
  const data = plainSigning(given);
  const text = Buffer.from(data).toString("latin1");
  // Also in what a program would pass over.
  if (PRIVATE.test(plainText(given)) || PRIVATE.test(text)) return "private key";
  const openPgp = openPgpKeys(data);
  if (openPgp !== null) return openPgp === "secret" ? "private key" : "openpgp";
  if (isPublicKey(text)) return "public key";
  if (isFingerprint(text)) return "fingerprint";
  if (areCertificates(text)) return "certificate";
  return /[\0-\x08\x0e-\x1f]/.test(text) ? "binary" : "text";
}

/** PEM of every kind, PuTTY, age, minisign and signify. */
const PRIVATE =
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY|^PuTTY-User-Key-File|AGE-SECRET-KEY-1|^untrusted comment: .*\bsecret key\b/m;

/** SubjectPublicKeyInfo, as `openssl pkey -pubout` prints it. */
function isPublicKey(text: string): boolean {
  return parses(() => createPublicKey({ key: decodePem(text, "PUBLIC KEY"), format: "der", type: "spki" }));
}

function areCertificates(text: string): boolean {
  const blocks = text.match(/-----BEGIN [^-]+-----[^-]*-----END [^-]+-----/g) ?? [];
  return blocks.length > 0 && parses(() => blocks.map((block) => new X509Certificate(decodePem(block, "CERTIFICATE"))));
}

/** Node's own errors, and those of decodePem, for what cannot be read. */
function parses(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof X509Error || (error instanceof Error && "code" in error)) return false;
    throw error;
  }
}

const SETTING = /^\s*"?(function|fingerprint)"?\s*[:=]\s*"?([a-z0-9]+)"?\s*[;,]?\s*$/;

/** UCL of two settings; pkg compares the hexadecimal digits as text, so they are lower case. */
function isFingerprint(text: string): boolean {
  const settings = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const [, key, value] = SETTING.exec(line) ?? [];
    if (key === undefined || value === undefined || settings.has(key)) return false;
    settings.set(key, value);
  }
  return settings.get("function") === "sha256" && /^[0-9a-f]{64}$/.test(settings.get("fingerprint") ?? "");
}
