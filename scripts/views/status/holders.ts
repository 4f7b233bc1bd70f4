import { reach } from "../../model/access.ts";
import type { Kind, Registry } from "../../model/registry.ts";
import type { Instant } from "../../model/time.ts";
import type { Ledger } from "../../plan/holdings.ts";
import { type Identity, identitiesOf } from "../../plan/identity.ts";

/** Who stands in the registry, whatever its kind. */
export interface Holder {
  readonly name: string;
  readonly kind: Kind;
  /** What its certificates are judged by; null for a server that brings its own. */
  readonly identity: Identity | null;
}

/** Everybody in the registry, each kind in the order of the file. */
export function holdersOf(registry: Registry): Holder[] {
  const identities = identitiesOf(registry);
  const names = (kind: Kind, section: ReadonlyMap<string, unknown>) =>
    [...section.keys()].map((name) => ({ name, kind, identity: identities.get(name) ?? null }));
  return [
    ...names("client", registry.clients),
    ...names("server", registry.servers),
    ...names("signer", registry.signers),
  ];
}

export interface Reached {
  readonly repositories: readonly string[];
  readonly services: readonly string[];
}

const NOTHING: Reached = { repositories: [], services: [] };

/** What a client may reach, a server serves, a signer signs, by this registry; nothing for a name that it has not. */
export function reachedBy(registry: Registry | null, kind: Kind, name: string, now: Instant): Reached {
  if (registry === null) return NOTHING;
  if (kind === "client") return reach(registry, name, now);
  if (kind === "server") return registry.servers.get(name) ?? NOTHING;
  const repository = registry.signers.get(name)?.repository ?? null;
  return repository === null ? NOTHING : { repositories: [repository], services: [] };
}

/** The name that the registry in force knows it by: a rename that is not carried out yet has changed nothing. */
export function nameInForce({ name, identity }: Holder, inForce: Registry | null, ledger: Ledger): string {
  const former = identity === null ? null : ledger.renamedFrom(identity);
  return former !== null && inForce?.clients.has(name) === false ? former : name;
}
