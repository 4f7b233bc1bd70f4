import { describe, expect, it, test } from "vitest";
import type { AccessChange } from "../../scripts/model/plan.ts";
import type { Client, Registry } from "../../scripts/model/registry.ts";
import { compareAccess } from "../../scripts/plan/access.ts";
import { clientOf, DAY, groupOf, NOW, registryOf, withClients } from "../support/plan-builders.ts";

const BASE = registryOf({ clients: { alice: clientOf(), bob: clientOf({ groups: ["readers"] }) } });
const nobody = () => null;

function compare(before: Registry | null, after: Registry): AccessChange[] {
  return compareAccess(before, after, nobody, NOW);
}

describe("access changes", () => {
  it.each<
    [sentence: string, change: Readonly<Record<string, Client | null>>, expected: readonly Partial<AccessChange>[]]
  >([
    ["not at all when nothing does", {}, []],
    ["for who comes", { carol: clientOf() }, [{ client: "carol", gains: ["alpha", "beta"], loses: [] }]],
    ["for who leaves", { alice: null }, [{ client: "alice", gains: [], loses: ["alpha", "beta"] }]],
    ["for who is suspended", { bob: clientOf({ suspended: true }) }, [{ client: "bob", gains: [], loses: ["beta"] }]],
    [
      "for who becomes a tombstone",
      { bob: clientOf({ revoked: "unspecified" }) },
      [{ client: "bob", loses: ["beta"] }],
    ],
    ["for who moves to another group", { bob: clientOf() }, [{ client: "bob", gains: ["alpha"], loses: [] }]],
    [
      "for whose access is to end in this second",
      { bob: clientOf({ expires: NOW }) },
      [{ client: "bob", loses: ["beta"] }],
    ],
    ["not for whose access ends later", { bob: clientOf({ groups: ["readers"], expires: NOW + 1 }) }, []],
    ["not for who comes without a group", { carol: clientOf({ groups: [] }) }, []],
    [
      "by name, whatever the order of the file",
      { zoe: clientOf(), aaron: clientOf(), alice: null },
      [{ client: "aaron" }, { client: "alice" }, { client: "zoe" }],
    ],
  ])("%s", (_, change, expected) => {
    const changes = compare(BASE, withClients(BASE, change));
    expect(changes).toMatchObject(expected);
    expect(changes).toHaveLength(expected.length);
  });

  it("for everybody in a group that changes, services by their names too", () => {
    const groups = new Map(BASE.groups).set("readers", groupOf([], { services: ["postgres"] }));
    expect(compare(BASE, { ...BASE, groups })).toEqual([
      { client: "bob", previously: null, gains: ["postgres"], loses: ["beta"] },
    ]);
  });

  it("for everybody when there is nothing to compare with", () => {
    expect(compare(null, BASE).map((one) => [one.client, one.loses])).toEqual([
      ["alice", []],
      ["bob", []],
    ]);
  });

  it("by the registry alone: what time took away on both sides is no difference", () => {
    const ended = withClients(BASE, { bob: clientOf({ groups: ["readers"], expires: NOW - DAY }) });
    expect(compare(ended, withClients(ended, { bob: null }))).toEqual([]);
  });
});

describe("a rename", () => {
  const after = withClients(BASE, { alice: null, "alice-2": clientOf({ previously: "alice" }) });
  const follow = (name: string) => (name === "alice-2" ? "alice" : null);

  test("is told once, and takes nothing away", () => {
    expect(compareAccess(BASE, after, follow, NOW)).toEqual([
      { client: "alice-2", previously: "alice", gains: [], loses: [] },
    ]);
  });

  test("with another group is compared with what the old name reached", () => {
    const narrower = withClients(after, { "alice-2": clientOf({ groups: ["readers"] }) });
    expect(compareAccess(BASE, narrower, follow, NOW)).toMatchObject([
      { previously: "alice", gains: [], loses: ["alpha"] },
    ]);
  });

  test("that is none takes from one and gives to another", () => {
    expect(compare(BASE, after)).toMatchObject([
      { client: "alice", loses: ["alpha", "beta"] },
      { client: "alice-2", previously: null, gains: ["alpha", "beta"] },
    ]);
  });

  test("that was carried out is no longer told", () => {
    expect(compareAccess(after, after, follow, NOW)).toEqual([]);
  });
});
