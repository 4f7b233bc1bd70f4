import type { Refusal } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import { printable } from "../render/printable.ts";
import { signedByNobody, type Unsigned, unsignedRefusals } from "./unsigned.ts";

/** What a branch changes besides the registry, and how it is signed. */
export interface BranchPolicy {
  /** Paths that cannot be merged: main and the branch both changed them. */
  readonly conflicts: readonly string[];
  /** Paths that set-up or npm would believe, and that the base does not have: node_modules/, npm-shrinkwrap.json, … */
  readonly foreignCode: readonly string[];
  /** Paths under pki/ that a branch changed and may not. */
  readonly stateEdited: readonly string[];
  /** What is not signed as limits.signed, as carried out before it, asks for; null where nothing is asked for. */
  readonly unsigned: Unsigned | null;
  /** pki/allowed_signers as the change would have it. */
  readonly signers: string;
}

/** So many paths are named one by one: a branch may well hold a whole node_modules. */
const NAMED = 20;

/** Refusals of a change as a whole for what it brings besides its registry; null: clients.yaml cannot be read. */
export function branchRefusals(registry: Registry | null, policy: BranchPolicy, state: State): Refusal[] {
  const unsigned = unsignedRefusals(policy.unsigned);
  const nobody = unsigned.length > 0 || registry === null ? [] : signedByNobody(registry, state, policy.signers);
  return [
    ...each("MergeConflict", policy.conflicts, CONFLICT),
    ...each("ForeignCode", policy.foreignCode, FOREIGN),
    ...each("StateEdited", policy.stateEdited, EDITED),
    ...unsigned,
    ...nobody,
  ];
}

const CONFLICT =
  "was changed on both sides since they parted, and git cannot merge it. Merge the base into this branch (git fetch && git merge origin/main), settle what it says in conflict, and push again.";
const FOREIGN =
  "is code that npm or set-up would run in place of what package-lock.json names. Take it out of the branch: git rm -r --cached, then commit.";
const EDITED = "is changed on this branch; state is written by reconcile on main. Take the change out of the branch.";

function each(code: Refusal["code"], paths: readonly string[], what: string): Refusal[] {
  const named = paths.slice(0, NAMED).map((path) => ({ code, message: `${printable(path)} ${what}` }));
  const rest = paths.length - named.length;
  const others = { code, message: `${rest} more paths after these are refused for the same reason.` };
  return rest > 0 ? [...named, others] : named;
}
