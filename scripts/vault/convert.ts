import { UserError } from "../model/problem.ts";
import type { VaultKey } from "./key-file.ts";
import { isSealed, open, opens, seal } from "./seal.ts";

/** What every ciphertext has: header and nonce. */
const SHORTEST = 22;
/** That many bytes of ciphertext are all below 0x80 once in 2^64 times. */
const TELLING = 64;

/**
 * What git is to store of a protected file. With the key: its ciphertext. Locked: ciphertext as it is, and nothing
 * else. `isStored` tells whether git holds these very bytes for this path already: taking them again changes
 * nothing, and refusing would break `git status` where a file is as it was committed. Throws UserError for
 * plaintext without a key, for what is ciphertext already, and for what another key has sealed.
 */
export function clean(input: Uint8Array, key: VaultKey | null, isStored: () => boolean): Uint8Array {
  if (key === null) {
    if (input.length === 0 || isCiphertext(input) || isStored()) return input;
    throw new UserError(
      "is not encrypted, and the vault is locked: git would store it in the clear",
      "run: npm run unlock, then add it again",
    );
  }
  if (!isSealed(input)) return seal(key, input);
  if (isStored()) return input;
  throw opens(key, input)
    ? new UserError("is ciphertext already, and would be sealed twice", "run: npm run unlock, then add it again")
    : new UserError(
        "begins as ciphertext, but this clone's key does not open it: another key has sealed it, or it was changed since",
        "bring it back from a commit: git checkout COMMIT -- FILE",
      );
}

/** What a protected file's blob becomes in the tree, and what a person should know about it, or null. */
export interface Smudged {
  readonly bytes: Uint8Array;
  readonly warning: string | null;
}

/**
 * Plaintext with the key, ciphertext without. A blob that the key does not open stays as it is: a commit from
 * before a change of keys can be looked at, and nothing in it is lost.
 */
export function smudge(blob: Uint8Array, key: VaultKey | null): Smudged {
  if (!isSealed(blob)) {
    const warning = "is not encrypted in git: once it was pushed, that key is public and must be replaced";
    return { bytes: blob, warning: blob.length === 0 ? null : warning };
  }
  if (key === null) return { bytes: blob, warning: null };
  try {
    return { bytes: open(key, blob), warning: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { bytes: blob, warning: "stays ciphertext: another key has sealed it, or it was changed since" };
  }
}

/** As far as anybody can tell without the key: the header, a nonce, and no text behind them. */
function isCiphertext(bytes: Uint8Array): boolean {
  if (!isSealed(bytes) || bytes.length < SHORTEST) return false;
  const body = bytes.subarray(SHORTEST, SHORTEST + TELLING);
  return body.length < TELLING || body.some((byte) => byte >= 0x80);
}
