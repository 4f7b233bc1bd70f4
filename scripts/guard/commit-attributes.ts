import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Git, openGit } from "../system/git.ts";
import { indexEntries, listTree } from "../system/objects.ts";
import { keyOfDriver } from "../vault/key-directory.ts";
import { converted, filterOf, RULES, type Unprotected, unprotected, wrongRule } from "./attributes.ts";
import { block, type GuardFinding, type Item } from "./finding.ts";
import { isProtected, needsFilter } from "./protected.ts";

/**
 * Whether attributes protect keys in each commit that touches attributes or keys, and in the newest. Only what the
 * commit holds counts, not this clone's own settings: git reads it from an index of its own, in an empty repository
 * beside the objects (git learned `check-attr --source` only in 2.40).
 */
export async function attributesOfCommits(
  git: Git,
  commits: readonly string[],
  tip: string,
  changes: readonly Item[],
): Promise<GuardFinding[]> {
  const newest = await git.resolve(tip);
  const touched = new Set(changes.filter(({ path }) => concerns(path)).map(({ commit }) => commit));
  const chosen = commits.filter((id) => id === newest || touched.has(id));
  if (chosen.length === 0) return [];
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-guard-"));
  try {
    const own = await emptyRepository(git, directory);
    const findings: GuardFinding[] = [];
    for (const commit of chosen) {
      const wrong = await wrongRules(own, git, commit, commit === newest);
      if (wrong === null) continue;
      const item: Item = { mode: "", id: "", path: ".gitattributes", commit, remove: RULES };
      findings.push(block(item, "Attributes", `the rules of this commit do not protect ${wrong.path}: ${wrong.why}`));
    }
    return findings;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Which filter each protected file of a commit has, and its blob: `PATH` to both. */
export async function sealedAt(git: Git, commit: string): Promise<Map<string, { id: string; filter: string }>> {
  const entries = (await listTree(git, commit, "")).filter(({ path }) => isProtected(path));
  const paths = entries.map(({ path }) => path);
  const filters = await ownRepositoryAt(git, commit, (own) => filterOf(own, paths));
  return new Map(entries.map(({ path, id }) => [path, { id, filter: filters.get(path) ?? "" }]));
}

/** Why a checkout of a commit or tree would hold other bytes of its data than git has; null when it would not. */
export function convertedAt(git: Git, tree: string): Promise<Unprotected | null> {
  return ownRepositoryAt(git, tree, async (own) => {
    const listed = await own.raw(["ls-files", "-z", "--", "pki"]);
    const plain = listed.split("\0").filter((path) => path !== "" && !isProtected(path));
    return converted(own, "index", plain);
  });
}

/** Asks an index that holds a commit or tree, in a repository without settings of anybody's. */
async function ownRepositoryAt<T>(git: Git, tree: string, ask: (own: Git) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "gatehouse-guard-"));
  try {
    const own = await emptyRepository(git, directory);
    await own.raw(["read-tree", tree]);
    return await ask(own);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export function isAttributes(path: string): boolean {
  return /(?:^|\/)\.gitattributes$/i.test(path);
}

function concerns(path: string): boolean {
  return isAttributes(path) || isProtected(path);
}

async function emptyRepository(git: Git, directory: string): Promise<Git> {
  const ask = (...args: string[]) => git.raw(["rev-parse", ...args]).then((answer) => answer.trimEnd());
  const objects = process.env["GIT_OBJECT_DIRECTORY"] ?? (await ask("--path-format=absolute", "--git-path", "objects"));
  const format = await ask("--show-object-format");
  await git.raw(["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, join(directory, "git")]);
  return openGit(directory, {
    GIT_DIR: join(directory, "git"),
    GIT_OBJECT_DIRECTORY: objects,
    GIT_INDEX_FILE: join(directory, "index"),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
  });
}

/** An old commit without keys and without rules is history from before there were any; the newest is no such. */
async function wrongRules(own: Git, git: Git, commit: string, isNewest: boolean) {
  await own.raw(["read-tree", commit]);
  const entries = await indexEntries(own);
  const kept = entries.filter(needsFilter).map(({ path }) => path);
  if (entries.length === 0) return null;
  const wrong = await wrongRule(own, "index", kept);
  if (wrong === null || isNewest || kept.length > 0) return wrong;
  const parents = (await git.raw(["rev-list", "--parents", "--max-count=1", commit])).trim().split(" ").slice(1);
  for (const parent of parents) {
    await own.raw(["read-tree", parent]);
    if ((await unprotected(own, "index", [])) === null) return wrong;
  }
  return null;
}

/**
 * Ciphertext where no rule of git-crypt's is: it was moved out of pki/private by `git mv`. It is still a secret to
 * everybody, but the next `git add` stores what the unlocked tree has. `git`: whose index has the rules.
 */
export async function leftVault(git: Git, items: readonly Item[]): Promise<GuardFinding[]> {
  if (items.length === 0) return [];
  const filters = await filterOf(
    git,
    items.map(({ path }) => path),
  );
  const message =
    "is git-crypt's ciphertext in a place that git does not encrypt: the next git add stores it in the clear";
  return items
    .filter(({ path }) => keyOfDriver(filters.get(path) ?? "") === null)
    .map((item) => block(item, "LeftVault", message));
}

/** The same by the rules of a commit. */
export async function leftVaultAt(git: Git, commit: string | null, items: readonly Item[]): Promise<GuardFinding[]> {
  if (items.length === 0 || commit === null) return [];
  return ownRepositoryAt(git, commit, (own) => leftVault(own, items));
}
