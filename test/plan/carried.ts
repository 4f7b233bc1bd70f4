import type { Change } from "../../scripts/model/plan.ts";
import type { Planned } from "../../scripts/plan/index.ts";
import { clientOf, crowdOf, DAY, NOW, registryOf, stateOf, withClients } from "../support/plan-builders.ts";
import { inShort } from "../support/plan-one.ts";
import { reconcile } from "../support/plan-simulator.ts";

/** Twelve clients, carried out; c00's certificate is soon to be renewed. */
export const LAST = withClients(registryOf({ clients: crowdOf(12) }), { c00: clientOf({ lifetime: 40 * DAY }) });
export const CARRIED = reconcile(LAST, stateOf(), NOW);
export const SOON = NOW + 10 * DAY;

export const codes = ({ plan }: Planned) => [...new Set(plan.refusals.map(({ code }) => code))];
export const isDecision = (change: Change) => !["crl", "file", "definition"].includes(change.kind);

/** Decisions in short, `crl`, and what is done with pki/registry.yaml. */
export function asked({ plan }: Planned): string[] {
  return plan.changes.flatMap(short);
}

export function done({ applicable }: Planned): string[] | null {
  return applicable?.plan.changes.flatMap(short) ?? null;
}

function short(change: Change): string[] {
  if (change.kind === "file") return change.path === "pki/registry.yaml" ? ["registry"] : [];
  if (change.kind === "crl" || change.kind === "definition") return [change.kind];
  return isDecision(change) ? [inShort(change).replace(/ …./, "")] : [];
}
