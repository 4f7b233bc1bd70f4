import { DIR } from "../model/paths.ts";
import type { Finding } from "../model/problem.ts";
import { isSealed } from "../vault/seal.ts";
import type { StagedEntry } from "./staged.ts";

/**
 * Whether a path is one whose contents must be ciphertext, or one that would put something else in their place
 * (`pki` itself as a symlink). Without regard to case: macOS and Windows do not tell PKI/Private apart.
 */
export function isProtected(path: string): boolean {
  const lower = path.toLowerCase();
  return DIR.private.startsWith(`${lower}/`) || lower === DIR.private || lower.startsWith(`${DIR.private}/`);
}

/**
 * What is wrong with an entry under pki/private, or null. `bytes`: as git stores them; null for a submodule.
 * `unlocked`: git-crypt's key is here, so adding the file again encrypts it.
 */
export function checkProtected(entry: StagedEntry, bytes: Buffer | null, unlocked: boolean): Finding | null {
  const found = (code: string, message: string, fix: string): Finding => {
    return { code, level: "block", path: entry.path, message, fix };
  };
  const remove = `git rm --cached -- ${quoted(entry.path)}`;
  if (entry.mode === "120000") return found("Symlink", "a symlink in place of keys is never encrypted", remove);
  if (bytes === null) return found("Submodule", "a submodule in place of keys is never encrypted", remove);
  if (/(^|\/)\.gitattributes$/i.test(entry.path)) {
    return found("Attributes", "attributes below pki/private can switch encryption off", remove);
  }
  if (bytes.length === 0 || isSealed(bytes)) return null;
  // git-crypt unlocks only where nothing is staged, so the file leaves the index first.
  const fix = [remove, ...(unlocked ? [] : ["git-crypt unlock KEYFILE"]), `git add -- ${quoted(entry.path)}`];
  return found("Plaintext", "not encrypted: git-crypt's filter did not run when it was added", fix.join(" && "));
}

/** A path as one word for a shell. */
export function quoted(path: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
