import { around, base64url, isPlaceholder } from "./bytes.ts";
import { clear, type Format } from "./detection.ts";
import { publicOfJwk } from "./public-key.ts";
import type { Work } from "./work.ts";

const TYPE = /^kty["'\\]{0,8}\s{0,40}[:=]\s{0,40}["'\\]{0,8}(RSA|EC|OKP|oct|AKP)\b/;
/** A key with all its numbers; RSA with 16,384 bits has some 14,000 characters. */
const WIDEST = 16_000;
/** The shortest secret, 128 bits. */
const SHORTEST = 22;

/** Private and symmetric JSON Web Keys (RFC 7517, RFC 7518, 6), wherever they stand, quoted in whatever way. */
export const jsonWebKey: Format = (text, at, work) => {
  const type = TYPE.exec(text.slice(at, at + 120))?.[1];
  if (type === undefined) return null;
  const object = braces(text, at);
  work.charge(8 * object.length);
  const secret = field(object, type === "oct" ? "k" : type === "AKP" ? "priv" : "d");
  if (secret === null || secret.length < SHORTEST || isPlaceholder(secret)) return null;
  return clear(type === "oct" ? "symmetric key (JWK)" : `${type} private key (JWK)`, publicOf(object, type, work));
};

/** What is between the innermost braces; strings in a key hold none. */
function braces(text: string, at: number): string {
  const [head, tail] = [text.slice(Math.max(0, at - WIDEST), at), text.slice(at, at + WIDEST)];
  const end = tail.indexOf("}");
  return head.slice(Math.max(0, head.lastIndexOf("{"))) + tail.slice(0, end < 0 ? tail.length : end);
}

const SECRET = /^[dD]["']\s{0,40}[:=]\s{0,40}\\{0,4}["'][A-Za-z0-9_+/-]{22}/;
const NEAR = 6000;
/** Of up to fourteen names, in what is before and behind. */
const FIELDS = 28;

/** The same without the type, and .NET's RSAParameters and ECParameters in JSON: known by the numbers beside `d`. */
export const namelessJsonKey: Format = (text, at, work) => {
  if (!/["'\\]/.test(text[at - 1] ?? "") || !SECRET.test(text.slice(at, at + 140).replaceAll("\\", ""))) return null;
  const object = around(text, at, NEAR, NEAR, work);
  work.charge(FIELDS * NEAR);
  const read = (...names: readonly string[]) => names.map((name) => field(object, name)).find((value) => value) ?? "";
  if (/\bkty\b/.test(object) || isPlaceholder(read("d", "D"))) return null;
  const [n, e, crv] = [read("n", "Modulus"), read("e", "Exponent"), read("crv", "FriendlyName")];
  const [x, y] = [read("x", "X"), read("y", "Y")];
  if (n.length > 80 && e !== "")
    return clear("RSA private key (JSON)", publicOfJwk({ kty: "RSA", n: base64url(n), e: base64url(e) }, work));
  const isPoint = x.length > 20 && (crv !== "" || y.length > 20);
  return isPoint ? clear("EC private key (JSON)", publicOfPoint(crv, x, y, work)) : null;
};

function publicOfPoint(crv: string, x: string, y: string, work: Work): string | null {
  if (y === "") return publicOfJwk({ kty: "OKP", crv, x: base64url(x) }, work);
  const names: Readonly<Record<string, string>> = { nistP256: "P-256", nistP384: "P-384", nistP521: "P-521" };
  return publicOfJwk({ kty: "EC", crv: names[crv] ?? crv, x: base64url(x), y: base64url(y) }, work);
}

function field(object: string, name: string): string | null {
  const value = new RegExp(
    `(?:^|[{,\\s"'\\\\])${name}["'\\\\]{0,8}\\s{0,40}[:=]\\s{0,40}["'\\\\]{0,8}([A-Za-z0-9_+/-]{2,})`,
  ).exec(object);
  return value?.[1] ?? null;
}

function publicOf(object: string, type: string, work: Work): string | null {
  const read = (name: string) => field(object, name) ?? "";
  if (type === "RSA") return publicOfJwk({ kty: "RSA", n: read("n"), e: read("e") }, work);
  if (type === "EC") return publicOfJwk({ kty: "EC", crv: read("crv"), x: read("x"), y: read("y") }, work);
  return type === "OKP" ? publicOfJwk({ kty: "OKP", crv: read("crv"), x: read("x") }, work) : null;
}
