import { DIR } from "../model/paths.ts";
import type { Finding } from "../model/problem.ts";
import { printable } from "../render/printable.ts";
import { isSealed } from "../vault/seal.ts";
import type { StagedEntry } from "./staged.ts";

/** Whether a path is one whose contents must be ciphertext: macOS and Windows do not tell PKI/Private apart. */
export function isProtected(path: string): boolean {
  const lower = path.toLowerCase();
  return lower === DIR.private || lower.startsWith(`${DIR.private}/`);
}

/** What is wrong with an entry under pki/private, or null. `bytes`: as git stores them; null for a submodule. */
export function checkProtected(entry: StagedEntry, bytes: Buffer | null): Finding | null {
  const found = (code: string, message: string, fix: string): Finding => {
    return { code, level: "block", path: entry.path, message, fix };
  };
  const remove = `git rm --cached -- ${quoted(entry.path)}`;
  if (entry.mode === "120000") return found("Symlink", "a symlink under pki/private is never encrypted", remove);
  if (bytes === null) return found("Submodule", "a submodule under pki/private is never encrypted", remove);
  if (/(^|\/)\.gitattributes$/i.test(entry.path)) {
    return found("Attributes", "attributes below pki/private can switch encryption off", remove);
  }
  if (bytes.length === 0 || isSealed(bytes)) return null;
  const fix = "git-crypt unlock KEYFILE && git add --renormalize -- pki/private";
  return found("Plaintext", "not encrypted: git-crypt's filter did not run when it was added", fix);
}

/** A path as one shell word that is safe to print. */
export function quoted(path: string): string {
  const shown = printable(path);
  return /^[A-Za-z0-9_./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`;
}
