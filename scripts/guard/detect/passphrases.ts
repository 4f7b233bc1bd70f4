import type { Work } from "./work.ts";

/** None, and those that programs and manuals give: Java's, and what half of the world's examples have. */
const KNOWN: readonly (readonly [passphrase: string, name: string])[] = [
  ["", "an empty passphrase"],
  ["changeit", "a passphrase that everybody knows"],
  ["password", "a passphrase that everybody knows"],
];

/** Derivations that are slower are not tried: a file may ask for hours. */
const MOST_ITERATIONS = 100_000;
/** An iteration takes about a microsecond; a long key takes two for each. */
const ITERATION = 600;

/**
 * The passphrase that opens a key, in words, if it is one that is none. `iterations`: what the key's derivation asks
 * for; null where that cannot be told, and then nothing is tried.
 */
export function knownPassphrase(
  iterations: number | null,
  work: Work,
  opens: (passphrase: string) => boolean,
): string | null {
  if (iterations === null || iterations > MOST_ITERATIONS) return null;
  for (const [passphrase, name] of KNOWN) {
    work.charge(ITERATION * iterations);
    if (opens(passphrase)) return name;
  }
  return null;
}
