const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Whether a Bech32 string (BIP 173) has a right checksum: a placeholder in documentation has none. */
export function isAgeKey(text: string): boolean {
  const lower = text.toLowerCase();
  const split = lower.lastIndexOf("1");
  const values = [...lower.slice(split + 1)].map((character) => ALPHABET.indexOf(character));
  const prefix = [...lower.slice(0, split)].map((character) => character.charCodeAt(0));
  // What follows without a gap is cut off, character by character, down to the shortest there is.
  for (let length = values.length; length >= 58; length -= 1) {
    const all = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...values.slice(0, length)];
    if (checksum(all) === 1) return true;
    if (values.length - length > 64) return false;
  }
  return false;
}

function checksum(values: readonly number[]): number {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, constant] of GENERATOR.entries()) if ((top >>> bit) & 1) sum ^= constant;
  }
  return sum;
}
