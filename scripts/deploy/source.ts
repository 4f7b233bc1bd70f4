import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { Git } from "../system/git.ts";
import type { Vault } from "../vault/vault.ts";

/** The commit that is deployed: read out of git's objects, never out of the working tree. */
export interface Source {
  readonly commit: string;
  /** The committer's time. */
  readonly time: Instant;
  /** First-parent ancestors, newest first. */
  readonly ancestors: readonly string[];
  /** The registry as it was carried out last in this commit. */
  readonly registry: Registry;
  readonly state: State;
  /** Every file below pki/, from the top of the repository. */
  readonly paths: readonly string[];
  /** The bytes of one of them, as git has them: keys are ciphertext. */
  readonly read: (path: string) => Buffer | null;
  readonly vault: Vault;
  /** Paths below pki/ that are not what registry and state of this commit call for. */
  readonly drifted: ReadonlySet<string>;
}

/** As many ancestors as a manifest names: a server that missed more releases than that must be told by hand. */
const MOST_ANCESTORS = 10_000;

/** First-parent ancestors of a commit (a full id), newest first, without itself. */
export async function ancestorsOf(git: Git, commit: string): Promise<string[]> {
  const listing = await git.raw(["rev-list", "--first-parent", `--max-count=${MOST_ANCESTORS + 1}`, commit, "--"]);
  return listing.trim().split("\n").slice(1);
}

/** The committer's time of a commit (a full id). */
export async function timeOf(git: Git, commit: string): Promise<Instant> {
  return Number((await git.raw(["show", "--no-patch", "--no-show-signature", "--format=%ct", commit, "--"])).trim());
}
