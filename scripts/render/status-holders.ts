import { reach } from "../model/access.ts";
import type { Kind, Registry } from "../model/registry.ts";
import type { Duration, Instant } from "../model/time.ts";

/** An identity as status looks at it, whatever its kind. */
export interface Holder {
  readonly name: string;
  readonly kind: Kind;
  readonly previously: string | null;
  readonly renewBefore: Duration;
  /** Why the registry gives it no certificate, or null when it does. */
  readonly without: "revoked" | "suspended" | "ended" | "external" | null;
  readonly repositories: readonly string[];
  readonly services: readonly string[];
}

/** Every identity of the registry as of one instant, by name, in the order of the file. */
export function holdersOf(registry: Registry, now: Instant): Map<string, Holder> {
  const all = [...clients(registry, now), ...servers(registry), ...signers(registry)];
  return new Map(all.map((holder) => [holder.name, holder]));
}

function clients(registry: Registry, now: Instant): Holder[] {
  return [...registry.clients].map(([name, { revoked, suspended, expires, previously, renewBefore }]) => {
    const ended = expires !== null && expires <= now;
    const without = revoked !== null ? "revoked" : ended ? "ended" : suspended ? "suspended" : null;
    return { name, kind: "client", previously, renewBefore, without, ...reach(registry, name, now) };
  });
}

function servers(registry: Registry): Holder[] {
  return [...registry.servers].map(([name, { certificate, renewBefore, repositories, services }]) => {
    const without = certificate === "issued" ? null : "external";
    return { name, kind: "server", previously: null, renewBefore, without, repositories, services };
  });
}

function signers(registry: Registry): Holder[] {
  return [...registry.signers].map(([name, { repository, renewBefore }]) => {
    const repositories = repository === null ? [] : [repository];
    return { name, kind: "signer", previously: null, renewBefore, without: null, repositories, services: [] };
  });
}
