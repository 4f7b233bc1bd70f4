import type { AccessChange, Compromised, Edit, Plan, Revoke } from "../../model/plan.ts";

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
  const { compromised } = plan;
  const edits = Map.groupBy(
    plan.edits.filter(({ section }) => section === "clients"),
    ({ name }) => name,
  );
  const [revoked, held, released] = [revocations(plan), decided(plan, "hold"), decided(plan, "release")];
  const known = new Set(plan.access.map(({ client }) => client));
  // Clients that reached nothing are no difference in access; what is revoked or held is said all the same.
  const silent = (names: Iterable<string>, lossIs: "forever" | "held") =>
    [...names].filter((name) => !known.has(name) && edits.has(name)).map((name) => unmoved(name, lossIs));
  const all = [...plan.access, ...silent(revoked.keys(), "forever"), ...silent(held, "held")];
  const stolen = new Set(compromised.map(({ client }) => client));
  const isGone = ({ lossIs, reissued }: AccessChange) => lossIs === "forever" && reissued === null;
  const isHeld = ({ lossIs }: AccessChange) => lossIs === "held";
  const renamed = all.filter(({ previously }) => previously !== null);
  return {
    gain: all.filter(({ gains }) => gains.length > 0),
    removed: all.filter(isGone),
    suspended: all.filter(isHeld),
    lose: all.filter((one) => one.loses.length > 0 && !isGone(one) && !isHeld(one)),
    renamed,
    reissued: all.filter(({ client, reissued }) => reissued !== null && !stolen.has(client)),
    compromised,
    fresh: freshOf(edits, renamed),
    released,
    edits,
    revoked,
  };
}

function revocations({ changes }: Plan): Map<string, Revoke> {
  const revoked = new Map<string, Revoke>();
  for (const one of changes)
    if (one.kind === "revoke" && one.due === "registry" && FINAL.includes(one.cause)) revoked.set(one.identity, one);
  return revoked;
}

function decided({ changes }: Plan, kind: "hold" | "release"): ReadonlySet<string> {
  return new Set(changes.flatMap((one) => (one.kind === kind && one.due === "registry" ? [one.identity] : [])));
}

function freshOf(edits: People["edits"], renamed: readonly AccessChange[]): ReadonlySet<string> {
  const fresh = new Set([...edits].flatMap(([name, fields]) => (isWhole(fields, "from") ? [name] : [])));
  for (const { client } of renamed) fresh.delete(client);
  return fresh;
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
