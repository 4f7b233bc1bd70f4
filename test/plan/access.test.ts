import { describe, expect, it, test } from "vitest";
import type { AccessChange, Decision } from "../../scripts/model/plan.ts";
import type { Client, Registry } from "../../scripts/model/registry.ts";
import { compareAccess } from "../../scripts/plan/access.ts";
import { pairUp } from "../../scripts/plan/pairs.ts";
import { clientOf, DAY, groupOf, NOW, registryOf, withClients } from "../support/plan-builders.ts";
import { difference } from "../views/plan/samples.ts";

const BASE = registryOf({ clients: { alice: clientOf(), bob: clientOf({ groups: ["readers"] }) } });
const OLD_NAME = { until: NOW + DAY, sameKey: true };

function compare(
  before: Registry | null,
  after: Registry,
  renamedFrom: (client: string) => string | null = () => null,
  decisions: readonly Decision[] = [],
): AccessChange[] {
  const clients = pairUp(before?.clients ?? new Map(), after.clients, renamedFrom);
  return compareAccess({ before, after, clients, decisions, oldName: () => OLD_NAME, now: NOW });
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
    const because = { entry: false, groups: ["readers"] };
    const { contact } = clientOf();
    expect(compare(BASE, { ...BASE, groups })).toEqual([
      difference("bob", ["postgres"], ["beta"], { because, contact }),
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
    const { contact } = clientOf();
    expect(compare(BASE, after, follow)).toEqual([
      difference("alice-2", [], [], { previously: "alice", oldName: OLD_NAME, contact }),
    ]);
  });

  test("with another group is compared with what the old name reached", () => {
    const narrower = withClients(after, { "alice-2": clientOf({ groups: ["readers"] }) });
    expect(compare(BASE, narrower, follow)).toMatchObject([{ previously: "alice", gains: [], loses: ["alpha"] }]);
  });

  test("that is none takes from one and gives to another", () => {
    expect(compare(BASE, after)).toMatchObject([
      { client: "alice", loses: ["alpha", "beta"] },
      { client: "alice-2", previously: null, gains: ["alpha", "beta"] },
    ]);
  });

  test("that was carried out is no longer told", () => {
    expect(compare(after, after, follow)).toEqual([]);
  });
});

describe("a loss is", () => {
  it.each<[lossIs: AccessChange["lossIs"], who: string, change: Client | null]>([
    ["forever", "who leaves", null],
    ["forever", "a tombstone", clientOf({ revoked: "privilegeWithdrawn" })],
    ["forever", "whose access is to have ended", clientOf({ expires: NOW })],
    ["forever", "who is suspended and has ended, too", clientOf({ expires: NOW, suspended: true })],
    ["held", "who is suspended", clientOf({ suspended: true })],
    [null, "who keeps the rest", clientOf({ groups: ["readers"] })],
  ])("%s for %s", (lossIs, _, change) => {
    expect(compare(BASE, withClients(BASE, { alice: change }))).toMatchObject([{ client: "alice", lossIs }]);
  });

  it("nothing for who only gains", () => {
    expect(compare(BASE, withClients(BASE, { bob: clientOf() }))).toMatchObject([{ lossIs: null }]);
  });
});

describe("beside a difference stand", () => {
  it.each<[sentence: string, change: Client | null, expected: Partial<AccessChange>]>([
    [
      "the end of access and whom to ask",
      clientOf({ groups: ["readers", "staff"], expires: NOW + DAY, contact: "new@example.com" }),
      { until: NOW + DAY, contact: "new@example.com" },
    ],
    ["both as they were, of who leaves", null, { until: NOW + 9 * DAY, contact: "bob@example.com" }],
    [
      "whom to ask as it was, of a tombstone without a contact",
      clientOf({ revoked: "unspecified", contact: null }),
      { until: null, contact: "bob@example.com" },
    ],
  ])("%s", (_, change, expected) => {
    const bob = clientOf({ groups: ["readers"], expires: NOW + 9 * DAY, contact: "bob@example.com" });
    const before = withClients(BASE, { bob });
    expect(compare(before, withClients(before, { bob: change }))).toMatchObject([expected]);
  });
});

test("who is reissued is told of, with the reason, though nothing is gained or lost", () => {
  const reissue = { kind: "revoke", due: "registry", identity: "bob", serial: "5F", message: "" } as const;
  const decisions: Decision[] = [{ ...reissue, reason: "superseded", cause: "Reissued" }];
  const { contact } = clientOf();
  const expected = [difference("bob", [], [], { reissued: "superseded", contact })];
  expect(compare(BASE, BASE, undefined, decisions)).toEqual(expected);
});
