import type { Problem } from "../model/problem.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { BranchPolicy, CodeChange } from "./branch.ts";

/** What judges a plan besides registry and state. */
export interface Policy extends BranchPolicy {
  /** `--allow-losses` */
  readonly allowLosses: number | null;
  /** False with `--now`. */
  readonly checkClock: boolean;
  readonly codeChanged: CodeChange;
  readonly policyChanged: readonly string[];
  /** Requests and signatures' public keys that a branch brings or changes. */
  readonly material: readonly string[];
}

export const NO_POLICY: Policy = {
  allowLosses: null,
  checkClock: true,
  unrelated: false,
  conflicts: [],
  faults: [],
  codeChanged: { known: [], added: [] },
  policyChanged: [],
  material: [],
  unsigned: null,
  signers: "",
};

/** What a change is compared with. */
export interface Base {
  /** Null where it has no clients.yaml, or one that cannot be read. */
  readonly registry: Registry | null;
  /** A full commit id. */
  readonly commit: string;
}

export interface PlanInput {
  /** Null when clients.yaml cannot be read; `problems` says why. */
  readonly registry: Registry | null;
  readonly problems: readonly Problem[];
  /** What access and definitions are compared with; undefined: the registry as last carried out. */
  readonly base?: Base;
  readonly state: State;
  readonly now: Instant;
  readonly version: string;
  readonly policy: Policy;
}
