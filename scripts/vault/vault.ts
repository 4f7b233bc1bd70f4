import { closeSync, constants, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { CA_KEY, DIR } from "../model/paths.ts";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { readRegularFile } from "../system/read-file.ts";
import type { VaultKey } from "./key-file.ts";
import { type Environment, environmentKey, repositoryKey, requireSame } from "./key-source.ts";
import { isSealed, open, SEALED_HEADER, seal } from "./seal.ts";

/** The protected files of one working tree, and the key to them if there is one. */
export interface Vault {
  /** `unlocked`: a key is here; `locked`: files are sealed and none is; `absent`: nothing was ever sealed. */
  readonly state: "unlocked" | "locked" | "absent";
  /** git-crypt is unlocked here and the tree holds plaintext, which git's filter seals on the way into git. */
  readonly treeUnlocked: boolean;
  /** The key, for what works on blobs; null unless unlocked. */
  readonly key: VaultKey | null;
  /** A protected file's plaintext, whatever form it has in the tree. Throws UserError with the path. */
  read(path: string): Buffer;
  /** What a new protected file must hold in this tree: plaintext where it is unlocked, else ciphertext. */
  forTree(plaintext: Uint8Array): Uint8Array;
}

/**
 * Looks at the tree and for a key: GATEHOUSE_KEY, GATEHOUSE_KEY_FILE, then git-crypt's own in `.git`. Throws
 * UserError when a key is malformed or two of them differ.
 */
export function openVault(root: string, environment: Environment): Vault {
  const own = repositoryKey(commonDirectory(root));
  const given = environmentKey(environment);
  if (own && given) requireSame(own, given, "the key in the environment and git-crypt's key of this repository");
  const key = given ?? own;
  const sealed = treeIsSealed(root);
  const treeUnlocked = own !== null && !sealed;
  return {
    state: key ? "unlocked" : sealed ? "locked" : "absent",
    treeUnlocked,
    key,
    read: (path) => readProtected(root, path, key),
    forTree: (plaintext) => {
      if (treeUnlocked) return plaintext;
      // git-crypt's filter is on, yet the tree holds ciphertext: whatever is added here gets sealed once more.
      if (own) throw halfUnlocked();
      if (!key) throw sealed ? lockedError() : absentError();
      return seal(key, plaintext);
    },
  };
}

function readProtected(root: string, path: string, key: VaultKey | null): Buffer {
  const bytes = readRegularFile(root, path);
  if (bytes === null) throw new UserError(`${path} is not there`, `bring it back: git checkout HEAD -- ${path}`);
  if (!isSealed(bytes)) return bytes;
  if (!key) throw lockedError();
  try {
    return open(key, bytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${path}: ${error.message}`, ...error.hints);
  }
}

/** By the authority's key; where that is elsewhere, by the first protected file that is not empty. */
function treeIsSealed(root: string): boolean {
  for (const path of candidates(root)) {
    const start = firstBytes(join(root, path));
    if (start !== null && start.length > 0) return isSealed(start);
  }
  return false;
}

function* candidates(root: string): Generator<string> {
  yield CA_KEY;
  for (const directory of [DIR.keys, DIR.private]) {
    for (const name of listing(join(root, directory))) if (name.endsWith(".key")) yield `${directory}/${name}`;
  }
}

function listing(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function firstBytes(file: string): Buffer | null {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const bytes = Buffer.alloc(SEALED_HEADER.length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}

const UNLOCK = "run: git-crypt unlock KEYFILE (or set GATEHOUSE_KEY_FILE to it)";

function lockedError(): UserError {
  return new UserError("the vault is locked: the private keys here are ciphertext, and no key is given", UNLOCK);
}

function absentError(): UserError {
  return new UserError("this repository has no git-crypt key yet", "run: npm start");
}

function halfUnlocked(): UserError {
  return new UserError(
    "git-crypt is unlocked, but the keys in the tree are still ciphertext; new ones would be sealed twice",
    `run: git-crypt lock --force, then: git-crypt unlock KEYFILE`,
  );
}
