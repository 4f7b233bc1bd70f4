import type { UserError } from "../model/problem.ts";
import type { Deploy } from "../model/registry.ts";
import type { Outcome, Release } from "../model/release.ts";
import type { Git } from "../system/git.ts";

/** What is to be done on the server. `check` changes nothing there; `rollback` needs no release. */
export type Task =
  | { readonly word: "install" | "check"; readonly release: Release }
  | { readonly word: "rollback"; readonly release: null };

/** One server, and what a transport may use. */
export interface Errand {
  readonly name: string;
  /** The repository, for a transport that goes through it. */
  readonly git: Git;
  /** Commits that may be behind the one deployed, itself too. */
  readonly lineage: readonly string[];
}

/** An outcome, and what was said on the way: lines of the server, not to be trusted. */
export interface Report extends Outcome {
  readonly narration: string;
}

export type Transport<K extends Deploy["to"]> = (
  deploy: Extract<Deploy, { readonly to: K }>,
  task: Task,
  errand: Errand,
) => Promise<Report>;

/** Nothing was changed on the server, and why. */
export function failed(name: string, error: UserError): Report {
  return { name, release: null, state: "failed", message: [error.message, ...error.hints].join("; "), narration: "" };
}
