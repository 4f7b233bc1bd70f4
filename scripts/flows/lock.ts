import { existsSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { writeFiles } from "../system/files.ts";
import { openGit } from "../system/git.ts";
import { withLock } from "../system/lock.ts";
import { catBlobs } from "../system/objects.ts";
import { readRegularFile } from "../system/read-file.ts";
import { isExportConfirmed } from "../vault/init.ts";
import { installFilter } from "../vault/install.ts";
import { nameOf } from "../vault/key-directory.ts";
import { keyFingerprint, type VaultKey } from "../vault/key-file.ts";
import { environmentKeys, keyPlaces, repositoryKeys } from "../vault/key-source.ts";
import { dropKey, shelve } from "../vault/key-store.ts";
import { type ProtectedFile, protectedFiles, remember, workingTrees } from "../vault/protected-files.ts";
import { isSealed } from "../vault/seal.ts";
import { waysIn } from "../vault/way-in.ts";

export interface Locked {
  /** Files that were plaintext and are ciphertext now. */
  readonly sealed: number;
  /** Files whose keys are kept under git's directory, because nobody confirmed that they are saved. */
  readonly kept: readonly string[];
  /** Files that git itself holds in the clear, and which stay so. */
  readonly inTheClear: readonly string[];
  /** How to unlock again. */
  readonly ways: readonly string[];
}

/**
 * Puts ciphertext into the tree and takes the keys out of the repository, linked worktrees too. Throws UserError,
 * and changes nothing, where a protected file has changes that git does not hold: they would be lost. The keys go
 * last, so that a run that was killed can be run again, or undone by unlock.
 */
export async function lock(root: string): Promise<Locked> {
  const common = commonDirectory(root);
  return withLock(common, "lock", async () => {
    // As git-crypt leaves it, git would ask its filter file by file.
    await installFilter(root);
    const roots = await workingTrees(openGit(root));
    const trees: OpenTree[] = [];
    for (const tree of roots) trees.push(await openFiles(tree));
    const kept = [...repositoryKeys(root).values()].filter((key) => !isSaved(root, key));
    const files = kept.map((key) => shelve(common, "unsaved", key));
    for (const tree of trees) await writeCiphertexts(tree);
    for (const tree of roots) {
      for (const place of keyPlaces(tree)) for (const name of repositoryKeys(tree).keys()) dropKey(place, name);
    }
    for (const { root: tree, ciphertexts } of trees) {
      await remember(
        openGit(tree),
        ciphertexts.map(({ path }) => path),
      );
    }
    return {
      sealed: trees.reduce((sum, { ciphertexts }) => sum + ciphertexts.length, 0),
      kept: files,
      inTheClear: trees.flatMap((tree) => tree.inTheClear),
      ways: waysIn(root),
    };
  });
}

/** As old as filter.sh makes it, for the same reason: git-crypt's unlock must not meet files of the same second. */
async function writeCiphertexts({ root, ciphertexts }: OpenTree): Promise<void> {
  await writeFiles(root, ciphertexts);
  for (const { path } of ciphertexts) utimesSync(join(root, path), LONG_AGO, LONG_AGO);
}

/** 2000-01-01, in seconds. */
const LONG_AGO = 946_684_800;

/** Confirmed by a person, in the environment, or encrypted to somebody under .git-crypt/. */
function isSaved(root: string, key: VaultKey): boolean {
  const given = environmentKeys(process.env).get(nameOf(key));
  if (given && keyFingerprint(given) === keyFingerprint(key)) return true;
  if (existsSync(join(root, ".git-crypt", "keys", nameOf(key)))) return true;
  return isExportConfirmed(commonDirectory(root), keyFingerprint(key));
}

interface OpenTree {
  readonly root: string;
  readonly ciphertexts: readonly { readonly path: string; readonly data: Buffer }[];
  readonly inTheClear: readonly string[];
}

async function openFiles(root: string): Promise<OpenTree> {
  const git = openGit(root);
  const files = await protectedFiles(git, "include");
  await refuseChanges(root, files);
  const plain = files.filter(({ path }) => {
    const bytes = readRegularFile(root, path);
    return bytes !== null && !isSealed(bytes);
  });
  const blobs = await catBlobs(
    git,
    plain.flatMap(({ blob }) => (blob === null ? [] : [blob])),
  );
  const ciphertexts: { path: string; data: Buffer }[] = [];
  const inTheClear: string[] = [];
  for (const { path, blob } of plain) {
    const data = blobs.get(blob ?? "");
    if (data !== undefined && isSealed(data)) ciphertexts.push({ path, data });
    else if (data === undefined || data.length > 0) inTheClear.push(path);
  }
  return { root, ciphertexts, inTheClear };
}

/** Throws UserError where the tree holds something of a protected file that HEAD does not. */
export async function refuseChanges(root: string, files: readonly ProtectedFile[]): Promise<void> {
  const known = new Map(files.map((file) => [file.path, file]));
  const status = await openGit(root).raw(["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"]);
  const changed = status
    .split("\0")
    .map((entry) => entry.slice(3))
    .filter((path) => known.has(path));
  // Ignored files are not in the status, and keys all the same.
  const unknown = files.filter(({ blob }) => blob === null).map(({ path }) => path);
  const [first, ...more] = new Set([...changed, ...unknown]);
  if (first === undefined) return;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  throw new UserError(
    `${first}${others} in ${root}: there are changes that are not committed; nothing was done`,
    "commit them first: git add --all pki && git commit",
    "or drop them: git checkout HEAD -- FILE",
  );
}
