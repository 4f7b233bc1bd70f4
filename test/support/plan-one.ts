import type { Decision } from "../../scripts/model/plan.ts";
import type { Client, Registry } from "../../scripts/model/registry.ts";
import type { Instant } from "../../scripts/model/time.ts";
import { decide } from "../../scripts/plan/decide.ts";
import { clientOf, type Facts, NOW, registryOf, stateOf } from "./plan-builders.ts";

/** What is decided in a registry whose only client is alice. */
export function aboutAlice(fields: Partial<Client>, facts: Facts, now: Instant = NOW): readonly Decision[] {
  return decided(registryOf({ clients: { alice: clientOf(fields) } }), facts, now);
}

export function decided(registry: Registry, facts: Facts, now: Instant = NOW): readonly Decision[] {
  return decide(registry, stateOf(facts), now).list;
}

/** `issue Missing`, `renew`, `revoke Removed cessationOfOperation`, `hold`, with who and which serial's last digit. */
export function inShort(decision: Decision): string {
  if (decision.kind === "issue") return `issue ${decision.identity} ${decision.reason}`;
  const serial = `…${decision.serial.slice(-1)}`;
  if (decision.kind === "revoke") return `revoke ${decision.identity} ${serial} ${decision.cause} ${decision.reason}`;
  return `${decision.kind} ${decision.identity} ${serial}`;
}
