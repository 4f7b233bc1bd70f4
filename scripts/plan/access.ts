import type { AccessChange, Decision, OldName } from "../model/plan.ts";
import type { Client, Reason, Registry } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import { becauseOf, changedGroups, type Sides, targets } from "./because.ts";
import type { Pair } from "./pairs.ts";

export interface AccessInput {
  readonly before: Registry | null;
  readonly after: Registry;
  /** Every client as it was beside itself as it is. */
  readonly clients: readonly Pair<Client>[];
  readonly decisions: readonly Decision[];
  /** What becomes of the former name of a client that is renamed. */
  readonly oldName: (client: string) => OldName;
  readonly now: Instant;
}

/**
 * Who gains and who loses which repositories and services, who is renamed and who is reissued. Both registries are
 * looked at as of one instant, so that what time alone takes away is no difference. Sorted by client.
 */
export function compareAccess(input: AccessInput): AccessChange[] {
  const { before, after, clients, decisions, oldName, now } = input;
  const reissued = reissuedOf(decisions);
  const groups = { before: before?.groups ?? NONE, after: after.groups };
  const changed = changedGroups(groups.before, groups.after);
  const changes: AccessChange[] = [];
  for (const { name, previously, was, is, same } of clients) {
    const reason = reissued.get(name) ?? null;
    // There are tens of thousands of clients, and most are as they were.
    if (same && reason === null && !is?.groups.some((group) => changed.has(group))) continue;
    const sides = { was, is, ...groups, now };
    const difference = differenceOf(sides);
    if (difference.gains.length + difference.loses.length === 0 && previously === null && reason === null) continue;
    changes.push({
      client: name,
      previously,
      oldName: previously === null ? null : oldName(name),
      ...difference,
      because: becauseOf(sides, difference.gains, difference.loses),
      until: (is ?? was)?.expires ?? null,
      // A tombstone often has no contact any more, and somebody must be asked all the same.
      contact: is?.contact ?? was?.contact ?? null,
      lossIs: difference.loses.length === 0 ? null : permanence(is, now),
      reissued: reason,
    });
  }
  return changes.sort((a, b) => (a.client < b.client ? -1 : 1));
}

const NONE: Registry["groups"] = new Map();

/** Client → why its older certificates are revoked and a new key or bundle is needed. */
function reissuedOf(decisions: readonly Decision[]): Map<string, Reason> {
  const reissued = new Map<string, Reason>();
  for (const one of decisions)
    if (one.kind === "revoke" && one.cause === "Reissued") reissued.set(one.identity, one.reason);
  return reissued;
}

function differenceOf({ was, is, before, after, now }: Sides): Pick<AccessChange, "gains" | "loses"> {
  const [had, has] = [targets(was, before, now), targets(is, after, now)];
  return {
    gains: [...has].filter((name) => !had.has(name)).sort(),
    loses: [...had].filter((name) => !has.has(name)).sort(),
  };
}

function permanence(is: Client | undefined, now: Instant): AccessChange["lossIs"] {
  if (is === undefined || is.revoked !== null || (is.expires !== null && is.expires <= now)) return "forever";
  return is.suspended ? "held" : null;
}
