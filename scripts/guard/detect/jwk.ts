import { clear } from "./detection.ts";
import { publicOfJwk } from "./public-key.ts";
import type { FoundText } from "./text-formats.ts";

const TYPE = /["'\\]*\bkty\b["'\\]*\s*[:=]\s*["'\\]*(RSA|EC|OKP|oct|AKP)\b/g;
/** A key with all its numbers; RSA with 16,384 bits has some 14,000 characters. */
const WIDEST = 16_000;

/** Private and symmetric JSON Web Keys (RFC 7517, RFC 7518, 6), wherever they stand, quoted in whatever way. */
export function* jsonWebKeys(text: string): Generator<FoundText> {
  let searched = -1;
  for (const match of text.matchAll(TYPE)) {
    // What was searched in vain is not searched again for each of many names in it.
    if (match.index < searched) continue;
    const object = around(text, match.index);
    const type = match[1] ?? "";
    const secret = field(object, type === "oct" ? "k" : type === "AKP" ? "priv" : "d");
    if (secret === null || secret.length < 22) {
      if (object.length > WIDEST) searched = match.index + WIDEST / 2;
      continue;
    }
    const found = clear(type === "oct" ? "symmetric key (JWK)" : `${type} private key (JWK)`, publicOf(object, type));
    yield { found, at: match.index };
  }
}

/** The innermost braces around a place; strings in a key hold none. */
function around(text: string, at: number): string {
  const before = text.lastIndexOf("{", at);
  const after = text.indexOf("}", at);
  const from = before < 0 || at - before > WIDEST ? Math.max(0, at - WIDEST) : before;
  return text.slice(from, after < 0 || after - at > WIDEST ? at + WIDEST : after);
}

function field(object: string, name: string): string | null {
  const value = new RegExp(`(?:^|[{,\\s"'\\\\])${name}["'\\\\]*\\s*[:=]\\s*["'\\\\]*([A-Za-z0-9_+/-]{2,})`).exec(
    object,
  );
  return value?.[1] ?? null;
}

function publicOf(object: string, type: string): string | null {
  const read = (name: string) => field(object, name) ?? "";
  if (type === "RSA") return publicOfJwk({ kty: "RSA", n: read("n"), e: read("e") });
  if (type === "EC") return publicOfJwk({ kty: "EC", crv: read("crv"), x: read("x"), y: read("y") });
  return type === "OKP" ? publicOfJwk({ kty: "OKP", crv: read("crv"), x: read("x") }) : null;
}
