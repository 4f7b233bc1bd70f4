import { DIR } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { checkAttributes } from "../system/attributes.ts";
import type { Git } from "../system/git.ts";
import { indexEntries } from "../system/objects.ts";
import { DEFAULT_NAME, keyOfDriver } from "./key-directory.ts";

/** A file that one of git-crypt's drivers protects, anywhere in the repository. */
export interface ProtectedFile {
  readonly path: string;
  /** Name of the key that seals it; `default` for git-crypt's default key. */
  readonly keyName: string;
  /** The blob in the index; null for a file that git does not know yet. */
  readonly blob: string | null;
}

/**
 * The protected files of a working tree: what the index holds, and below pki/private also what it does not. Where
 * attributes leave a key unprotected, as in a stranger's branch, it must not come to lie in the clear: throws
 * UserError, unless they are asked for (`include`) to be sealed.
 */
export async function protectedFiles(
  git: Git,
  unprotectedOnes: "refuse" | "include" = "refuse",
): Promise<ProtectedFile[]> {
  const [staged, others] = await Promise.all([
    indexEntries(git),
    git.raw(["ls-files", "--others", "-z", "--", DIR.private]),
  ]);
  const blobs = new Map<string, string | null>();
  for (const { mode, id, path } of staged) if (mode.startsWith("100")) blobs.set(path, id);
  for (const path of others.split("\0")) if (path !== "") blobs.set(path, null);
  const keys = await filterKeys(git, [...blobs.keys()]);
  return [...blobs].flatMap(([path, blob]): ProtectedFile[] => {
    const keyName = keys.get(path);
    if (keyName !== undefined) return [{ path, keyName, blob }];
    if (!path.startsWith(`${DIR.private}/`) || path.endsWith("/.gitattributes")) return [];
    if (unprotectedOnes === "refuse") throw unprotected(path);
    return [{ path, keyName: DEFAULT_NAME, blob }];
  });
}

/** Path → name of the key that seals it, by the attributes that are checked out; others are left out. */
export async function filterKeys(git: Git, paths: readonly string[]): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  for (const [path, [driver = ""]] of await checkAttributes(git, "working tree", ["filter"], paths)) {
    const name = keyOfDriver(driver);
    if (name !== null) keys.set(path, name);
  }
  return keys;
}

function unprotected(path: string): UserError {
  return new UserError(
    `the attributes here do not protect ${path}: git would store it in the clear`,
    "see which rule says so: git check-attr filter -- pki/private/x.key",
    "to look at somebody's branch, do not check it out: npm run plan -- --head BRANCH",
  );
}

/** The working trees that share this repository, this one first. */
export async function workingTrees(git: Git): Promise<string[]> {
  const listing = await git.raw(["worktree", "list", "--porcelain"]);
  const all = listing.split("\n\n").flatMap((entry) => {
    const path = /^worktree (.+)$/m.exec(entry)?.[1];
    return path === undefined || /^(?:bare|prunable)\b/m.test(entry) ? [] : [path];
  });
  const own = await git.topLevel();
  return [own, ...all.filter((path) => path !== own)];
}

/**
 * Tells git that files are as it holds them, in their other form: it takes a file of another size for a changed one,
 * without a look at what its filter makes of it.
 */
export async function remember(git: Git, paths: readonly string[]): Promise<void> {
  if (paths.length > 0) await git.raw(["update-index", "-z", "--stdin"], paths.map((path) => `${path}\0`).join(""));
}
