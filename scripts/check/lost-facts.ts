import * as paths from "../model/layout.ts";
import type { Finding } from "../model/problem.ts";
import { blobId, firstVersion } from "./history.ts";
import { block, type CheckInput, warn } from "./input.ts";

/** Facts that history knows and the tree has no more. */
export function lostFacts({ history, entries }: CheckInput): Finding[] {
  const there = new Set(entries.map(({ path }) => path));
  const findings: Finding[] = [];
  for (const path of history.first.keys()) {
    if (there.has(path)) continue;
    const certificate = path.startsWith(`${paths.DIR.certificates}/`);
    const message = certificate
      ? "is gone, but git's history holds it: a certificate is kept for ever"
      : "is gone, but git's history holds it: a revocation is permanent";
    findings.push(
      block(certificate ? "CertificateLost" : "RevocationLost", path, message, firstVersion(history, path)),
    );
  }
  return findings;
}

/** Facts that are no longer as they were first committed. */
export function rewrittenFacts(input: CheckInput): Finding[] {
  const paths = [...input.history.first.keys()].filter((path) => isRewritten(path, input));
  const message = "is not as it was first committed; it is written once";
  return paths.map((path) => block("Rewritten", path, message, firstVersion(input.history, path)));
}

export function isRewritten(path: string, { history, read }: CheckInput): boolean {
  const blob = history.first.get(path)?.blob;
  const bytes = blob === undefined ? null : read(path);
  return blob !== undefined && bytes !== null && blobId(bytes, blob.length) !== blob;
}

/** Witnesses that are not all there. */
export function shortHistory({ history }: CheckInput): Finding[] {
  if (!history.shallow) return [];
  const message = "this clone is shallow: what its history does not hold cannot be missed";
  return [warn("Shallow", ".git", message, "git fetch --unshallow")];
}
