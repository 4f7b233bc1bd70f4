import { isAgeKey } from "./bech32.ts";
import { clear, encrypted, type Found } from "./detection.ts";
import { jsonWebKeys } from "./jwk.ts";
import { publicOfJwk, publicOfRaw, publicOfSsh } from "./public-key.ts";

/** What a format finds in a text, and where. */
export interface FoundText {
  readonly found: Found;
  readonly at: number;
}

type Format = (text: string) => Generator<FoundText>;

/** What must be in the bytes before a format's expression is tried, which costs more. */
const FORMATS: readonly (readonly [needles: readonly string[], format: Format])[] = [
  [["PuTTY-User-Key-File-"], putty],
  [["AGE-SECRET-KEY-", "age-secret-key-"], age],
  [["DEK-Info", "DEK-INFO", "dek-info"], legacyPem],
  [["Private", "private", "PRIVATE"], namedValues],
  [["Modulus>"], rsaXml],
  [["kty"], jsonWebKeys],
  [["priv"], printedByOpenssl],
];

/** Keys in formats that are text by nature. `text`: one character for each byte, escapes resolved. */
export function* textKeys(text: string): Generator<FoundText> {
  for (const [needles, format] of FORMATS) {
    if (needles.some((needle) => text.includes(needle))) yield* format(text);
  }
}

/** Characters of base64 in a text, without what strings in code and quoting put around a line. */
function base64(text: string): string {
  return text.replace(/[^A-Za-z0-9+/]+|(?<![A-Za-z0-9+/])[+/]+(?![A-Za-z0-9+/])/g, "");
}

const PUTTY =
  /PuTTY-User-Key-File-([123]):\s*([\w@.-]+)([\s\S]{0,600}?)Public-Lines:\s*(\d{1,4})([\s\S]{0,3000}?)Private-Lines:\s*\d{1,4}([\s\S]{0,400})/g;

/** PuTTY's own format (its appendix C). Version 2 derives with one round of SHA-1, version 3 with Argon2. */
function* putty(text: string): Generator<FoundText> {
  for (const match of text.matchAll(PUTTY)) {
    const [, version, , head = "", , middle = "", tail = ""] = match;
    if (base64(tail).length < 24) continue;
    const fingerprint = publicOfSsh(Buffer.from(base64(middle.replace(/Key-Derivation[\s\S]*/, "")), "base64"));
    const cipher = /Encryption:\s*([\w-]+)/.exec(head)?.[1];
    const kind = "PuTTY private key";
    const found = cipher === "none" ? clear(kind, fingerprint) : encrypted(kind, version === "3", fingerprint);
    yield { found, at: match.index };
  }
}

function* age(text: string): Generator<FoundText> {
  for (const match of text.matchAll(/AGE-SECRET-KEY-(?:PQ-)?1[02-9AC-HJ-NP-Z]{40,}/gi)) {
    if (isAgeKey(match[0])) yield { found: clear("age identity"), at: match.index };
  }
}

const LEGACY = /DEK-Info:\s*[A-Za-z0-9-]{3,20},\s*[0-9A-Fa-f]{8,64}([\s\S]{0,600})/gi;

/** RFC 1421 encryption as OpenSSL once wrote it: MD5, once. Nothing in it has a structure but its header. */
function* legacyPem(text: string): Generator<FoundText> {
  for (const match of text.matchAll(LEGACY)) {
    const body = (match[1] ?? "").replace(/\.{3}[\s\S]*|\xe2\x80\xa6[\s\S]*|-{3}[\s\S]*/, "");
    if (base64(body).length >= 48)
      yield { found: encrypted("private key (PEM with DEK-Info)", false), at: match.index };
  }
}

const NAMED =
  /\b(private[-_ ]?(?:key|exponent)|privatevalue)["']?\s*[:=]\s*["']?([A-Za-z0-9+/]{20,}={0,2})(?![A-Za-z0-9+/=])/gi;

/** DNSSEC's private key files (BIND's Private-key-format) and WireGuard's configuration: a name, and base64. */
function* namedValues(text: string): Generator<FoundText> {
  for (const match of text.matchAll(NAMED)) {
    const value = match[2] ?? "";
    const raw = Buffer.from(value, "base64");
    const before = text.slice(Math.max(0, match.index - 6000), match.index);
    if (/Private-key-format|Algorithm:\s*\d/i.test(before)) {
      if (raw.length >= 16) yield { found: clear("DNSSEC private key", dnssecPublic(before, raw)), at: match.index };
    } else if (value.length === 44 && raw.length === 32 && new Set(raw).size > 8) {
      yield { found: clear("WireGuard private key", publicOfRaw("x25519", raw)), at: match.index };
    }
  }
}

function dnssecPublic(before: string, raw: Buffer): string | null {
  const field = (name: string) => new RegExp(`${name}:\\s*([A-Za-z0-9+/=]+)`, "i").exec(before)?.[1];
  const [n, e] = [field("Modulus"), field("PublicExponent")];
  if (n !== undefined && e !== undefined) return publicOfJwk({ kty: "RSA", n: url(n), e: url(e) });
  return /Algorithm:\s*15\b/.test(before) ? publicOfRaw("ed25519", raw) : null;
}

function url(base64: string): string {
  return Buffer.from(base64, "base64").toString("base64url");
}

/** .NET's RSAKeyValue (XML Signature, 4.5.2.2, with the private fields that ToXmlString adds). */
function* rsaXml(text: string): Generator<FoundText> {
  for (const match of text.matchAll(/<(?:\w{1,20}:)?D>\s*([A-Za-z0-9+/=\s]{40,4000}?)\s*<\//g)) {
    const near = text.slice(Math.max(0, match.index - 12_000), match.index + 12_000);
    const field = (name: string) => new RegExp(`<(?:\\w{1,20}:)?${name}>\\s*([A-Za-z0-9+/=\\s]+)<`).exec(near)?.[1];
    const [n, e] = [field("Modulus"), field("Exponent")];
    if (n === undefined) continue;
    const fingerprint = e === undefined ? null : publicOfJwk({ kty: "RSA", n: url(n), e: url(e) });
    yield { found: clear("RSA private key (XML)", fingerprint), at: match.index };
  }
}

/** What `openssl pkey -text` prints: pairs of digits and colons, fifteen to a line. */
function* printedByOpenssl(text: string): Generator<FoundText> {
  for (const match of text.matchAll(/\bpriv(?:ateExponent)?:([\s\S]{0,2000})/gi)) {
    const pairs = match[1]?.match(/\b[0-9a-f]{2}:/gi) ?? [];
    if (pairs.length >= 15) yield { found: clear("private key printed by openssl"), at: match.index };
  }
}
