import * as paths from "../model/layout.ts";
import type { Finding } from "../model/problem.ts";
import { bringBack, newestWith, remoteTips } from "../read/lost-authority.ts";
import { listTree } from "../system/objects.ts";
import { blobId, FACTS, firstVersion, isFact } from "./history.ts";
import { block, type CheckInput, warn } from "./input.ts";

/** So many lost files are told one by one; more of them were lost together, and come back together. */
const ONE_BY_ONE = 3;
const SHOWN = 3;

/**
 * Of a working tree: one finding and one command in place of one for each file that is gone and that one commit holds.
 * Where HEAD has dropped it too, that is the last commit that did hold it.
 */
export async function together(findings: readonly Finding[], input: CheckInput): Promise<readonly Finding[]> {
  const there = new Set(input.entries.map(({ path }) => path));
  const lost = findings.filter(({ path, fix }) => !there.has(path) && fix?.startsWith("git checkout ") === true);
  const first = lost.find(({ path }) => path === paths.CA_CERTIFICATE) ?? lost[0];
  if (first === undefined || input.head === null) return findings;
  const source = await sourceOf(first.path, input, input.head);
  if (source === null) return findings;
  const listed = (await listTree(input.git, source.commit, "pki")).map(({ path }) => path);
  const gone = new Set(listed.filter((path) => !there.has(path) && (source.whole || isFact(path))));
  const joined = lost.filter(({ path }) => gone.has(path));
  const alone = joined.length === 1 && first.path !== paths.CA_CERTIFICATE;
  if (alone || gone.size <= ONE_BY_ONE) return findings;
  const some = joined.slice(0, SHOWN).map(({ path }) => path);
  const message = `${gone.size} files are gone that ${source.name} holds, among them ${some.join(", ")}`;
  return [block("FilesLost", "pki", message, source.fix), ...findings.filter(({ path }) => !gone.has(path))];
}

interface Source {
  readonly commit: string;
  /** As a person calls it. */
  readonly name: string;
  /** All of its files come back, not facts alone: what is derived went on meanwhile. */
  readonly whole: boolean;
  readonly fix: string;
}

async function sourceOf(path: string, { git }: CheckInput, head: string): Promise<Source | null> {
  const isAuthority = path === paths.CA_CERTIFICATE;
  const commit = await newestWith(git, [head, ...(isAuthority ? await remoteTips(git) : [])], path);
  if (commit === null) return null;
  const name = commit === head ? "HEAD" : commit.slice(0, 12);
  const whole = commit === head || isAuthority;
  const checkout = whole ? await bringBack(git, name) : `git checkout ${name} -- ${FACTS.join(" ")}`;
  // git sets no mode but the executable bit.
  return { commit, name, whole, fix: whole ? `${checkout} && chmod -R u=rwX,go= ${paths.DIR.private}` : checkout };
}

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
