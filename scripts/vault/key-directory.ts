import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import { ifThere } from "../system/if-there.ts";
import { parseKeyFile, type VaultKey } from "./key-file.ts";

/** As a file's name, and in drivers, git-crypt's default key has this one; no named key may. */
export const DEFAULT_NAME = "default";

/** `default` for git-crypt's default key: what keys are told apart by. */
export function nameOf(key: VaultKey): string {
  return key.name ?? DEFAULT_NAME;
}

/** Below git's own directory, where git-crypt keeps the keys of an unlocked repository. */
export function keyDirectory(gitDirectory: string): string {
  return join(gitDirectory, "git-crypt", "keys");
}

/** The key's name for one of git's filter drivers, `git-crypt` or `git-crypt-NAME`; null for somebody else's. */
export function keyOfDriver(driver: string): string | null {
  if (driver === "git-crypt") return DEFAULT_NAME;
  return /^git-crypt-([A-Za-z0-9_-]{1,128})$/.exec(driver)?.[1] ?? null;
}

/** Names of the keys in a directory. Throws UserError where nobody can tell. */
export function keysIn(gitDirectory: string): string[] {
  const directory = keyDirectory(gitDirectory);
  const names = ifThere(directory, () => readdirSync(directory)) ?? [];
  return names.filter((name) => /^[A-Za-z0-9_-]{1,128}$/.test(name));
}

/** A key of an unlocked repository by name, or null. Throws UserError, without a byte of it, where it is malformed. */
export function readRepositoryKey(gitDirectory: string, name: string): VaultKey | null {
  const bytes = readIfThere(join(keyDirectory(gitDirectory), name));
  if (bytes === null) return null;
  const what = name === DEFAULT_NAME ? "git-crypt's key of this repository" : `this repository's git-crypt key ${name}`;
  const key = parseNamed(what, bytes);
  if (nameOf(key) === name) return key;
  throw new UserError(`${what} is the key ${nameOf(key)}`, "see where it came from, then: git-crypt lock --all");
}

/** parseKeyFile, whose error says which key it is about. */
export function parseNamed(what: string, bytes: Uint8Array): VaultKey {
  try {
    return parseKeyFile(bytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${what}: ${error.message}`, ...error.hints);
  }
}

export function readIfThere(file: string): Buffer | null {
  return ifThere(file, () => readFileSync(file));
}
