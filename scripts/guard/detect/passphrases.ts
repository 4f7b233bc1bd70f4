import type { Work } from "./work.ts";

/** None, and those that programs and manuals give: Java's, and what half of the world's examples have. */
const KNOWN: readonly (readonly [passphrase: string, name: string])[] = [
  ["", "an empty passphrase"],
  ["changeit", "a passphrase that everybody knows"],
  ["password", "a passphrase that everybody knows"],
];

/** Derivations that are slower are not tried: a file may ask for hours. */
const MOST_ITERATIONS = 100_000;
/** An iteration takes about a microsecond. */
const ITERATION = 300;

/**
 * The passphrase that opens a key, in words, if it is one that is none. `iterations`: what the key's derivations ask
 * for; null for one that cannot be told, and then nothing is tried.
 */
export function knownPassphrase(
  iterations: readonly (number | null)[],
  work: Work,
  opens: (passphrase: string) => boolean,
): string | null {
  let total = 0;
  for (const count of iterations) {
    if (count === null || count > MOST_ITERATIONS) return null;
    total += count;
  }
  if (total > MOST_ITERATIONS) return null;
  for (const [passphrase, name] of KNOWN) {
    work.charge(10_000 + ITERATION * total);
    if (opens(passphrase)) return name;
  }
  return null;
}
