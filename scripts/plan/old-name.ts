import type { OldName } from "../model/plan.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { Decisions } from "./decide.ts";
import { endOfSuccessor } from "./issue-reasons.ts";
import { overlapOf } from "./revoke-causes.ts";

/**
 * What becomes of the former name of a client that is renamed. Its certificates go on under the new name until they
 * end, unless this plan revokes or holds them; with an overlap, until that is over.
 */
export function oldNameOf(client: string, decisions: Decisions, state: State, now: Instant): OldName {
  const identity = decisions.identities.get(client);
  if (identity === undefined || identity.revoked !== null) return { until: null, sameKey: false };
  const { csr, suspended, expires } = identity;
  const former = decisions.ledger.of(identity).live.filter((one) => one.identity !== client);
  const stopped = new Set<string>();
  for (const one of decisions.list) if (one.kind === "revoke" || one.kind === "hold") stopped.add(one.serial);
  const replaced = decisions.list.some((one) => one.kind === "issue" && one.identity === client);
  const successor = { notAfter: endOfSuccessor(identity, state, now) };
  let until: Instant | null = null;
  for (const one of former) {
    const overlap = replaced ? overlapOf(identity, one, successor) : null;
    const end = Math.min(one.notAfter, expires ?? one.notAfter, overlap === null ? one.notAfter : now + overlap);
    if (stopped.has(one.serial) || suspended || end <= now) continue;
    until = Math.max(until ?? 0, end);
  }
  const request = state.requests.get(client);
  const sameKey = csr && request?.ok === true && former.some((one) => one.fingerprint === request.fingerprint);
  return { until, sameKey };
}
