import { createHash } from "node:crypto";
import { clear, type FoundText } from "./detection.ts";
import type { Work } from "./work.ts";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const CODES = new Int8Array(256).fill(-1);
for (const [value, letter] of [...ALPHABET].entries()) CODES[letter.charCodeAt(0)] = value;
/** Of any word: what is longer is no word of base58. */
const WORD = new Uint8Array(256);
for (let code = 48; code < 123; code += 1) if (!/[:-@[-^`]/.test(String.fromCharCode(code))) WORD[code] = 1;

/** Characters of a key: WIF without and with the mark of a compressed point; an extended key (BIP 32). */
const LENGTHS = new Set([51, 52, 111]);
/** Decoding by long division. */
const DECODING = 10_000;

/** Bitcoin's keys, which other coins use as well: WIF, and extended private keys. Their checksum proves them. */
export function* base58Keys(text: Buffer, work: Work): Generator<FoundText> {
  work.charge(text.length);
  let start = -1;
  for (let at = 0; at <= text.length; at += 1) {
    if (at < text.length && WORD[text[at] ?? 0] === 1) {
      if (start < 0) start = at;
      continue;
    }
    if (start >= 0 && LENGTHS.has(at - start)) {
      const kind = keyIn(text.subarray(start, at), work);
      if (kind !== null) yield { found: clear(kind), at: start };
    }
    start = -1;
  }
}

function keyIn(word: Buffer, work: Work): string | null {
  for (const byte of word) if ((CODES[byte] ?? -1) < 0) return null;
  work.charge(DECODING);
  const bytes = decoded(word);
  const body = bytes.subarray(0, -4);
  const sum = sha256(sha256(body)).subarray(0, 4);
  if (!sum.equals(bytes.subarray(-4))) return null;
  if (body.length === 78) return body[45] === 0 ? "extended private key (BIP 32)" : null;
  const isWif = body.length === 33 || (body.length === 34 && body[33] === 1);
  return isWif ? "private key (WIF)" : null;
}

function decoded(word: Buffer): Buffer {
  let number = 0n;
  for (const byte of word) number = number * 58n + BigInt(CODES[byte] ?? 0);
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}
