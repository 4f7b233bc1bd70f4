import { chmodSync, existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { DIR } from "../model/layout.ts";
import { printable } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { overwriteFiles, writeFiles } from "../system/files.ts";
import { type Git, openGit } from "../system/git.ts";
import { headOf } from "../system/head.ts";
import { withLock } from "../system/lock.ts";
import { runProgram } from "../system/programs.ts";
import { installFilter } from "../vault/install.ts";
import { nameOf, parseNamed } from "../vault/key-directory.ts";
import { keyFingerprint, type VaultKey } from "../vault/key-file.ts";
import { environmentKeys, type Keyring, repositoryKeys } from "../vault/key-source.ts";
import { saveKey, shelve, shelved } from "../vault/key-store.ts";
import { type OpenedTree, openTree } from "../vault/opened-tree.ts";
import { isKeyOf, openedBranch, rekeyAfter } from "../vault/proof.ts";
import { remember, workingTrees } from "../vault/protected-files.ts";
import { unlockCommand, waysIn } from "../vault/way-in.ts";

export interface UnlockOptions {
  readonly root: string;
  /** A file that git-crypt export-key wrote, or null. */
  readonly keyFile: string | null;
}

export interface Unlocked {
  /** Files that were ciphertext and are plaintext now. */
  readonly opened: number;
  /** Names of the keys that files here want and that are not here. */
  readonly missing: readonly string[];
  /** Linked worktrees that were left as they are, and why. */
  readonly left: readonly string[];
}

/**
 * Puts the keys where git's filter finds them, and plaintext into the tree, linked worktrees too. Everything is
 * opened before anything is changed: with a wrong key, nothing is. A run that was killed is finished by the next.
 */
export async function unlock({ root, keyFile }: UnlockOptions): Promise<Unlocked> {
  const common = commonDirectory(root);
  return withLock(common, "unlock", async () => {
    const own = repositoryKeys(root);
    const given = givenKeys(common, keyFile);
    const git = openGit(root);
    const proof = await prover(git);
    if (given.size === 0 && own.size === 0) await askGitCrypt(root);
    const fresh = await freshKeys(proof, own, given);
    const keys = new Map([...repositoryKeys(root), ...fresh]);
    for (const key of keys.values()) await proof(key);
    const [, ...others] = await workingTrees(git);
    const trees = [await openTree(root, keys)];
    const left: string[] = [];
    for (const other of others) await openOther(other, keys, trees, left);
    for (const key of fresh.values()) {
      const before = own.get(nameOf(key));
      if (before) shelve(common, "former", before);
      saveKey(common, key);
    }
    await installFilter(root);
    for (const tree of trees) await writePlaintext(tree);
    for (const file of shelved(common, "unsaved").keys()) rmSync(file);
    const missing = new Set(trees.flatMap((tree) => tree.missing));
    return { opened: trees.reduce((sum, tree) => sum + tree.plaintexts.length, 0), missing: [...missing], left };
  });
}

/** What is wrong with one linked worktree, such as a stranger's attributes, is no reason to leave the others locked. */
async function openOther(
  root: string,
  keys: ReadonlyMap<string, VaultKey>,
  trees: OpenedTree[],
  left: string[],
): Promise<void> {
  try {
    trees.push(await openTree(root, keys));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    left.push(`${root}: ${error.message}`);
  }
}

/** From the file, the environment, or what lock put aside because nobody had saved it. */
function givenKeys(common: string, keyFile: string | null): Map<string, VaultKey> {
  const given = [...environmentKeys(process.env).values()];
  if (keyFile !== null) given.unshift(parseNamed(keyFile, readKeyFile(keyFile)));
  else if (given.length === 0) given.push(...shelved(common, "unsaved").values());
  return new Map(given.toReversed().map((key) => [nameOf(key), key]));
}

function readKeyFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new UserError(`${file} cannot be read`, "name the file that git-crypt export-key wrote");
  }
}

/** Keys that are encrypted to people under .git-crypt/ are git-crypt's and GnuPG's business. */
async function askGitCrypt(root: string): Promise<void> {
  const ways = waysIn(root).filter((way) => !way.startsWith("for one command"));
  if (unlockCommand(root) !== "npm run unlock") throw new UserError("no key is given", ...ways);
  const { exitCode, stderr } = await runProgram("git-crypt", ["unlock"], { cwd: root });
  if (exitCode === 0) return;
  throw new UserError(`git-crypt unlock failed: ${stderr.trim()}`, ...ways);
}

/**
 * The given keys that are not in the repository yet. One of the same name as another takes its place only where it
 * opens what git holds and the other does not: so it is after somebody else's rekey.
 */
async function freshKeys(proof: Proof, own: Keyring, given: Keyring): Promise<Map<string, VaultKey>> {
  const fresh = new Map<string, VaultKey>();
  for (const [name, key] of given) {
    const proven = await proof(key);
    const present = own.get(name);
    if (present === undefined) fresh.set(name, key);
    else if (keyFingerprint(present) === keyFingerprint(key)) continue;
    else if (!proven)
      throw new UserError("this clone is unlocked with another key, and nothing in git tells which is right");
    else if (!(await proof(present, "may be former"))) fresh.set(name, key);
  }
  return fresh;
}

/**
 * Whether a key sealed what git holds; null where nothing is sealed yet. Throws UserError where it did not, and says
 * whose it is: nothing must be sealed with a strange key. Of a key that is here already and may be a former one, that
 * is only an answer.
 */
type Proof = (key: VaultKey, standing?: "may be former") => Promise<boolean | null>;

async function prover(git: Git): Promise<Proof> {
  const found = await headOf(git);
  const head = found.kind === "commit" ? found.id : null;
  return async (key, standing) => {
    const proven = await isKeyOf(git, head, key);
    if (proven !== false || standing !== undefined) return proven;
    throw new UserError(`this git-crypt key does not open what git holds: ${await whose(git, head, key)}`, ...PRESENT);
  };
}

async function whose(git: Git, head: string | null, key: VaultKey): Promise<string> {
  const rekey = head === null ? null : await rekeyAfter(git, head, key);
  if (rekey !== null) {
    const { commit, author, date } = rekey;
    return `it is from before commit ${commit.slice(0, 12)} (${printable(author)}, ${date}), which sealed everything anew`;
  }
  const branch = await openedBranch(git, key);
  if (branch !== null) return `it is the key of ${printable(branch)}, which is not what is checked out`;
  return "it is another repository's; it opens nothing in this one's history either";
}

const PRESENT = [
  "nothing was changed; ask for the present key: in a clone that is unlocked, git-crypt export-key FILE",
  "then here: npm run unlock -- --key-file FILE",
];

async function writePlaintext({ root, plaintexts }: OpenedTree): Promise<void> {
  if (plaintexts.length === 0) return;
  const directories = new Set(plaintexts.map(({ path }) => dirname(path)));
  // Closed to others before there is anything to read.
  for (const directory of [DIR.private, ...directories]) {
    if (`${directory}/`.startsWith(`${DIR.private}/`) && existsSync(join(root, directory))) {
      chmodSync(join(root, directory), 0o700);
    }
  }
  const stored = plaintexts.filter((file) => file.stored);
  overwriteFiles(root, stored);
  // What is not in git yet exists nowhere else.
  await writeFiles(
    root,
    plaintexts.filter((file) => !file.stored),
  );
  await remember(
    openGit(root),
    stored.map(({ path }) => path),
  );
}
