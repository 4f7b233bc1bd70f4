import { closeSync, constants, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { CA_KEY, DIR } from "../model/layout.ts";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { ifThere } from "../system/if-there.ts";
import { readRegularFile } from "../system/read-file.ts";
import { keyNames } from "./attributes.ts";
import { DEFAULT_NAME } from "./key-directory.ts";
import type { VaultKey } from "./key-file.ts";
import { type Environment, environmentKeys, type Keyring, repositoryKeys, requireSame } from "./key-source.ts";
import { isSealed, open, SEALED_HEADER, seal } from "./seal.ts";
import { waysIn } from "./way-in.ts";

/** The protected files of one working tree, and the keys to them if there are any. */
export interface Vault {
  /** `unlocked`: the default key is here; `locked`: files are sealed and it is not; `absent`: nothing was ever sealed. */
  readonly state: "unlocked" | "locked" | "absent";
  /** git-crypt is unlocked here and the tree holds plaintext, which git's filter seals on the way into git. */
  readonly treeUnlocked: boolean;
  /** git-crypt's default key, for what works on blobs; null unless unlocked. */
  readonly key: VaultKey | null;
  /** Every key that is here, named ones too. */
  readonly keys: Keyring;
  /** A protected file's plaintext, whatever form it has in the tree. Throws UserError with the path. */
  read(path: string): Buffer;
  /**
   * What a new protected file must hold in this tree: plaintext where it is unlocked, else ciphertext. `path`
   * decides which key seals it; without one, the default key.
   */
  forTree(plaintext: Uint8Array, path?: string): Uint8Array;
  /** How it is opened here, for one who is told that it is locked. */
  waysIn(): readonly string[];
}

/**
 * Looks at the tree and for keys: GATEHOUSE_KEY, GATEHOUSE_KEY_FILE, then git-crypt's own in `.git`. Throws
 * UserError when a key is malformed or two of one name differ.
 */
export function openVault(root: string, environment: Environment): Vault {
  const own = repositoryKeys(root);
  const given = environmentKeys(environment);
  for (const [name, key] of own) {
    const other = given.get(name);
    if (other) requireSame(key, other, "the key in the environment and git-crypt's key of this repository");
  }
  const keys = new Map([...own, ...given]);
  const key = keys.get(DEFAULT_NAME) ?? null;
  const nameFor = keyNames(root);
  const sealed = treeIsSealed(root, nameFor);
  const treeUnlocked = own.has(DEFAULT_NAME) && !sealed;
  return {
    state: key ? "unlocked" : sealed ? "locked" : "absent",
    treeUnlocked,
    key,
    keys,
    read: (path) => readProtected(root, path, nameFor(path), keys),
    waysIn: () => waysIn(root),
    forTree: (plaintext, path) => {
      const name = path === undefined ? DEFAULT_NAME : nameFor(path);
      if (own.has(name)) {
        // git's filter is on, yet the tree holds ciphertext: whatever is added here gets sealed once more.
        if (sealed) throw halfUnlocked();
        return plaintext;
      }
      const sealing = keys.get(name);
      if (!sealing) throw name !== DEFAULT_NAME ? namedMissing(root, name) : sealed ? lockedError(root) : absentError();
      return seal(sealing, plaintext);
    },
  };
}

function readProtected(root: string, path: string, name: string, keys: Keyring): Buffer {
  const bytes = readRegularFile(root, path);
  if (bytes === null)
    throw new UserError(`${path} is not there`, `bring it back: git checkout HEAD -- ${shellWord(path)}`);
  if (!isSealed(bytes)) return bytes;
  const key = keys.get(name);
  if (!key) throw name === DEFAULT_NAME ? lockedError(root) : namedMissing(root, name);
  try {
    return open(key, bytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${path}: ${error.message}`, ...error.hints);
  }
}

/** By the authority's key; where that is elsewhere or has a key of its own, by the first protected file that is not empty. */
function treeIsSealed(root: string, nameFor: (path: string) => string): boolean {
  for (const path of candidates(root)) {
    if (nameFor(path) !== DEFAULT_NAME) continue;
    const start = firstBytes(join(root, path));
    if (start !== null && start.length > 0) return isSealed(start);
  }
  return false;
}

function* candidates(root: string): Generator<string> {
  yield CA_KEY;
  for (const directory of [DIR.keys, DIR.private]) {
    const place = join(root, directory);
    for (const name of ifThere(place, () => readdirSync(place)) ?? [])
      if (name.endsWith(".key")) yield `${directory}/${name}`;
  }
}

/** Null for what is not there, or no file. Throws UserError for what may not be read. */
function firstBytes(file: string): Buffer | null {
  return ifThere(file, () => (statSync(file).isFile() ? beginning(file) : null));
}

function beginning(file: string): Buffer {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(SEALED_HEADER.length);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

function lockedError(root: string): UserError {
  const what = "the vault is locked: the private keys here are ciphertext, and no key is given";
  return new UserError(what, ...waysIn(root));
}

function namedMissing(root: string, name: string): UserError {
  return new UserError(`this file is sealed with git-crypt's key ${name}, which is not here`, ...waysIn(root, name));
}

function absentError(): UserError {
  return new UserError("this repository has no git-crypt key yet", "run: npm start");
}

function halfUnlocked(): UserError {
  return new UserError(
    "git-crypt is unlocked, but the keys in the tree are still ciphertext; new ones would be sealed twice",
    "run: npm run unlock",
  );
}
