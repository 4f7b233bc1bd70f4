import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { nearest } from "../model/words.ts";
import { isLive, type Ledger } from "./holdings.ts";
import type { Identity } from "./identity.ts";

/**
 * Why `previously` is no rename although somebody meant one; null when it is one, or when it is merely stale. A name
 * that nobody ever had is likely a typing error: with it one leaves and another comes, and access is cut.
 */
export function whyNoRename(identity: Identity, ledger: Ledger, state: State, now: Instant): string | null {
  const { previously, name } = identity;
  const before = state.carriedOut?.registry;
  if (previously === null || before === undefined || ledger.renamedFrom(identity) !== null) return null;
  const certificates = ledger.ofFormer(identity);
  if (certificates.some((one) => isLive(one, state, now)))
    return `previously: ${previously} is no rename, since its key does not go on: ${previously} leaves, ${name} comes`;
  if (certificates.length > 0 || before.clients.has(previously)) return null;
  const leaving = ledger.orphans.filter((one) => one.kind === identity.kind).map((one) => one.identity);
  const meant = nearest(previously, leaving);
  return `previously: nobody here was ever called ${previously}${meant === null ? "" : `; did you mean ${meant}?`}`;
}
