import type { Compromised } from "../model/plan.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Decisions } from "./decide.ts";

/**
 * Clients whose certificates this plan revokes for keyCompromise, by a tombstone or a reissue. `lockedOut`: of the
 * certificates that it has, none stays valid. One that is issued in this very plan does not count, not even for a
 * sound request that came with the change: the client is out until somebody installs it there.
 */
export function compromisedOf(
  before: Registry | null,
  after: Registry,
  { list, identities, ledger }: Decisions,
  state: State,
): Compromised[] {
  const clients = new Set<string>();
  const stopped = new Set<string>(state.holds.keys());
  for (const one of list) {
    if (one.kind === "revoke" || one.kind === "hold") stopped.add(one.serial);
    if (one.kind === "release") stopped.delete(one.serial);
    if (one.kind !== "revoke" || one.reason !== "keyCompromise") continue;
    if (identities.get(one.identity)?.kind === "client") clients.add(one.identity);
  }
  return [...clients].sort().map((client) => {
    const identity = identities.get(client);
    const live = identity === undefined ? [] : ledger.of(identity).live;
    return {
      client,
      contact: after.clients.get(client)?.contact ?? before?.clients.get(client)?.contact ?? null,
      before: identity?.reissue?.before ?? null,
      lockedOut: live.every(({ serial }) => stopped.has(serial)),
    };
  });
}
