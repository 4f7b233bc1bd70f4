import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import { keyFingerprint, parseKeyFile, type VaultKey } from "./key-file.ts";

/** The part of a process's environment that the vault looks at. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where git-crypt keeps the default key of an unlocked repository. */
export function repositoryKeyFile(commonDirectory: string): string {
  return join(commonDirectory, "git-crypt", "keys", "default");
}

/** git-crypt's own key in the repository, or null while it is locked. */
export function repositoryKey(commonDirectory: string): VaultKey | null {
  const bytes = readIfThere(repositoryKeyFile(commonDirectory));
  return bytes === null ? null : named("git-crypt's key of this repository", bytes);
}

/** The key from GATEHOUSE_KEY (base64) or GATEHOUSE_KEY_FILE, or null. Throws UserError that never shows its bytes. */
export function environmentKey(environment: Environment): VaultKey | null {
  const encoded = environment["GATEHOUSE_KEY"] ?? "";
  const file = environment["GATEHOUSE_KEY_FILE"] ?? "";
  const inline = encoded.trim() === "" ? null : named("GATEHOUSE_KEY", decode(encoded));
  const bytes = file === "" ? null : readIfThere(file);
  if (file !== "" && bytes === null) throw new UserError(`GATEHOUSE_KEY_FILE names a file that is not there: ${file}`);
  const filed = bytes === null ? null : named("GATEHOUSE_KEY_FILE", bytes);
  if (inline && filed) requireSame(inline, filed, "GATEHOUSE_KEY and GATEHOUSE_KEY_FILE");
  return inline ?? filed;
}

/** Throws UserError when two keys differ: what one writes the other could not open. */
export function requireSame(one: VaultKey, other: VaultKey, what: string): void {
  if (keyFingerprint(one) === keyFingerprint(other)) return;
  throw new UserError(`${what} are two different keys`, "unset the one that belongs to another repository");
}

function named(what: string, bytes: Uint8Array): VaultKey {
  try {
    return parseKeyFile(bytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${what}: ${error.message}`, ...error.hints);
  }
}

/** Base64, line breaks allowed: `base64 FILE` wraps its lines. */
function decode(encoded: string): Buffer {
  const compact = encoded.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    throw new UserError("GATEHOUSE_KEY is not base64", "make it with: git-crypt export-key - | base64");
  }
  return Buffer.from(compact, "base64");
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ENOENT") return null;
    throw new UserError(`cannot read ${file}: ${String(code)}`);
  }
}
