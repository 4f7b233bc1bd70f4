import { join } from "node:path";
import { DIR, isPrivate } from "../model/layout.ts";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { keyDirectory, keysIn, readIfThere } from "../vault/key-directory.ts";
import { parseKeyFile, type VaultKey } from "../vault/key-file.ts";
import { environmentKey } from "../vault/key-source.ts";
import { isSealed, open, SEALED_HEADER } from "../vault/seal.ts";
import { unlockCommand } from "../vault/way-in.ts";
import { scan } from "./detect/scan.ts";
import type { RunWork } from "./detect/work.ts";
import { block, type GuardFinding, type Item } from "./finding.ts";

/**
 * Whether a path is one whose contents must be ciphertext, or one that would put something else in their place
 * (`pki` itself as a symlink). Without regard to case: macOS and Windows do not tell PKI/Private apart.
 */
export function isProtected(path: string): boolean {
  const lower = path.toLowerCase();
  return DIR.private.startsWith(`${lower}/`) || isPrivate(lower);
}

/** Files that git's rules must name: attributes of a path in another case, of a symlink or of a submodule say nothing. */
export function needsFilter({ path, mode }: { readonly path: string; readonly mode: string }): boolean {
  return path.startsWith(`${DIR.private}/`) && mode.startsWith("100") && !path.endsWith(".gitattributes");
}

/** What is known here to judge ciphertext by. */
export interface Secrets {
  /** The command that unlocks this clone; null where it is unlocked, and adding a file again encrypts it. */
  readonly unlock: string | null;
  readonly keys: readonly VaultKey[];
  /** Whether a file may be sealed with a key that is not among them: a named one of somebody else, or an older one. */
  isForeign(item: Item): boolean;
}

const HEADER = SEALED_HEADER.length;
/** Header and nonce: the ciphertext of an empty file. */
const SHORTEST = HEADER + 12;

/** What is wrong with an entry under pki/private, or null. `bytes`: as git stores them; null for a submodule. */
export async function checkProtected(
  item: Item,
  bytes: Buffer | null,
  secrets: Secrets,
  run: RunWork,
): Promise<GuardFinding | null> {
  if (item.mode === "120000") return block(item, "Symlink", "a symlink in place of keys is never encrypted");
  if (bytes === null) return block(item, "Submodule", "a submodule in place of keys is never encrypted");
  if (/(^|\/)\.gitattributes$/i.test(item.path)) {
    return block(item, "Attributes", "attributes below pki/private can switch encryption off");
  }
  if (bytes.length === 0) return null;
  const again = sealAgain(item, secrets);
  if (!isSealed(bytes)) {
    return block(item, "Plaintext", "not encrypted: git-crypt's filter did not run when it was added", again);
  }
  if (bytes.length < SHORTEST) return block(item, "Truncated", "ciphertext that is cut short: no key opens it", again);
  // The HMAC proves what statistics only suggest: with the key at hand it decides alone.
  const plaintext = openedByAny(secrets.keys, bytes);
  if (plaintext !== null) {
    const twice = "ciphertext that was encrypted once more: added while git-crypt was unlocked";
    return isSealed(plaintext) ? block(item, "SealedTwice", twice, again) : null;
  }
  if (!looksRandom(bytes.subarray(HEADER)) || !looksRandom(bytes.subarray(SHORTEST)) || (await holdsKey(bytes, run))) {
    return block(item, "Plaintext", "has git-crypt's header, but what follows is not ciphertext", again);
  }
  if (secrets.keys.length === 0 || secrets.isForeign(item)) return null;
  const message = "the git-crypt key here does not open it: it was sealed with another key, or was changed since";
  return block(item, "WrongKey", message, again);
}

function openedByAny(keys: readonly VaultKey[], bytes: Buffer): Buffer | null {
  for (const key of keys) {
    const plaintext = opened(key, bytes);
    if (plaintext !== null) return plaintext;
  }
  return null;
}

function opened(key: VaultKey, bytes: Buffer): Buffer | null {
  try {
    return open(key, bytes);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

// Unlocking wants nothing of it staged, so the file leaves the index first.
function sealAgain(item: Item, { unlock }: Secrets): string {
  if (item.commit !== null) return item.remove;
  const word = shellWord(item.path);
  return [`git rm --cached -- ${word}`, ...(unlock === null ? [] : [unlock]), `git add -- ${word}`].join(" && ");
}

/** Or what nobody can say of, too deep, too large, too slow: ciphertext is none of that. */
async function holdsKey(bytes: Buffer, run: RunWork): Promise<boolean> {
  for (const from of [HEADER, SHORTEST]) {
    const detections = await scan(bytes.subarray(from), [], run);
    if (detections.some(({ level, code }) => level === "block" || code === "EncryptedKey")) return true;
  }
  return false;
}

const SAMPLE = 4096;

/**
 * Whether bytes can be ciphertext: not nearly all of them characters, and no byte far too often. Magic numbers prove
 * nothing: ciphertext may begin with any of them.
 */
function looksRandom(bytes: Buffer): boolean {
  const sample = bytes.subarray(0, SAMPLE);
  if (isSealed(sample)) return false;
  if (sample.length < 24) return true;
  const counts = new Uint32Array(256);
  let text = 0;
  for (const byte of sample) {
    counts[byte] = (counts[byte] ?? 0) + 1;
    if ((byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13) text += 1;
  }
  // Random bytes are text with p = 0.38: nine tenths of 24 come about once in ten million, of more never.
  if (text >= sample.length * 0.9) return false;
  return Math.max(...counts) <= Math.max(12, sample.length / 16);
}

/** Two different ciphertexts with one nonce: one of them was changed, for it is the HMAC of what it encrypts. */
export class Nonces {
  readonly #first = new Map<string, Item>();

  /** The entry that had this nonce first, over other bytes; null for none. */
  clash(item: Item, bytes: Buffer): Item | null {
    if (!isSealed(bytes) || bytes.length <= SHORTEST) return null;
    const nonce = bytes.toString("latin1", HEADER, SHORTEST);
    const first = this.#first.get(nonce);
    if (first === undefined) this.#first.set(nonce, item);
    return first === undefined || first.id === item.id ? null : first;
  }
}

/** git-crypt's keys in this repository, default and named, and the one in the environment. */
export function openSecrets(root: string, filters: ReadonlyMap<string, string>): Secrets {
  const common = commonDirectoryOf(root);
  const names = common === null ? [] : keysIn(common);
  const own = names.flatMap((name) => readKey(join(keyDirectory(common ?? ""), name)));
  const given = environmentKey(process.env);
  const keys = given === null ? own : [given, ...own];
  const drivers = new Set(keys.map(({ name }) => (name === null ? "git-crypt" : `git-crypt-${name}`)));
  return {
    unlock: names.includes("default") ? null : unlockCommand(root),
    keys,
    isForeign: ({ path }) => {
      const filter = filters.get(path);
      return filter?.startsWith("git-crypt-") === true && !drivers.has(filter);
    },
  };
}

function commonDirectoryOf(root: string): string | null {
  try {
    return commonDirectory(root);
  } catch (error) {
    // A bare repository has none.
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** What is no key opens nothing. Throws UserError where the file cannot be read. */
function readKey(file: string): VaultKey[] {
  const bytes = readIfThere(file);
  if (bytes === null) return [];
  try {
    return [parseKeyFile(bytes)];
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
