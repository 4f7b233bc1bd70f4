import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../model/problem.ts";
import { fsync } from "../system/operation.ts";
import { replaceFile, writeNew } from "../system/replace.ts";
import { keyDirectory, nameOf, parseNamed } from "./key-directory.ts";
import { formatKeyFile, keyFingerprint, type VaultKey } from "./key-file.ts";

/** Puts a key where git-crypt looks for it: this unlocks the repository. */
export function saveKey(commonDirectory: string, key: VaultKey): void {
  write(join(keyDirectory(commonDirectory), nameOf(key)), key);
}

/** Takes a key out of one of git's directories; true when it was there. */
export function dropKey(gitDirectory: string, name: string): boolean {
  const file = join(keyDirectory(gitDirectory), name);
  if (!existsSync(file)) return false;
  rmSync(file);
  return true;
}

/** Writes a key for its owner to keep. Throws UserError where there is a file already. */
export function exportKey(file: string, key: VaultKey): void {
  try {
    writeNew(file, formatKeyFile(key), 0o600);
    fsync(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new UserError(
      code === "EEXIST"
        ? `${file} is there already, and may be the only copy of a key`
        : `cannot write ${file}: ${code}`,
      "name another file",
    );
  }
}

/** `former`: replaced by rekey, opens history only. `unsaved`: taken out by lock before anybody confirmed an export. */
export type Shelf = "former" | "unsaved";

/** Keeps a key under git's directory that must not get lost; returns its file. */
export function shelve(commonDirectory: string, shelf: Shelf, key: VaultKey): string {
  const file = join(shelfOf(commonDirectory, shelf), `${nameOf(key)}-${keyFingerprint(key).slice(0, 16)}.key`);
  write(file, key);
  return file;
}

/** The keys on a shelf, by file. */
export function shelved(commonDirectory: string, shelf: Shelf): Map<string, VaultKey> {
  const directory = shelfOf(commonDirectory, shelf);
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith(".key")) : [];
  return new Map(names.map((name) => [join(directory, name), parseNamed(name, readFileSync(join(directory, name)))]));
}

function shelfOf(commonDirectory: string, shelf: Shelf): string {
  return join(commonDirectory, "gatehouse", `${shelf}-keys`);
}

function write(file: string, key: VaultKey): void {
  const directory = dirname(file);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  replaceFile(file, formatKeyFile(key), 0o600);
}
