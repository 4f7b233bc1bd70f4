import { CA_CERTIFICATE, CRL_FILE } from "../model/layout.ts";
import type { Finding, Problem } from "../model/problem.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { Policy } from "../plan/index.ts";
import type { Git } from "../system/git.ts";
import { catFew } from "../system/objects.ts";
import type { Vault } from "../vault/vault.ts";
import type { Entry } from "./entries.ts";
import type { History } from "./history.ts";
import type { Restore } from "./restore.ts";

/** What the checks look at: one repository, read once. */
export interface CheckInput {
  readonly root: string;
  readonly now: Instant;
  /** False with `--now`. */
  readonly checkClock: boolean;
  /** Gatehouse's version. */
  readonly version: string;
  /** Bytes of a regular file below pki/; null for everything else. */
  readonly read: (path: string) => Buffer | null;
  /** Everything below pki/, leftovers of killed runs included. */
  readonly entries: readonly Entry[];
  /** Null when clients.yaml cannot be read; `problems` says why. */
  readonly registry: Registry | null;
  readonly problems: readonly Problem[];
  readonly state: State;
  readonly vault: Vault;
  readonly git: Git;
  /** What was committed before: HEAD, or of a commit that is looked at, its base; null before the first. */
  readonly head: string | null;
  readonly history: History;
  readonly restore: Restore;
  /** Files as `head` has them. */
  readonly committed: Committed;
  readonly signatures: Pick<Policy, "unsigned" | "signers">;
}

/** A finding that makes check exit 1. `fix`: a command for sh, at the top of the repository. */
export function block(code: string, path: string, message: string, fix: string | null): Finding {
  return { code, level: "block", path, message, fix };
}

export function warn(code: string, path: string, message: string, fix: string | null): Finding {
  return { code, level: "warn", path, message, fix };
}

export const RECONCILE = "npm run reconcile";

/** Files that must be as they were committed, or newer. */
const COMPARED = [CA_CERTIFICATE, CRL_FILE] as const;

/** A file as it is stored in what was committed before; null where that has none. */
export type Committed = (path: (typeof COMPARED)[number]) => Promise<Buffer | null>;

/** Reads them together, when the first is asked for. `head`: a full id; null before the first commit. */
export function committedIn(git: Git, head: string | null): Committed {
  let files: Promise<Map<string, Buffer>> | undefined;
  return async (path) => {
    if (head === null) return null;
    files ??= catFew(git, head, COMPARED);
    return (await files).get(path) ?? null;
  };
}
