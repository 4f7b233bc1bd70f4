import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Edit } from "../../scripts/model/plan.ts";
import type { Client, Registry } from "../../scripts/model/registry.ts";
import { parseDuration, parseInstant } from "../../scripts/model/time.ts";
import { compareRegistries } from "../../scripts/plan/edits.ts";
import { pairUp } from "../../scripts/plan/pairs.ts";
import { planFromJson } from "../../scripts/views/plan/from-json.ts";
import { planJson } from "../../scripts/views/plan/json.ts";
import {
  clientOf,
  DAY,
  groupOf,
  NOW,
  registryOf,
  repositoryOf,
  type Sections,
  serverOf,
  withClients,
} from "../support/plan-builders.ts";
import { registries } from "../support/registries.ts";
import { plan } from "../views/plan/samples.ts";

function compare(before: Registry | null, after: Registry, renames: Readonly<Record<string, string>> = {}) {
  const clients = pairUp(before?.clients ?? new Map<string, Client>(), after.clients, (name) => renames[name] ?? null);
  return compareRegistries(before, after, clients);
}

/** `clients alice expires: null → "2027-…"` */
function inWords({ section, name, field, from, to }: Edit): string {
  return `${section} ${name} ${field}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`;
}

const ALICE = clientOf();
const BEFORE = { clients: { alice: ALICE }, servers: { web: serverOf() } };

describe("an edit is told with both values, as clients.yaml has them", () => {
  const alice = (fields: Partial<Client>): Sections => ({ ...BEFORE, clients: { alice: { ...ALICE, ...fields } } });
  it.each<[sentence: string, after: Sections, expected: string[]]>([
    ["nothing", BEFORE, []],
    ["an end of access", alice({ expires: NOW }), ['clients alice expires: null → "2026-11-21T12:00:00Z"']],
    ["a lifetime", alice({ lifetime: 3650 * DAY }), ['clients alice lifetime: "365d" → "3650d"']],
    ["renew_before", alice({ renewBefore: DAY / 2 }), ['clients alice renew_before: "30d" → "12h"']],
    ["an overlap", alice({ overlap: 5400 }), ['clients alice overlap: null → "90m"']],
    ["a home", alice({ home: "alpha" }), ['clients alice home: null → "alpha"']],
    [
      "a contact",
      alice({ contact: "eve@example.com" }),
      ['clients alice contact: "ops@example.com" → "eve@example.com"'],
    ],
    [
      "a reissue",
      alice({ reissue: { before: NOW, reason: "superseded" } }),
      ['clients alice reissue: null → {"before":"2026-11-21T12:00:00Z","reason":"superseded"}'],
    ],
    ["groups", alice({ groups: ["staff", "readers"] }), ['clients alice groups: ["staff"] → ["readers","staff"]']],
    ["a limit", { ...BEFORE, limits: { lose: 50 } }, ['limits limits lose: "25%" → "50%"']],
    ["the CRL's lifetime", { ...BEFORE, crl: { lifetime: 60 * DAY } }, ['crl crl lifetime: "30d" → "60d"']],
    [
      "a rate",
      { ...BEFORE, servers: { web: serverOf({ rate: { requests: 20, per: "s", burst: 40 } }) } },
      ['servers web rate: null → "20r/s"', "servers web burst: null → 40"],
    ],
    [
      "what reaches everybody, for everybody",
      { ...BEFORE, clients: { alice: { ...ALICE, lifetime: DAY } }, servers: { web: serverOf({ lifetime: DAY }) } },
      ['clients alice lifetime: "365d" → "1d"', 'servers web lifetime: "365d" → "1d"'],
    ],
  ])("%s", (_, after, expected) => {
    expect(compare(registryOf(BEFORE), registryOf(after)).map(inWords)).toEqual(expected);
  });
});

describe("an entry", () => {
  const base = registryOf({ clients: { alice: ALICE } });
  const repositories = { alpha: repositoryOf("alpha"), beta: repositoryOf("beta") };

  it("that comes has each field that says something, from nothing", () => {
    expect(compare(base, withClients(base, { bob: clientOf({ csr: true }) })).map(inWords)).toEqual([
      'clients bob groups: null → ["staff"]',
      "clients bob csr: null → true",
      'clients bob contact: null → "ops@example.com"',
      'clients bob organization: null → "Example"',
      'clients bob key: null → "ec-p256"',
      'clients bob lifetime: null → "365d"',
      'clients bob renew_before: null → "30d"',
    ]);
  });

  it("that goes has the same, to nothing", () => {
    const edits = compare(withClients(base, { bob: clientOf() }), base);
    expect(edits.map(({ name, to }) => [name, to])).toEqual(edits.map(() => ["bob", null]));
    expect(edits.map(({ field }) => field)).toContain("groups");
  });

  it("that says nothing is told of all the same", () => {
    const groups = { staff: groupOf(["alpha"]), readers: groupOf(["beta"]), empty: groupOf([]) };
    const before = registryOf({ groups: { staff: groups.staff, readers: groups.readers }, repositories });
    expect(compare(before, registryOf({ groups, repositories })).map(inWords)).toContain(
      "groups empty repositories: null → []",
    );
  });

  it("that is renamed is compared with itself", () => {
    const after = withClients(base, {
      alice: null,
      "alice-2": { ...ALICE, previously: "alice", contact: "x@example.com" },
    });
    expect(compare(base, after, { "alice-2": "alice" }).map(inWords)).toEqual([
      'clients alice-2 previously: null → "alice"',
      'clients alice-2 contact: "ops@example.com" → "x@example.com"',
    ]);
  });

  it("comes where there is nothing to compare with", () => {
    const sections = new Set(compare(null, base).map(({ section }) => section));
    expect([...sections]).toEqual(["authority", "crl", "limits", "repositories", "groups", "clients"]);
  });
});

