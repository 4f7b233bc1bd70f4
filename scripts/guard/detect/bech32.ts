const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Whether a Bech32 string (BIP 173) has a right checksum: a placeholder in documentation has none. */
export function isAgeKey(text: string): boolean {
  const lower = text.toLowerCase();
  const split = lower.lastIndexOf("1");
  const prefix = [...lower.slice(0, split)].map((character) => character.charCodeAt(0));
  let sum = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31)].reduce(step, 1);
  // What follows without a gap is cut off: each length that a key may have is tried.
  for (const [index, character] of [...lower.slice(split + 1)].entries()) {
    sum = step(sum, ALPHABET.indexOf(character));
    if (sum === 1 && index + 1 >= SHORTEST) return true;
  }
  return false;
}

const SHORTEST = 58;

/** The checksum after one more value of five bits. */
function step(sum: number, value: number): number {
  let next = ((sum & 0x1ffffff) << 5) ^ value;
  for (let bit = 0; bit < GENERATOR.length; bit += 1) if ((sum >>> (25 + bit)) & 1) next ^= GENERATOR[bit] ?? 0;
  return next;
}
