import type { Instant } from "../model/time.ts";

/** The one clock: whole seconds, cut off, never rounded up into the future. */
export function now(): Instant {
  return Math.floor(Date.now() / 1000);
}
