import { existsSync } from "node:fs";
import type { Finding } from "../model/problem.ts";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { type Git, openGit } from "../system/git.ts";
import { blobSizes, catBlobs } from "../system/objects.ts";
import { repositoryKeyFile } from "../vault/key-source.ts";
import { findPemKey } from "./pem.ts";
import { checkProtected, isProtected, quoted } from "./protected.ts";
import { changedPaths, indexEntries, type StagedEntry } from "./staged.ts";

/** Blobs are read in batches of about this many bytes, so that a large commit needs little memory. */
const BATCH = 64 * 1024 * 1024;
/** What is larger is not read. */
const LARGEST = 512 * 1024 * 1024;

/**
 * Looks at what the next commit would hold: every protected entry of the index, and every changed blob elsewhere.
 * Only objects are read, never diffs (textconv shows decrypted keys) nor the working tree (it is not what is
 * committed). Works before the first commit. Throws when it cannot decide.
 */
export async function guardStaged(root: string): Promise<Finding[]> {
  const git = openGit(root);
  const [entries, changed] = await Promise.all([indexEntries(git), changedPaths(git)]);
  const looked = entries.filter(({ path }) => isProtected(path) || changed.has(path));
  const unlocked = existsSync(repositoryKeyFile(commonDirectory(root)));
  const findings: Finding[] = [];
  for await (const [entry, bytes] of contents(git, looked)) {
    const finding = isProtected(entry.path) ? checkProtected(entry, bytes, unlocked) : checkElsewhere(entry, bytes);
    if (finding !== null) findings.push(finding);
  }
  return findings.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function checkElsewhere(entry: StagedEntry, bytes: Buffer | null): Finding | null {
  const key = bytes === null ? null : findPemKey(bytes);
  if (key === null) return null;
  const message = `a private key in the clear (${key.label}, line ${key.line})`;
  return {
    code: "PrivateKey",
    level: "block",
    path: entry.path,
    message,
    fix: `git rm --cached -- ${quoted(entry.path)}`,
  };
}

/** Each entry with its blob's bytes; null for a submodule, whose commit is not here. */
async function* contents(git: Git, entries: readonly StagedEntry[]): AsyncGenerator<[StagedEntry, Buffer | null]> {
  const files = entries.filter(({ mode }) => mode !== "160000");
  const sizes = await blobSizes(
    git,
    files.map(({ id }) => id),
  );
  for (const entry of entries) if (entry.mode === "160000") yield [entry, null];
  for (const batch of batches(files, sizes)) {
    const blobs = await catBlobs(
      git,
      batch.map(({ id }) => id),
    );
    for (const entry of batch) {
      const bytes = blobs.get(entry.id);
      if (bytes === undefined) throw unreadable(entry, "git does not have its contents");
      yield [entry, bytes];
    }
  }
}

function* batches(entries: readonly StagedEntry[], sizes: ReadonlyMap<string, number>): Generator<StagedEntry[]> {
  let batch: StagedEntry[] = [];
  let total = 0;
  for (const entry of entries) {
    const size = sizes.get(entry.id) ?? 0;
    if (size > LARGEST) throw unreadable(entry, "it is larger than 512 MiB");
    if (batch.length > 0 && total + size > BATCH) {
      yield batch;
      batch = [];
      total = 0;
    }
    batch.push(entry);
    total += size;
  }
  if (batch.length > 0) yield batch;
}

function unreadable(entry: StagedEntry, why: string): UserError {
  return new UserError(
    `${quoted(entry.path)} cannot be checked: ${why}`,
    `run: git rm --cached -- ${quoted(entry.path)}`,
  );
}
