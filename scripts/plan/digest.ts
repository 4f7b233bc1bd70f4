import { createHash } from "node:crypto";
import { canonicalRegistry } from "../model/canonical.ts";
import type { Decision } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";

/**
 * SHA-256 over the registry in canonical form and the decisions about certificates without their messages: the same
 * for the same registry and state, whatever base it is compared with, and as long as time itself decides nothing.
 */
export function digestOf(registry: Registry | null, decisions: readonly Decision[]): string {
  const hash = createHash("sha256").update(registry === null ? "" : canonicalRegistry(registry));
  for (const decision of decisions) {
    const { message: _, ...rest } = decision;
    const fields = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1));
    hash.update(`${JSON.stringify(fields)}\n`);
  }
  return `sha256:${hash.digest("hex")}`;
}
