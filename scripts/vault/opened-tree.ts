import { statSync } from "node:fs";
import { join } from "node:path";
import { DIR } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { type Git, openGit } from "../system/git.ts";
import { blobSizes, catBlobs } from "../system/objects.ts";
import { readRegularFile } from "../system/read-file.ts";
import { blobId } from "./blob-id.ts";
import type { VaultKey } from "./key-file.ts";
import { type ProtectedFile, protectedFiles } from "./protected-files.ts";
import { isSealed, open } from "./seal.ts";

/** A protected file that is ciphertext in the tree, opened in memory. */
interface Plaintext {
  readonly path: string;
  readonly data: Buffer;
  /** Permission bits that the plaintext needs. */
  readonly mode: number;
  /** The ciphertext is what git's index holds, so that the plaintext can always be made again. */
  readonly stored: boolean;
}

export interface OpenedTree {
  readonly root: string;
  readonly plaintexts: readonly Plaintext[];
  /** Names of keys that files want and that are not here. */
  readonly missing: readonly string[];
}

/** Opens what is ciphertext in a tree. Throws UserError with the path where a key does not open its file. */
export async function openTree(root: string, keys: ReadonlyMap<string, VaultKey>): Promise<OpenedTree> {
  const git = openGit(root);
  const plaintexts: Plaintext[] = [];
  const missing: string[] = [];
  const others: Suspect[] = [];
  for (const file of await protectedFiles(git)) {
    const { path, keyName, blob } = file;
    const bytes = readRegularFile(root, path);
    if (bytes === null) continue;
    const key = keys.get(keyName);
    if (!isSealed(bytes)) {
      if (key && blob !== null) others.push({ path, blob, bytes, key });
    } else if (!key) missing.push(keyName);
    else {
      const stored = blob !== null && blob === blobId(bytes, blob);
      plaintexts.push({ path, stored, data: openFile(file, key, bytes), mode: modeFor(root, path) });
    }
  }
  const torn = (await tornFiles(git, others)).map(({ path, data }) => {
    return { path, data, stored: true, mode: modeFor(root, path) };
  });
  return { root, plaintexts: [...plaintexts, ...torn], missing };
}

interface Suspect {
  readonly path: string;
  readonly blob: string;
  readonly bytes: Buffer;
  readonly key: VaultKey;
}

/**
 * What an unlock that was killed left: the beginning of the plaintext, then the rest of the ciphertext. Only such a
 * file is as long as its ciphertext and agrees with both.
 */
async function tornFiles(git: Git, suspects: readonly Suspect[]): Promise<{ path: string; data: Buffer }[]> {
  const ids = (files: readonly Suspect[]) => files.map(({ blob }) => blob);
  const sizes = await blobSizes(git, ids(suspects));
  const likely = suspects.filter(({ blob, bytes }) => sizes.get(blob) === bytes.length);
  const blobs = await catBlobs(git, ids(likely));
  return likely.flatMap(({ path, blob, bytes, key }) => {
    const sealed = blobs.get(blob);
    if (sealed === undefined || !isSealed(sealed)) return [];
    const data = open(key, sealed);
    const at = data.findIndex((byte, index) => byte !== bytes[index]);
    const end = at === -1 ? data.length : at;
    return bytes.subarray(end).equals(sealed.subarray(end)) ? [{ path, data }] : [];
  });
}

function openFile({ path }: ProtectedFile, key: VaultKey, bytes: Buffer): Buffer {
  try {
    return open(key, bytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${path}: ${error.message}; nothing was changed`, ...error.hints);
  }
}

function modeFor(root: string, path: string): number {
  return path.startsWith(`${DIR.private}/`) ? 0o600 : statSync(join(root, path)).mode & 0o777;
}
