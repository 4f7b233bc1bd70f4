import { isCode, isDisguised, isForeignCode, isUnderPki } from "../model/code.ts";
import { isOfPullRequests, POLICY_FILES, REGISTRY_FILE } from "../model/layout.ts";
import { gitMove, meantPlace } from "../model/misplaced.ts";
import type { Refusal } from "../model/plan.ts";
import { printable } from "../model/printable.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import { signedByNobody, type Unsigned, unsignedRefusals } from "./unsigned.ts";

/** Why a branch may not change a path. */
type Fault = keyof typeof WHY;

export interface Faulty {
  readonly path: string;
  readonly fault: Fault;
}

/** What a branch changes besides the registry, and how it is signed. */
export interface BranchPolicy {
  /** The base and the branch have no commit in common. */
  readonly unrelated: boolean;
  /** Paths that cannot be merged: main and the branch both changed them. */
  readonly conflicts: readonly string[];
  readonly faults: readonly Faulty[];
  /** What is not signed as limits.signed, as carried out before it, asks for; null where nothing is asked for. */
  readonly unsigned: Unsigned | null;
  /** pki/allowed_signers as the change would have it. */
  readonly signers: string;
}

/** A path that a branch changes; `mode` as git has it, null where the branch takes it away. */
interface Changed {
  readonly path: string;
  readonly mode: string | null;
  readonly added: boolean;
}

const ORDINARY = "100644";

/** What a branch may not change. `known`: nested package.json files that the base has. */
export function faultsOf(changed: readonly Changed[], known: ReadonlySet<string>): Faulty[] {
  return changed.flatMap(({ path, mode }) => {
    const fault = faultOf(path, mode, known);
    return fault === null ? [] : [{ path, fault }];
  });
}

function faultOf(path: string, mode: string | null, known: ReadonlySet<string>): Fault | null {
  if (mode !== null && isForeignCode(path, known)) return "foreign";
  if (mode !== null && isDisguised(path)) return "disguised";
  const ours = path === REGISTRY_FILE || isUnderPki(path);
  if (isUnderPki(path) && meantPlace(path) !== null && mode !== null) return "misplaced";
  if (isUnderPki(path) && !isOfPullRequests(path)) return "edited";
  return ours && mode !== null && mode !== ORDINARY ? "irregular" : null;
}

/** What somebody's machine may run, and Markdown that is no ordinary file. */
export function codeOf(changed: readonly Changed[]): CodeChange {
  const ours = (path: string) => path === REGISTRY_FILE || isUnderPki(path);
  const odd = ({ path, mode }: Changed) => mode !== null && mode !== ORDINARY && !ours(path);
  const code = changed.filter((one) => isCode(one.path) || odd(one));
  const paths = (added: boolean) => code.filter((one) => one.added === added).map(({ path }) => path);
  return { known: paths(false), added: paths(true) };
}

/** Code that a branch changes or takes away, and code that it adds: among many new files no changed one may hide. */
export interface CodeChange {
  readonly known: readonly string[];
  readonly added: readonly string[];
}

/** Requests and signatures' public keys that a branch brings or changes. */
export function materialOf(changed: readonly Changed[]): string[] {
  return changed.filter(({ path, mode }) => mode !== null && MATERIAL.test(path)).map(({ path }) => path);
}

const MATERIAL = /^pki\/(?:reqs|signing)\//;

export function policiesOf(changed: readonly Changed[]): string[] {
  return changed.map(({ path }) => path).filter((path) => POLICY_FILES.includes(path));
}

/** `brief`: what is wrong; `way`: and what to do about it on the branch. */
export const WHY = {
  foreign: {
    code: "ForeignCode",
    brief: "is code that npm or set-up would run in place of what package-lock.json names",
    way: "Take it out of the branch: git rm -r --cached, then commit.",
  },
  edited: {
    code: "StateEdited",
    brief: "is changed on this branch; state is written by reconcile on main",
    way: "Take the change out of the branch.",
  },
  spoiled: {
    code: "StateEdited",
    brief: "is as on main now, but a commit of this branch had it otherwise: git keeps that, and main would be doubted",
    way: "Make one commit of the branch as it is now: git fetch && git reset --soft $(git merge-base origin/main HEAD) && git commit && git push --force-with-lease",
  },
  misplaced: {
    code: "StateEdited",
    brief: "looks like a request, and lies where none is read",
    way: "Take it to its place",
  },
  irregular: {
    code: "StateEdited",
    brief: "is a symlink, an executable or a submodule on this branch",
    way: "Put an ordinary file there.",
  },
  converted: {
    code: "StateEdited",
    brief: "would have other bytes in a checkout than git has, by .gitattributes of this branch",
    way: "Take the rule out of the branch.",
  },
  disguised: {
    code: "StateEdited",
    brief: "would take the place of another file where upper and lower case are the same",
    way: "Take it out of the branch.",
  },
} as const satisfies Readonly<
  Record<string, { readonly code: Refusal["code"]; readonly brief: string; readonly way: string }>
>;

const CONFLICT =
  "was changed on both sides since they parted, and git cannot merge it. Merge the base into this branch (git fetch && git merge origin/main), settle what it says in conflict, and push again.";

const UNRELATED: Refusal = {
  code: "MergeConflict",
  message:
    "this branch and the base have no commit in common here, and git cannot merge them. If this clone is shallow, fetch the rest: git fetch --unshallow.",
};

/** So many paths are named one by one: a branch may well hold a whole node_modules. */
const NAMED = 20;

/** Refusals of a change as a whole for what it brings besides its registry; null: clients.yaml cannot be read. */
export function branchRefusals(registry: Registry | null, policy: BranchPolicy, state: State): Refusal[] {
  const unsigned = unsignedRefusals(policy.unsigned);
  const nobody = unsigned.length > 0 || registry === null ? [] : signedByNobody(registry, state, policy.signers);
  const faulty = [...Map.groupBy(policy.faults, ({ fault }) => fault)];
  return [
    ...(policy.unrelated ? [UNRELATED] : []),
    ...each("MergeConflict", policy.conflicts, () => CONFLICT),
    ...faulty.flatMap(([fault, those]) =>
      each(
        WHY[fault].code,
        those.map(({ path }) => path),
        (path) => `${WHY[fault].brief}. ${wayOf(path, fault)}`,
      ),
    ),
    ...unsigned,
    ...nobody,
  ];
}

function wayOf(path: string, fault: Fault): string {
  const meant = meantPlace(path);
  return fault === "misplaced" && meant !== null ? `${WHY[fault].way}: ${gitMove(path, meant)}` : WHY[fault].way;
}

function each(code: Refusal["code"], paths: readonly string[], what: (path: string) => string): Refusal[] {
  const named = paths.slice(0, NAMED).map((path) => ({ code, message: `${printable(path)} ${what(path)}` }));
  const rest = paths.length - named.length;
  const others = { code, message: `${rest} more paths after these are refused for the same reason.` };
  return rest > 0 ? [...named, others] : named;
}
