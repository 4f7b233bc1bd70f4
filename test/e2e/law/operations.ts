import fc from "fast-check";
import { EDIT_KINDS, type Edit } from "./edits.ts";

/** How a merge commit's tree comes about. `conflict`: git's own merge; where that conflicts, ours. */
const MERGES = ["git", "ours", "theirs", "registry", "state", "squash", "octopus", "forward"] as const;
export type Merge = (typeof MERGES)[number];

const SHAPES = ["rename", "symlink", "executable", "submodule", "remove", "directory"] as const;
type Shape = (typeof SHAPES)[number];

const STATE_EDITS = [
  "dropRevocation",
  "dropHold",
  "restore",
  "restoreRegistry",
  "dropCertificate",
  "addRevocation",
  "addHold",
  "editRegistry",
  "editMap",
  "editCrl",
  "stray",
] as const;
type StateEdit = (typeof STATE_EDITS)[number];

/** Committer's date: the day it is, long ago, or years ahead. */
export type When = 0 | 1 | 2;

/** `back`: a second commit takes it back. `on`, `into`: 0 is main, 1 to 3 are branches. `commit`: counted back from the newest. */
export type Operation =
  | { readonly do: "branch"; readonly on: number; readonly commit: number }
  | { readonly do: "orphan"; readonly on: number; readonly edit: Edit }
  | { readonly do: "edit"; readonly on: number; readonly edit: Edit; readonly when: When }
  | { readonly do: "prose"; readonly on: number; readonly when: When; readonly text: number }
  | { readonly do: "code"; readonly on: number; readonly which: number; readonly text: number }
  | { readonly do: "shape"; readonly on: number; readonly path: number; readonly shape: Shape }
  | {
      readonly do: "state";
      readonly on: number;
      readonly edit: StateEdit;
      readonly which: number;
      readonly back: boolean;
    }
  | { readonly do: "merge"; readonly into: number; readonly commit: number; readonly how: Merge; readonly when: When }
  | { readonly do: "land"; readonly from: number; readonly how: Merge; readonly when: When }
  | { readonly do: "update"; readonly on: number; readonly how: Merge; readonly when: When }
  | { readonly do: "cross"; readonly on: number; readonly how: Merge; readonly main: Merge; readonly when: When }
  | { readonly do: "pick"; readonly on: number; readonly commit: number; readonly backwards: boolean }
  | { readonly do: "rebase"; readonly on: number }
  | { readonly do: "checkout"; readonly on: number; readonly commit: number }
  | { readonly do: "carryOut"; readonly days: number };

/** `forward`: where a branch is linear and begins at main's tip; else it is merged. */
const WAYS = ["merge", "squash", "rebase", "forward"] as const;
export type Way = (typeof WAYS)[number];

export interface Story {
  readonly operations: readonly Operation[];
  /** Main is carried out at the end, so that nothing waits there when the plan is asked for. */
  readonly settled: boolean;
  /** What the branch that is reviewed changes besides, in its last commit. */
  readonly last: readonly Edit[];
  /** What main changes meanwhile. */
  readonly meanwhile: readonly Edit[];
  /** Which branch is reviewed, how a forge merges it, and how many days after the last run on main. */
  readonly review: number;
  readonly way: Way;
  readonly days: number;
}

const branch = fc.constantFrom(1, 1, 1, 2, 2, 3);
const anywhere = fc.constantFrom(1, 1, 1, 2, 2, 0);
const small = fc.nat({ max: 15 });
const commit = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 24 }));
const when: fc.Arbitrary<When> = fc.constantFrom(0, 0, 0, 1, 2);
const how = fc.constantFrom<Merge>("git", "git", "git", ...MERGES);
/** Each kind, and what is done most days more often. */
const kind = fc.constantFrom(...EDIT_KINDS, ...(["client", "client", "client", "group", "addClient"] as const));
const edit: fc.Arbitrary<Edit> = fc.record({ kind, entry: small, field: small, value: small });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("branch"), on: branch, commit }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant("edit"), on: anywhere, edit, when }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("prose"), on: anywhere, when, text: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("code"), on: branch, which: small, text: small }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("shape"), on: branch, path: small, shape: fc.constantFrom(...SHAPES) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("state"),
      on: branch,
      // What history keeps of an edit that is taken back, and what nothing but review sees, shows with these.
      edit: fc.constantFrom(...STATE_EDITS, "addRevocation", "addRevocation", "editRegistry", "dropHold"),
      which: small,
      back: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("merge"), into: branch, commit, how, when }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("land"), from: branch, how, when }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("update"), on: branch, how, when }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cross"), on: branch, how, main: how, when }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pick"), on: branch, commit, backwards: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rebase"), on: branch }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("checkout"), on: branch, commit }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("carryOut"), days: fc.constantFrom(0, 1, 1, 3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("orphan"), on: branch, edit }) },
);

export const stories: fc.Arbitrary<Story> = fc.record({
  operations: fc.array(operation, { minLength: 1, maxLength: 12, size: "max" }),
  settled: fc.constantFrom(true, true, true, false),
  last: fc.array(edit, { maxLength: 3, size: "max" }),
  meanwhile: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(edit, { minLength: 1, maxLength: 2 }) },
  ),
  review: branch,
  way: fc.constantFrom<Way>("merge", "merge", "squash", "rebase", "forward"),
  days: fc.constantFrom(0, 0, 0, 0, 0, 20, 340),
});
