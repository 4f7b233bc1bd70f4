import type { Git } from "../system/git.ts";
import { keyOfDriver } from "../vault/key-directory.ts";
import { filterOf } from "./attributes.ts";
import { ownRepositoryAt } from "./commit-attributes.ts";
import { block, type GuardFinding, type Item } from "./finding.ts";

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