test("the order of a set and of the file says nothing", () => {
  const one = registryOf({
    groups: { staff: groupOf(["alpha", "beta"]), readers: groupOf(["beta"]) },
    clients: { alice: clientOf({ groups: ["staff", "readers"] }), bob: clientOf() },
  });
  const other = registryOf({
    groups: { readers: groupOf(["beta"]), staff: groupOf(["beta", "alpha"]) },
    clients: { bob: clientOf(), alice: clientOf({ groups: ["readers", "staff"] }) },
  });
  expect(compare(one, other)).toEqual([]);
});

/** Any one field of any one entry of a registry, and the registry with the field as another has it. */
const changes = fc
  .tuple(registries, registries, fc.nat(), fc.nat())
  .map(([registry, other, which, donor]) => {
    const places = placesOf(registry);
    const place = places[which % places.length];
    const values = placesOf(other).filter((one) => one.section === place?.section && one.field === place.field);
    const value = values[donor % Math.max(values.length, 1)];
    return place === undefined || value === undefined ? null : { registry, place, value: value.value };
  })
  .filter((change) => change !== null)
  .map(({ registry, place, value }) => ({ registry, place, value, after: put(registry, place, value) }));

interface Place {
  readonly section: string;
  /** Null where the section has no entries. */
  readonly entry: string | null;
  readonly field: string;
  readonly value: unknown;
}

/** By what the objects hold: no list of sections, no list of fields. */
function placesOf(registry: Registry): Place[] {
  return Object.entries(registry).flatMap(([section, value]) => {
    const entries: [string | null, object][] = value instanceof Map ? [...value] : [[null, value]];
    return entries.flatMap(([entry, fields]) =>
      Object.entries(fields).map(([field, value]) => ({ section, entry, field, value })),
    );
  });
}

function put(registry: Registry, { section, entry, field }: Place, value: unknown): Registry {
  const replaced = Object.entries(registry).map(([name, there]: [string, unknown]) => {
    if (name !== section) return [name, there];
    if (!(there instanceof Map)) return [name, Object.assign({}, there, { [field]: value })];
    return [name, new Map([...there].map(([key, one]) => [key, key === entry ? { ...one, [field]: value } : one]))];
  });
  return Object.fromEntries(replaced);
}

/** What a value of clients.yaml means, beside the value that the registry has: durations, instants and percentages. */
function means(written: unknown, value: unknown): unknown {
  if (typeof value === "number" && typeof written === "string") {
    if (/^\d+%$/.test(written)) return Number(written.slice(0, -1));
    return /^\d{4}-/.test(written)
      ? parseInstant(written)
      : (parseDuration(written) ?? (/^0/.test(written) ? 0 : null));
  }
  if (typeof value !== "object" || value === null || typeof written !== "object" || written === null) return written;
  if (Array.isArray(value)) return written;
  const fields = new Map<string, unknown>(Object.entries(written));
  // What is left out says nothing.
  const nothing = (one: unknown) => (one === null || one === false ? one : undefined);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, fields.has(key) ? means(fields.get(key), one) : nothing(one)]),
  );
}

const sets = new Set(["groups", "repositories", "services"]);
const asSet = (field: string, value: unknown) => (sets.has(field) && Array.isArray(value) ? value.toSorted() : value);

test("any one field that is changed is told of, alone, with both values, also in JSON and back", () => {
  fc.assert(
    fc.property(changes, ({ registry, place, value, after }) => {
      const edits = compare(registry, after);
      const [was, is] = [asSet(place.field, place.value), asSet(place.field, value)];
      const name = place.entry ?? place.section;
      const field = place.field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (JSON.stringify(was) === JSON.stringify(is)) {
        expect(edits).toEqual([]);
        return;
      }
      expect(edits.length).toBeGreaterThan(0);
      for (const edit of edits) expect(edit).toMatchObject({ section: place.section, name });
      // A rate is two fields in clients.yaml.
      if (field !== "rate") {
        expect(edits).toHaveLength(1);
        const [edit] = edits;
        expect(edit?.field).toBe(field);
        expect(means(edit?.from, was)).toEqual(was ?? null);
        expect(means(edit?.to, is)).toEqual(is ?? null);
      }
      expect(planFromJson(planJson(plan({ edits }))).edits).toEqual(edits);
    }),
    { numRuns: 300 },
  );
});
