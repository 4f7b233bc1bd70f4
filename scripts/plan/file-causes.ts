import type { DerivedFile } from "../model/derived.ts";
import type { FileChange } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { Decisions } from "./decide.ts";
import { derivedFiles, digestOf, strayFiles } from "./files.ts";

/** What registry, state and instant call for. */
export interface Called {
  readonly wanted: ReadonlyMap<string, DerivedFile>;
  readonly strays: ReadonlySet<string>;
}

export function calledFor(
  registry: Registry,
  state: State,
  now: Instant,
  version: string,
  known: Decisions | null = null,
): Called {
  const wanted = new Map(derivedFiles(registry, state, now, version, known).map((file) => [file.path, file]));
  return { wanted, strays: new Set(strayFiles(registry, state, now)) };
}

export interface FileCauses {
  /** As found. */
  readonly state: State;
  /** What the plan calls for. */
  readonly called: Called;
  /** What was carried out calls for, as of now and as of when something was signed last; made when it is needed. */
  readonly carriedOut: readonly (() => Called)[];
  /** What the base alone calls for; null where more than time goes on. */
  readonly alone: () => Called | null;
}

/**
 * Says of each file whether it was edited by hand, and whether it would be written although nothing were changed:
 * nothing but what the base's registry alone would write in the same words is due by time.
 */
export function explainFiles(changes: readonly FileChange[], causes: FileCauses): FileChange[] {
  if (changes.length === 0) return [];
  const edited = editedAmong(changes, causes);
  const alone = causes.alone();
  return changes.map((change) => {
    const { path, reason } = change;
    if (edited.has(path)) return editedByHand(change);
    return alone !== null && reason !== "Upgraded" && isAlike(path, causes.called, alone)
      ? { ...change, due: "time" }
      : change;
  });
}

export function editedByHand(change: FileChange): FileChange {
  return { ...change, byHand: true, message: BY_HAND[change.reason] };
}

const BY_HAND: { readonly [R in FileChange["reason"]]: string } = {
  Missing: "was carried out and is gone: deleted by hand, or a run was cut short",
  Drifted: "is not as it was carried out: edited by hand, or a run was cut short",
  Stray: "was put there by hand, or left by a run that was cut short; nothing calls for it",
  Upgraded: "is not as it was carried out",
};

/** What was right when it was carried out, or became right since, is not edited. */
function editedAmong(changes: readonly FileChange[], { state, carriedOut }: FileCauses): Set<string> {
  let edited = changes.filter(({ reason }) => reason !== "Upgraded").map(({ path }) => path);
  for (const make of carriedOut) {
    if (edited.length === 0) break;
    const called = make();
    edited = edited.filter((path) => !isRight(path, called, state));
  }
  return new Set(edited);
}

function isRight(path: string, { wanted, strays }: Called, state: State): boolean {
  const file = wanted.get(path);
  if (file === undefined) return !strays.has(path);
  const there = state.files.get(path);
  return there !== undefined && there === digestOf(file, state);
}

function isAlike(path: string, a: Called, b: Called): boolean {
  const [one, other] = [a.wanted.get(path), b.wanted.get(path)];
  if (one === undefined || other === undefined) return one === other && a.strays.has(path) && b.strays.has(path);
  if ("text" in one) return "text" in other && one.text === other.text;
  return "copyOf" in other && one.copyOf === other.copyOf;
}
