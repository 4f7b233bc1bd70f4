import fc from "fast-check";
import type { AccessChange, Change, Compromised, Edit, EditValue, Plan } from "../../../scripts/model/plan.ts";
import { arrival, departure, edit } from "./fleets.ts";
import { difference, plan, SERIAL } from "./samples.ts";

/** Whatever a field of clients.yaml may hold; every leaf is a word that is found again in a page. */
const word = fc.stringMatching(/^[a-z][a-z0-9@.-]{2,12}$/);
const leaf: fc.Arbitrary<EditValue> = fc.oneof(word, fc.integer({ min: 100, max: 999_999 }), fc.boolean());
const value: fc.Arbitrary<EditValue> = fc.oneof(
  leaf,
  fc.constant(null),
  fc.array(word, { maxLength: 3 }),
  fc.dictionary(word, leaf, { minKeys: 1, maxKeys: 2 }),
);
const field = fc.oneof(
  fc.constantFrom("expires", "home", "contact", "renew_before"),
  fc.stringMatching(/^[a-z_]{3,12}$/),
);

interface Told {
  readonly access: readonly AccessChange[];
  readonly edits: readonly Edit[];
  readonly changes: readonly Change[];
  readonly compromised: readonly Compromised[];
}

type Fate = (client: string, targets: readonly string[], traits: Traits) => Told;
type Traits = Pick<AccessChange, "until" | "contact">;

const told = (parts: Partial<Told>): Told => ({ access: [], edits: [], changes: [], compromised: [], ...parts });
const issue = (identity: string): Change => {
  const how = { profile: "client", reason: "Missing", key: "managed", fingerprint: null, message: "none" } as const;
  return { kind: "issue", due: "registry", identity, ...how };
};
const revoke = (identity: string, cause: "Removed" | "Declared" | "Expired"): Change => {
  const why = { serial: SERIAL, reason: "cessationOfOperation", cause, message: "over" } as const;
  return { kind: "revoke", due: "registry", identity, ...why };
};
const [A, B] = [edit("", "groups", ["a1"], ["b1"]), edit("", "suspended", false, true)];

/** What can happen to a client, as the planner tells it. */
const FATES: readonly Fate[] = [
  (client, gains, traits) => {
    const fields = { groups: ["g"], contact: traits.contact };
    return told({
      access: [difference(client, gains, [], traits)],
      edits: arrival(client, fields),
      changes: [issue(client)],
    });
  },
  (client, gains, traits) => told({ access: [difference(client, gains, [], traits)], edits: [{ ...A, name: client }] }),
  (client, gains, traits) =>
    told({ access: [difference(client, gains, [], { ...traits, because: { entry: false, groups: ["g"] } })] }),
  (client, loses, traits) =>
    told({ access: [difference(client, [], loses, { ...traits, because: { entry: false, groups: ["g", "h"] } })] }),
  (client, loses, traits) =>
    told({ access: [difference(client, ["other"], loses, traits)], edits: [{ ...A, name: client }] }),
  (client, loses, traits) => {
    const access = [difference(client, [], loses, { ...traits, lossIs: "forever" })];
    return told({ access, edits: departure(client, { groups: ["g"] }), changes: [revoke(client, "Removed")] });
  },
  (client) => told({ edits: [edit(client, "revoked", null, "superseded")], changes: [revoke(client, "Declared")] }),
  (client, loses, traits) => {
    const access = [difference(client, [], loses, { ...traits, lossIs: "held" })];
    return told({ access, edits: [{ ...B, name: client }] });
  },
  (client, _, traits) => {
    const oldName = { until: 1_800_000_000, sameKey: true };
    return told({ access: [difference(client, [], [], { ...traits, previously: `was-${client}`, oldName })] });
  },
  (client, _, traits) => told({ access: [difference(client, [], [], { ...traits, reissued: "superseded" })] }),
  (client, _, { contact, until }) => {
    const access = [difference(client, [], [], { contact, until, reissued: "keyCompromise" })];
    return told({ access, compromised: [{ client, contact, before: 1_795_000_000, lockedOut: until === null }] });
  },
];

const traits: fc.Arbitrary<Traits> = fc.record({
  until: fc.constantFrom(null, null, 1_800_000_000, 1_900_000_000),
  contact: fc.constantFrom(null, "ops@example.com", "hr@example.com", "a b"),
});
const targets = fc.constantFrom(["r1"], ["r1", "r2"], ["r3"]);
const person = fc.record({ fate: fc.constantFrom(...FATES), targets, traits });

/** Fields of entries that go on, of clients and of everything else. */
const edits = fc.uniqueArray(
  fc.record({
    section: fc.constantFrom("clients", "clients", "clients", "groups", "repositories", "limits", "servers"),
    name: fc.constantFrom("e1", "e2", "e3"),
    field,
    from: value,
    to: value,
  }),
  { maxLength: 12, selector: ({ section, name, field: one }) => `${section} ${name} ${one}` },
);
/** One change of a field that reaches many. */
const everybody = fc.record({ field, from: value, to: value, many: fc.integer({ min: 0, max: 40 }) });

/** Plans as the planner might make them: every client with one fate, entries that are edited, changes that reach many. */
export const plans: fc.Arbitrary<Plan> = fc
  .record({
    people: fc.array(person, { maxLength: 60 }),
    edits,
    everybody,
    base: fc.constantFrom(null, "4f1c2ab0".repeat(5)),
  })
  .map(({ people, edits: some, everybody: { many, ...same }, base }) => {
    const all = people.map(({ fate, targets, traits: one }, index) => fate(`cl-${index}`, targets, one));
    const reaching = Array.from({ length: many }, (_, index) => ({ section: "clients", name: `ev-${index}`, ...same }));
    const differing = [...some, ...reaching].filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
    return plan({
      base,
      access: all.flatMap(({ access }) => access),
      changes: all.flatMap(({ changes }) => changes),
      compromised: all.flatMap(({ compromised }) => compromised),
      edits: [...all.flatMap(({ edits: own }) => own), ...differing],
    });
  });
