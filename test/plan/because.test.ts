import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { reach } from "../../scripts/model/access.ts";
import type { Because } from "../../scripts/model/plan.ts";
import type { Client, Group, Registry } from "../../scripts/model/registry.ts";
import { compareAccess } from "../../scripts/plan/access.ts";
import { pairUp } from "../../scripts/plan/pairs.ts";
import { clientOf, groupOf, NOW, registryOf, withClients } from "../support/plan-builders.ts";

function changeOf(before: Registry, after: Registry) {
  const clients = pairUp(before.clients, after.clients, () => null);
  const oldName = () => ({ until: null, sameKey: false });
  return compareAccess({ before, after, clients, decisions: [], oldName, now: NOW });
}

const BASE = registryOf({
  groups: { field: groupOf(["alpha"]), office: groupOf(["beta"]), lab: groupOf(["alpha", "beta"]) },
  clients: { alice: clientOf({ groups: ["field"] }) },
});

function withGroups(registry: Registry, changes: Readonly<Record<string, Group>>): Registry {
  return { ...registry, groups: new Map([...registry.groups, ...Object.entries(changes)]) };
}

describe("a difference comes", () => {
  const both = withClients(BASE, { alice: clientOf({ groups: ["field", "lab"] }) });
  it.each<[sentence: string, before: Registry, after: Registry, because: Because]>([
    [
      "from its own line, where it joins a group",
      BASE,
      withClients(BASE, { alice: clientOf({ groups: ["field", "office"] }) }),
      { entry: true, groups: [] },
    ],
    [
      "from its own line, where it is suspended",
      BASE,
      withClients(BASE, { alice: clientOf({ groups: ["field"], suspended: true }) }),
      { entry: true, groups: [] },
    ],
    ["from its own line, where it leaves", BASE, withClients(BASE, { alice: null }), { entry: true, groups: [] }],
    [
      "from the group that gives more",
      BASE,
      withGroups(BASE, { field: groupOf(["alpha", "beta"]), office: groupOf([]) }),
      { entry: false, groups: ["field"] },
    ],
    [
      "from the group that gives less",
      BASE,
      withGroups(BASE, { field: groupOf([]) }),
      { entry: false, groups: ["field"] },
    ],
    [
      "from both groups, where both gave it",
      both,
      withGroups(both, { field: groupOf([]), lab: groupOf(["beta"]) }),
      { entry: false, groups: ["field", "lab"] },
    ],
    [
      "from both, where it joins a group that is new",
      BASE,
      withClients(withGroups(BASE, { crew: groupOf(["beta"]) }), { alice: clientOf({ groups: ["field", "crew"] }) }),
      { entry: true, groups: ["crew"] },
    ],
    [
      "from both, where it leaves one group and the other gives it no more",
      both,
      withClients(withGroups(both, { lab: groupOf(["beta"]) }), { alice: clientOf({ groups: ["lab"] }) }),
      { entry: true, groups: ["lab"] },
    ],
    [
      "from both, where either would do",
      BASE,
      withClients(withGroups(BASE, { field: groupOf([]) }), { alice: null }),
      { entry: true, groups: ["field"] },
    ],
    [
      "from its own line alone, whatever becomes of groups that give it nothing of this",
      BASE,
      withClients(withGroups(BASE, { lab: groupOf(["alpha"]) }), { alice: clientOf({ groups: ["field", "office"] }) }),
      { entry: true, groups: [] },
    ],
  ])("%s", (_, before, after, because) => {
    expect(changeOf(before, after)).toMatchObject([{ client: "alice", because }]);
  });
});

const names = ["field", "lab", "office"] as const;
const group = fc.subarray(["alpha", "beta", "gamma"]).map((repositories) => groupOf(repositories));
const entry: fc.Arbitrary<Client | null> = fc.option(
  fc
    .record({ groups: fc.subarray([...names]), suspended: fc.boolean(), expires: fc.constantFrom(null, NOW) })
    .map(clientOf),
  { freq: 5 },
);
const worlds = fc
  .record({ field: group, lab: group, office: group, alice: entry })
  .map(({ alice, ...groups }) => registryOf({ groups, clients: alice === null ? {} : { alice } }));

/** What alice reaches by one world's entry and another's groups. */
function reached(entry: Registry, groups: Registry): ReadonlySet<string> {
  return new Set(reach({ ...entry, groups: groups.groups }, "alice", NOW).repositories);
}

test("each change alone is tried: what brings a difference about is named, and nothing else", () => {
  fc.assert(
    fc.property(worlds, worlds, (before, after) => {
      const [change] = changeOf(before, after);
      const [was, is] = [reached(before, before), reached(after, after)];
      expect(change?.gains ?? []).toEqual([...is].filter((name) => !was.has(name)).sort());
      expect(change?.loses ?? []).toEqual([...was].filter((name) => !is.has(name)).sort());
      if (change === undefined) return;
      const causes = [...change.gains, ...change.loses].map((name) => {
        const wanted = is.has(name);
        const byEntry = reached(after, before).has(name) === wanted;
        const byGroups = reached(before, after).has(name) === wanted;
        return { entry: byEntry || !byGroups, groups: byGroups || !byEntry };
      });
      expect(change.because.entry).toBe(causes.some((cause) => cause.entry));
      expect(change.because.groups.length > 0).toBe(causes.some((cause) => cause.groups));
      for (const name of change.because.groups) {
        const [had, has] = [before, after].map(({ groups }) => groups.get(name)?.repositories ?? []);
        const gives = change.gains.some((target) => has?.includes(target) && !had?.includes(target));
        const takes = change.loses.some((target) => had?.includes(target) && !has?.includes(target));
        expect(gives || takes).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
