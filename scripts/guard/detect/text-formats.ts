import { base58Keys } from "./base58.ts";
import type { Format, FoundText } from "./detection.ts";
import { jsonWebKey, namelessJsonKey } from "./jwk.ts";
import { namedValue, printedByOpenssl, rsaXml } from "./named-values.ts";
import { age, cosign, legacyPem, openVpn, putty, torClientKey } from "./tools-of-their-own.ts";
import type { Work } from "./work.ts";

const FORMATS: readonly (readonly [format: Format, ...needles: readonly string[]])[] = [
  [putty, "PuTTY-User-Key-File-"],
  [age, "AGE-SECRET-KEY-", "age-secret-key-"],
  [legacyPem, "DEK-I", "dek-i"],
  [namedValue, "rivate", "RIVATE"],
  [rsaXml, "<D>", ":D>"],
  [jsonWebKey, "kty"],
  [namelessJsonKey, 'd"', "d'", 'D"', "D'"],
  [printedByOpenssl, "priv:", "privateExponent:"],
  [openVpn, "BEGIN OpenVPN "],
  [cosign, "nacl/secretbox"],
  [torClientKey, ":descriptor:x25519:"],
];

/** Looking at a place, before anything is looked for around it. */
const PLACE = 20;

/** Keys in formats that are text by nature. `text`: without the places that are no character. */
export function* textKeys(text: Buffer, work: Work): Generator<FoundText> {
  work.charge(4 * text.length);
  const whole = text.toString("latin1");
  for (const [format, ...needles] of FORMATS) {
    for (const needle of needles) {
      for (let at = whole.indexOf(needle); at >= 0; at = whole.indexOf(needle, at + needle.length)) {
        work.charge(PLACE);
        const found = format(whole, at, work);
        if (found !== null) yield { found, at };
      }
    }
  }
  yield* base58Keys(text, work);
}
