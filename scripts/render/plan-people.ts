import type { AccessChange, Compromised, Edit, Plan, Revoke } from "../model/plan.ts";

/** What happens to a client. Headline and sections are made of the same lists, so that they cannot disagree. */
export interface People {
  readonly gain: readonly AccessChange[];
  /** Their certificates are revoked, and none follows. */
  readonly removed: readonly AccessChange[];
  readonly suspended: readonly AccessChange[];
  /** They lose access otherwise. */
  readonly lose: readonly AccessChange[];
  readonly renamed: readonly AccessChange[];
  /** For another reason than a compromise. */
  readonly reissued: readonly AccessChange[];
  readonly compromised: readonly Compromised[];
  /** Names that clients.yaml did not have before. */
  readonly fresh: ReadonlySet<string>;
  /** Their holds are lifted. */
  readonly released: ReadonlySet<string>;
  /** Of clients, by client. */
  readonly edits: ReadonlyMap<string, readonly Edit[]>;
  /** Why the certificates of the removed are revoked; absent where they have none. */
  readonly revoked: ReadonlyMap<string, Revoke>;
}

/** Causes for which nothing takes the certificate's place. */
const FINAL: readonly Revoke["cause"][] = ["Removed", "Declared", "Expired"];

export function peopleOf(plan: Plan): People {
  const { access, compromised, changes } = plan;
  const edits = Map.groupBy(
    plan.edits.filter(({ section }) => section === "clients"),
    ({ name }) => name,
  );
  const final = changes.filter((one) => one.kind === "revoke" && one.due === "registry" && FINAL.includes(one.cause));
  const revoked = new Map(final.flatMap((one) => (one.kind === "revoke" ? [[one.identity, one] as const] : [])));
  const known = new Set(access.map(({ client }) => client));
  // Clients that reached nothing are no difference in access; what is revoked or held is said all the same.
  const silent = (names: Iterable<string>, lossIs: "forever" | "held") =>
    [...new Set(names)].filter((name) => !known.has(name) && edits.has(name)).map((name) => unmoved(name, lossIs));
  const held = changes.flatMap((one) => (one.kind === "hold" && one.due === "registry" ? [one.identity] : []));
  const released = changes.flatMap((one) => (one.kind === "release" && one.due === "registry" ? [one.identity] : []));
  const all = [...access, ...silent(revoked.keys(), "forever"), ...silent(held, "held")];
  const stolen = new Set(compromised.map(({ client }) => client));
  const renames = new Set(access.flatMap(({ client, previously }) => (previously === null ? [] : [client])));
  const isGone = ({ lossIs, reissued }: AccessChange) => lossIs === "forever" && reissued === null;
  const isHeld = ({ lossIs }: AccessChange) => lossIs === "held";
  return {
    gain: all.filter(({ gains }) => gains.length > 0),
    removed: all.filter(isGone),
    suspended: all.filter(isHeld),
    lose: all.filter((one) => one.loses.length > 0 && !isGone(one) && !isHeld(one)),
    renamed: all.filter(({ previously }) => previously !== null),
    reissued: all.filter(({ client, reissued }) => reissued !== null && !stolen.has(client)),
    compromised,
    fresh: new Set(
      [...edits].flatMap(([name, fields]) => (isWhole(fields, "from") && !renames.has(name) ? [name] : [])),
    ),
    released: new Set(released),
    edits,
    revoked,
  };
}

function unmoved(client: string, lossIs: "forever" | "held"): AccessChange {
  const nothing = { previously: null, oldName: null, gains: [], loses: [], until: null, contact: null, reissued: null };
  return { ...nothing, client, because: { entry: true, groups: [] }, lossIs };
}

/** A field that every entry of a section has: with it the entry itself comes or goes. Groups have no field that can be null. */
const ALWAYS = new Map([
  ["authority", "key"],
  ["crl", "lifetime"],
  ["limits", "lose"],
  ["repositories", "type"],
  ["services", "sni"],
  ["clients", "lifetime"],
  ["servers", "software"],
  ["signers", "lifetime"],
]);

/** Whether an entry, by all its edits, was not there before (`from`), or is not there any more (`to`). */
export function isWhole(edits: readonly Edit[], side: "from" | "to"): boolean {
  const always = ALWAYS.get(edits[0]?.section ?? "");
  return (
    edits.every((edit) => edit[side] === null) && (always === undefined || edits.some(({ field }) => field === always))
  );
}

/** Of clients whose entries go on. */
export function changedEdits({ edits }: People): readonly Edit[] {
  return [...edits.values()].filter((those) => !isWhole(those, "from") && !isWhole(those, "to")).flat();
}
