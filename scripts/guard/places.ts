import { parseCarriedOut } from "../model/canonical.ts";
import { parseHold, parseRevocation } from "../model/facts.ts";
import * as paths from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { plainText, readText } from "../model/text.ts";
import { readCertificate } from "../x509/certificate.ts";
import { readCertificateFile } from "../x509/certificate-file.ts";
import { readCrl } from "../x509/crl-reader.ts";
import { decodePem } from "../x509/pem.ts";
import { readRenewalFile } from "../x509/renewal-file.ts";
import { requestDer } from "../x509/request-file.ts";
import { binaryProblem } from "../x509/what-it-is.ts";

/** What is wrong with a file's contents, as the rest of a sentence; null for nothing. */
type Grammar = (bytes: Buffer, name: string) => string | null;

/** What belongs into each place. Keys are ciphertext: `checkProtected` looks at those. */
const GRAMMARS: Readonly<Record<Exclude<paths.PlaceName, paths.PrivatePlace>, Grammar>> = {
  caCertificate: certificates,
  crl: crls,
  carriedOut: registry,
  index,
  indexAttr: text,
  readme: text,
  allowedSigners: signers,
  guardAllow: text,
  certificates: certificateFile,
  revoked: revocation,
  held: hold,
  requests: request,
  signing: publicKey,
  issued: certificates,
  renewals: renewal,
  nginx: text,
  apache: text,
  stunnel: text,
  haproxy: text,
};

/** Whether a path lies under pki, in whatever case; what is protected is not for here. */
export function isState(path: string): boolean {
  return /^pki\//i.test(path);
}

/**
 * What is wrong with an entry below pki/ but outside private/: only the files that Gatehouse knows may be there, each
 * with what belongs into it. `bytes`: null for a submodule. Null when nothing is wrong.
 */
export function checkPlace(path: string, mode: string, bytes: Buffer | null): string | null {
  if (mode === "120000") return "is a symlink; under pki/ there are none";
  if (bytes === null) return "is a submodule; under pki/ there are none";
  if (paths.isPlaceholder(path)) return bytes.length === 0 ? null : "is not empty";
  const placed = paths.placeOf(path);
  if (placed === null || paths.isPrivatePlace(placed.place) || !paths.isNamed(placed))
    return "does not belong under pki/: nothing of this name is kept there";
  return read(GRAMMARS[placed.place], bytes, placed.key);
}

function read(grammar: Grammar, bytes: Buffer, name: string): string | null {
  try {
    return grammar(bytes, name);
  } catch (error) {
    if (error instanceof UserError) return ["is not what belongs there:", error.message, ...error.hints].join(" ");
    throw error;
  }
}

function certificateFile(bytes: Buffer, serial: string): null {
  readCertificateFile(bytes.toString("utf8"), serial);
  return null;
}

function renewal(bytes: Buffer, predecessor: string): null {
  readRenewalFile(bytes.toString("utf8"), predecessor);
  return null;
}

/** One PEM block after the other, and nothing else. */
function blocks(bytes: Buffer, label: string): string[] {
  const text = bytes.toString("latin1").replaceAll("\r\n", "\n");
  const end = `-----END ${label}-----\n`;
  const found = (text.endsWith("\n") ? text : `${text}\n`).split(end);
  if (found.pop() !== "" || found.length === 0) throw new UserError(`only PEM blocks "${label}" are wanted`);
  return found.map((block) => block + end);
}

function certificates(bytes: Buffer): null {
  for (const block of blocks(bytes, "CERTIFICATE")) readCertificate(decodePem(block, "CERTIFICATE"));
  return null;
}

function crls(bytes: Buffer): null {
  for (const block of blocks(bytes, "X509 CRL")) readCrl(block);
  return null;
}

/** One request, in any shape that is read; whether it is sound is the plan's question, which names the client. */
function request(bytes: Buffer): string | null {
  return requestDer(bytes)[0] === 0x30 ? null : "is not a certificate request";
}

function revocation(bytes: Buffer, serial: string): null {
  parseRevocation(bytes.toString("utf8"), serial);
  return null;
}

function hold(bytes: Buffer, serial: string): null {
  parseHold(bytes.toString("utf8"), serial);
  return null;
}

function registry(bytes: Buffer): null {
  parseCarriedOut(bytes.toString("utf8"));
  return null;
}

const INDEX_LINE = new RegExp(`^[VRE]\\t\\d{10,14}Z\\t[^\\t]*\\t${paths.SERIAL_HEX}\\tunknown\\t/[^\\t]*$`);

/** OpenSSL's CA database: status, end, revocation, serial number, file, subject. */
function index(bytes: Buffer): string | null {
  const wrong = bytes
    .toString("utf8")
    .replace(/\n$/, "")
    .split("\n")
    .findIndex((line) => line !== "" && !INDEX_LINE.test(line));
  return wrong < 0 ? null : `line ${wrong + 1} is none of OpenSSL's CA database`;
}

const KEY = "(?:sk-)?(?:ssh|ecdsa)-[^ \\t]+[ \\t]+[A-Za-z0-9+/]+={0,2}(?:[ \\t].*)?";
const OPTIONS = '(?:[a-z-]+(?:="[^"]*")?[ \\t]+)*';
const SIGNER = new RegExp(`^[ \\t]*(?:(?:#.*)?|(?:"[^"]*"|[^ \\t#"][^ \\t]*)[ \\t]+${OPTIONS}${KEY})$`);
const BARE_KEY = new RegExp(`^[ \\t]*${KEY}$`);

/** ssh-keygen(1), "ALLOWED SIGNERS". */
function signers(bytes: Buffer): string | null {
  const lines = plainText(bytes).split("\n");
  const wrong = lines.findIndex((line) => !SIGNER.test(line));
  if (wrong < 0) return null;
  const bare = BARE_KEY.test(lines[wrong] ?? "");
  return bare
    ? `line ${wrong + 1} is a key without whose it is: write the mail address before it, and a space`
    : `line ${wrong + 1} is not "PRINCIPALS KEYTYPE KEY"`;
}

/** PEM, OpenPGP in either form, minisign, fingerprints: public all of them, or the search for keys says so. */
function publicKey(bytes: Buffer): string | null {
  if (bytes.length > 1024 * 1024) return "is far too large for a public key";
  const other = binaryProblem(bytes);
  if (other !== null) return other.message.replace(/^this /, "");
  return [0x98, 0x99, 0xc6].includes(bytes[0] ?? 0) ? null : text(bytes);
}

function text(bytes: Buffer): string | null {
  return (readText(bytes)?.text ?? bytes.toString("latin1")).includes("\0") ? "is not text" : null;
}
