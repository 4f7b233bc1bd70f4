import { isDeepStrictEqual } from "node:util";
import type { Files } from "./objects.ts";
import type { Reading } from "./reading.ts";

/** One way in which a plan did not say what happened. */
export type Lie = string;

/** Main, read at three points. */
export interface Happened {
  /** As it was when the plan was asked for. */
  readonly before: Reading;
  /** As it would be at that instant without the branch: what time and what waited on main do by themselves. */
  readonly unchanged: Reading;
  /** With the branch, carried out. */
  readonly after: Reading;
  /** Trees: main's tip, the merged one, and what reconcile made of it. */
  readonly base: Files;
  readonly merged: Files;
  readonly carriedOut: Files;
}

export function unlike(what: string, said: unknown, happened: unknown): Lie[] {
  if (isDeepStrictEqual(said, happened)) return [];
  return [`${what}: the plan says ${JSON.stringify(said)}, what happens is ${JSON.stringify(happened)}`];
}
