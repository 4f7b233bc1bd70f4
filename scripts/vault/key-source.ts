import { delimiter, join } from "node:path";
import { UserError } from "../model/problem.ts";
import { commonDirectory, gitDirectory } from "../system/checkout.ts";
import {
  DEFAULT_NAME,
  keyDirectory,
  keysIn,
  nameOf,
  parseNamed,
  readIfThere,
  readRepositoryKey,
} from "./key-directory.ts";
import { keyFingerprint, type VaultKey } from "./key-file.ts";

/** The part of a process's environment that the vault looks at. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Keys by name; git-crypt's default key is `default`. */
export type Keyring = ReadonlyMap<string, VaultKey>;

/** Where git-crypt keeps the default key of an unlocked repository. */
export function repositoryKeyFile(commonDirectory: string): string {
  return join(keyDirectory(commonDirectory), DEFAULT_NAME);
}

/** git-crypt's own default key in the repository, or null while it is locked. */
export function repositoryKey(commonDirectory: string): VaultKey | null {
  return readRepositoryKey(commonDirectory, DEFAULT_NAME);
}

/** Directories in which git-crypt may have put this checkout's keys: the shared one, and a linked worktree's own. */
export function keyPlaces(root: string): string[] {
  return [...new Set([commonDirectory(root), gitDirectory(root)])];
}

/** Every key with which this checkout is unlocked. */
export function repositoryKeys(root: string): Keyring {
  const keys = new Map<string, VaultKey>();
  for (const place of keyPlaces(root)) {
    for (const name of keysIn(place)) {
      const key = keys.has(name) ? null : readRepositoryKey(place, name);
      if (key !== null) keys.set(name, key);
    }
  }
  return keys;
}

/** The default key from GATEHOUSE_KEY (base64) or GATEHOUSE_KEY_FILE, or null. Throws as environmentKeys does. */
export function environmentKey(environment: Environment): VaultKey | null {
  return environmentKeys(environment).get(DEFAULT_NAME) ?? null;
}

/**
 * The keys from GATEHOUSE_KEY (base64, several with commas between) and GATEHOUSE_KEY_FILE (a path, several as in
 * PATH). Each key file says its own name. Throws UserError that never shows a key's bytes.
 */
export function environmentKeys(environment: Environment): Keyring {
  const encoded = (environment["GATEHOUSE_KEY"] ?? "").split(",").filter((part) => part.trim() !== "");
  const inline = encoded.map((part) => parseNamed("GATEHOUSE_KEY", decode(part)));
  const filed = filesIn(environment["GATEHOUSE_KEY_FILE"] ?? "").map((bytes) =>
    parseNamed("GATEHOUSE_KEY_FILE", bytes),
  );
  const keys = new Map<string, VaultKey>();
  for (const key of [...inline, ...filed]) {
    const known = keys.get(nameOf(key));
    if (known) requireSame(known, key, "GATEHOUSE_KEY and GATEHOUSE_KEY_FILE");
    keys.set(nameOf(key), key);
  }
  return keys;
}

/** Throws UserError when two keys differ: what one writes the other could not open. */
export function requireSame(one: VaultKey, other: VaultKey, what: string): void {
  if (keyFingerprint(one) === keyFingerprint(other)) return;
  throw new UserError(`${what} are two different keys`, "unset the one that belongs to another repository");
}

/** One path, with whatever characters; or several. */
function filesIn(paths: string): Buffer[] {
  if (paths === "") return [];
  const whole = readIfThere(paths);
  if (whole !== null) return [whole];
  return paths.split(delimiter).map((path) => {
    const bytes = readIfThere(path);
    if (bytes === null) throw new UserError(`GATEHOUSE_KEY_FILE names a file that is not there: ${path}`);
    return bytes;
  });
}

/** Base64, line breaks allowed: `base64 FILE` wraps its lines. */
function decode(encoded: string): Buffer {
  const compact = encoded.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    throw new UserError("GATEHOUSE_KEY is not base64", "make it with: git-crypt export-key /dev/stdout | base64");
  }
  return Buffer.from(compact, "base64");
}
