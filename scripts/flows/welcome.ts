import { formatProblem, UserError } from "../model/problem.ts";
import { isSample, type Registry } from "../model/registry.ts";
import { installFilter } from "../vault/install.ts";
import { openVault } from "../vault/vault.ts";
import { waysIn } from "../vault/way-in.ts";
import { statusOf } from "../views/status/index.ts";
import type { Status } from "../views/status/words.ts";
import { insistOnNoAdoption } from "./adopt/marker.ts";
import { beginAnew, isBeginningAnew } from "./anew.ts";
import { whyNotAnew } from "./anew-reasons.ts";
import { type Ask, create, hasAuthority, nameAuthority } from "./create.ts";
import { exportIsConfirmed } from "./export.ts";
import { loadWorkingTree } from "./load.ts";
import { type Reconciled, type ReconcileOptions, reconcile } from "./reconcile.ts";

export interface WelcomeOptions extends ReconcileOptions {
  /** First take away the authority that there is. */
  readonly anew: boolean;
  /** How to ask for a new authority's name; null where there is nobody to ask. */
  readonly ask: Ask | null;
}

export interface Welcome {
  readonly registry: Registry;
  readonly status: Status;
  /** Null in a locked clone: there is only a status to show. */
  readonly reconciled: Reconciled | null;
  readonly exportConfirmed: boolean;
  /** The sample's name, where the authority has it and it is not too late for another; or null. */
  readonly sample: string | null;
  /** Into a locked clone. */
  readonly ways: readonly string[];
}

/** What npm start does: the authority where there is none, reconcile, and where things stand. Never commits. */
export async function welcome(options: WelcomeOptions, say: (text: string) => void): Promise<Welcome> {
  const { root, now, ask } = options;
  if (options.anew || isBeginningAnew(root)) await beginAnew(root, now, say);
  insistOnNoAdoption(root);
  const locked = openVault(root, process.env).state === "locked";
  if (locked) await installFilter(root);
  if (!locked && !hasAuthority(root)) {
    if (ask !== null) await nameAuthority(root, now, ask, say);
    await create(root, now, say, options.secrets);
  }
  const reconciled = locked ? null : await reconcile(options);
  const { registry, problems, state } = await loadWorkingTree(root, now);
  if (registry === null) throw new UserError("clients.yaml has errors", ...problems.map(formatProblem));
  const anyName = isSample(registry.authority) && (await whyNotAnew(root, state)) === null;
  const sample = anyName ? (state.authority?.subject ?? null) : null;
  const status = statusOf(registry, state, now);
  return { registry, status, reconciled, exportConfirmed: exportIsConfirmed(root), sample, ways: waysIn(root) };
}
