import { around, base64, base64url, isPlaceholder } from "./bytes.ts";
import { clear, type Format } from "./detection.ts";
import { publicOfJwk, publicOfRaw } from "./public-key.ts";
import type { Work } from "./work.ts";

const NAMED =
  /^p?(?:rivate[-_ ]?(?:key|exponent)|rivatevalue)["'\\]{0,8}\s{0,40}[:=]\s{0,40}["'\\]{0,8}([A-Za-z0-9+/]{20,6000}={0,2})(?![A-Za-z0-9+/=])/i;
const WIDEST = 6000;

/** DNSSEC's private key files (BIND's Private-key-format) and WireGuard's configuration: a name, and base64. */
export const namedValue: Format = (text, at, work) => {
  const value = NAMED.exec(text.slice(at, at + 2 * WIDEST))?.[1];
  if (value === undefined) return null;
  const before = around(text, at, WIDEST, 0, work);
  work.charge(WIDEST);
  const raw = Buffer.from(value, "base64");
  if (isPlaceholder(value)) return null;
  if (/Private-key-format|Algorithm:\s{0,20}\d/i.test(before))
    return raw.length >= 16 ? clear("DNSSEC private key", dnssecPublic(before, raw, work)) : null;
  const isWireGuard = value.length === 44 && raw.length === 32 && new Set(raw).size > 8;
  return isWireGuard ? clear("WireGuard private key", publicOfRaw("x25519", raw, work)) : null;
};

function dnssecPublic(before: string, raw: Buffer, work: Work): string | null {
  const field = (name: string) => new RegExp(`${name}:\\s{0,20}([A-Za-z0-9+/=]{1,6000})`, "i").exec(before)?.[1];
  const [n, e] = [field("Modulus"), field("PublicExponent")];
  if (n !== undefined && e !== undefined) return publicOfJwk({ kty: "RSA", n: base64url(n), e: base64url(e) }, work);
  return /Algorithm:\s{0,20}15\b/.test(before) ? publicOfRaw("ed25519", raw, work) : null;
}

/** An RSA key of 16,384 bits in XML, before and behind its private exponent. */
const XML_WIDEST = 12_000;

/** .NET's RSAKeyValue (XML Signature, 4.5.2.2, with the private fields that ToXmlString adds). */
export const rsaXml: Format = (text, at, work) => {
  const secret = /^[<:]D>([^<]{40,6000})</.exec(text.slice(at, at + 6010))?.[1];
  if (secret === undefined || base64(secret).length < 40 || isPlaceholder(base64(secret))) return null;
  work.charge(2 * XML_WIDEST);
  const near = around(text, at, XML_WIDEST, XML_WIDEST, work);
  const field = (name: string) => new RegExp(`<(?:\\w{1,20}:)?${name}>([^<]{1,6000})<`).exec(near)?.[1];
  const [n, e] = [field("Modulus"), field("Exponent")];
  if (n === undefined) return null;
  const fingerprint = e === undefined ? null : publicOfJwk({ kty: "RSA", n: base64url(n), e: base64url(e) }, work);
  return clear("RSA private key (XML)", fingerprint);
};

/** Thirty lines: two dozen pairs are enough. */
const PRINTED = 200;

/** What `openssl pkey -text` prints: pairs of digits and colons, fifteen to a line. */
export const printedByOpenssl: Format = (text, at, work) => {
  const pairs = around(text, at, 0, PRINTED, work).match(/\b[0-9a-f]{2}:/gi) ?? [];
  work.charge(20 * pairs.length);
  return pairs.length >= 15 && new Set(pairs).size > 8 ? clear("private key printed by openssl") : null;
};
