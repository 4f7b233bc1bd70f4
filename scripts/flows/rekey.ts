import { createSecretKey, randomBytes } from "node:crypto";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { writeFiles } from "../system/files.ts";
import { type Git, openGit } from "../system/git.ts";
import { withLock } from "../system/lock.ts";
import { catBlobs } from "../system/objects.ts";
import { installFilter } from "../vault/install.ts";
import { DEFAULT_NAME } from "../vault/key-directory.ts";
import type { VaultKey } from "../vault/key-file.ts";
import { repositoryKeys } from "../vault/key-source.ts";
import { exportKey, saveKey, shelve } from "../vault/key-store.ts";
import { type ProtectedFile, protectedFiles, remember } from "../vault/protected-files.ts";
import { isSealed, open, seal } from "../vault/seal.ts";
import { openVault } from "../vault/vault.ts";
import { waysIn } from "../vault/way-in.ts";
import { refuseChanges } from "./lock.ts";

export interface RekeyOptions {
  readonly root: string;
  /** Name of the key that is replaced; null: git-crypt's default key. */
  readonly name: string | null;
  /** Where the new key is written as well, for its owner to keep; null: nowhere. */
  readonly exportTo: string | null;
}

export interface Rekeyed {
  readonly files: number;
  /** The old key, kept under git's directory: it opens the history and nothing else. */
  readonly former: string;
  /** Fingerprints of the people who had the old key through GnuPG, and do not have the new one. */
  readonly people: readonly string[];
}

/**
 * A new git-crypt key, and everything that the old one sealed sealed anew, in one commit. Everything is opened with
 * the old key before anything is changed; where the commit fails, key, index and tree are as they were.
 */
export async function rekey({ root, name, exportTo }: RekeyOptions): Promise<Rekeyed> {
  const common = commonDirectory(root);
  return withLock(common, "rekey", async () => {
    const keyName = name ?? DEFAULT_NAME;
    const old = openVault(root, process.env).keys.get(keyName);
    if (!old) throw new UserError("the key that is to be replaced is not here", ...waysIn(root, keyName));
    const unlocked = repositoryKeys(root).has(keyName);
    if (!unlocked && exportTo === null) {
      throw new UserError(
        "this clone is locked: the new key would be nowhere",
        "say where it is to be written: npm run rekey -- --export FILE",
      );
    }
    await installFilter(root);
    const git = openGit(root);
    const files = (await protectedFiles(git)).filter((file) => file.keyName === keyName);
    await refuseStaged(git);
    await refuseChanges(root, files);
    const sealed = await sealAnew(git, files, old);
    const key = newKey(name);
    if (exportTo !== null) exportKey(exportTo, key);
    const former = shelve(common, "former", old);
    const people = await peopleWith(git, keyName);
    const work: Work = { git, root, common, files, keyName, people, old, unlocked };
    await commit(work, key, sealed(key));
    return { files: files.length, former, people: people.map(fingerprintOf) };
  });
}

function newKey(name: string | null): VaultKey {
  const version = { version: 0, aes: createSecretKey(randomBytes(32)), hmac: createSecretKey(randomBytes(64)) };
  return { name, versions: [version] };
}

interface Sealed {
  readonly path: string;
  readonly data: Buffer;
}

/** Opens what git holds, and gives back what seals it with another key. */
async function sealAnew(git: Git, files: readonly ProtectedFile[], old: VaultKey) {
  const blobs = await catBlobs(
    git,
    files.flatMap(({ blob }) => (blob === null ? [] : [blob])),
  );
  const plaintexts = files.map(({ path, blob }): Sealed => {
    const data = blobs.get(blob ?? "") ?? Buffer.alloc(0);
    try {
      return { path, data: isSealed(data) ? open(old, data) : data };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`${path}: ${error.message}; nothing was changed`, ...error.hints);
    }
  });
  return (key: VaultKey) => plaintexts.map(({ path, data }): Sealed => ({ path, data: seal(key, data) }));
}

async function refuseStaged(git: Git): Promise<void> {
  if (await git.succeeds(["diff", "--cached", "--quiet", "--no-ext-diff"])) return;
  throw new UserError("something is staged, and would become part of the commit", "commit it first: git commit");
}

/** git-crypt's copies of the old key, each encrypted to a person (`.git-crypt/keys/NAME/VERSION/FINGERPRINT.gpg`). */
async function peopleWith(git: Git, keyName: string): Promise<string[]> {
  const listing = await git.raw(["ls-files", "-z", "--", `.git-crypt/keys/${keyName}`]);
  return listing.split("\0").filter((path) => path.endsWith(".gpg"));
}

function fingerprintOf(path: string): string {
  return path.replace(/^.*\/|\.gpg$/g, "");
}

interface Work {
  readonly git: Git;
  readonly root: string;
  readonly common: string;
  readonly files: readonly ProtectedFile[];
  readonly keyName: string;
  readonly people: readonly string[];
  readonly old: VaultKey;
  readonly unlocked: boolean;
}

async function commit(work: Work, key: VaultKey, sealed: readonly Sealed[]): Promise<void> {
  const { git, root, common, keyName, people, unlocked } = work;
  try {
    if (unlocked) saveKey(common, key);
    else await writeFiles(root, sealed);
    await stage(work);
    if (people.length > 0) await git.raw(["rm", "-r", "--quiet", "--", `.git-crypt/keys/${keyName}`]);
    await git.raw(["commit", "--quiet", "--allow-empty", "--file=-"], MESSAGE);
  } catch (error) {
    await undo(work);
    throw error;
  }
  await insist(work, sealed);
}

const MESSAGE = `Seal everything with a new git-crypt key

What the old key opens is what was committed before this. Whoever is to read
what comes after needs the new key.
`;

async function stage({ git, files, unlocked }: Work): Promise<void> {
  if (files.length === 0) return;
  const list = files.map(({ path }) => `:(top,literal)${path}\0`).join("");
  // Unlocked, nothing in the tree changes: git must be told to put it through the filter again.
  const how = unlocked ? ["--renormalize"] : [];
  await git.raw(["add", ...how, "--pathspec-from-file=-", "--pathspec-file-nul"], list);
}

async function undo({ git, root, common, files, people, keyName, old, unlocked }: Work): Promise<void> {
  if (unlocked) saveKey(common, old);
  await git.raw(["read-tree", "HEAD"]);
  if (!unlocked) {
    const blobs = await catBlobs(
      git,
      files.flatMap(({ blob }) => blob ?? []),
    );
    await writeFiles(
      root,
      files.flatMap(({ path, blob }) => {
        const data = blobs.get(blob ?? "");
        return data ? [{ path, data }] : [];
      }),
    );
  }
  await remember(
    git,
    files.map(({ path }) => path),
  );
  if (people.length > 0) await git.raw(["checkout", "--quiet", "HEAD", "--", `.git-crypt/keys/${keyName}`]);
}

/** What was committed is what was meant, byte for byte. */
async function insist({ git }: Work, sealed: readonly Sealed[]): Promise<void> {
  const committed = (await protectedFiles(git)).filter(({ blob }) => blob !== null);
  const now = new Map(committed.map(({ path, blob }) => [path, blob ?? ""]));
  const blobs = await catBlobs(git, now.values());
  const wrong = sealed.find(({ path, data }) => blobs.get(now.get(path) ?? "")?.equals(data) !== true);
  if (wrong) throw new Error(`after rekey ${wrong.path} is not what the new key seals`);
}
