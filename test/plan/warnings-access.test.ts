import { describe, expect, it } from "vitest";
import type { Registry } from "../../scripts/model/registry.ts";
import { clientOf, DAY, groupOf, NOW, registryOf, withClients } from "../support/plan-builders.ts";
import { warnings } from "./warnings.ts";

describe("a sensitive group", () => {
  const groups = { staff: groupOf(["alpha"], { sensitive: true }), readers: groupOf(["beta"]) };
  const before = registryOf({
    groups,
    clients: { alice: clientOf(), bob: clientOf({ groups: ["readers"] }), sue: clientOf({ suspended: true }) },
  });
  const regroup = (staff: ReturnType<typeof groupOf>) => ({
    ...before,
    groups: new Map(before.groups).set("staff", staff),
  });
  const alice = "alice (no end; ask ops@example.com)";
  it.each<[sentence: string, after: Registry, expected: string[]]>([
    ["that is as it was is not told of", before, []],
    [
      "that somebody joins is told of, with why, until when, and whom to ask",
      withClients(before, { bob: clientOf({ expires: NOW + DAY, contact: "bob@example.com" }) }),
      ["sensitive group staff (alpha) gains bob (its own line; until 2026-11-22T12:00:00Z; ask bob@example.com)"],
    ],
    [
      "that newcomers join is told of, by name",
      withClients(before, { zoe: clientOf({ contact: null }), carl: clientOf() }),
      ["sensitive group staff (alpha) gains carl (new; no end; ask ops@example.com), zoe (new; no end; no contact)"],
    ],
    [
      "that somebody is let back into is told of",
      withClients(before, { sue: clientOf() }),
      ["sensitive group staff (alpha) gains sue (its own line; no end; ask ops@example.com)"],
    ],
    ["that somebody leaves is not told of", withClients(before, { alice: null }), []],
    [
      "that reaches more is told of, with its clients",
      regroup(groupOf(["alpha", "beta"], { services: ["db"], sensitive: true })),
      [`sensitive group staff (alpha, beta, db) reaches beta, db as well: for ${alice}`],
    ],
    [
      "that reaches more and is to be sensitive no longer is told of",
      regroup(groupOf(["alpha", "beta"])),
      [
        `group staff (alpha, beta) is to be sensitive no longer: for ${alice}`,
        `sensitive group staff (alpha, beta) reaches beta as well: for ${alice}`,
      ],
    ],
    ["that reaches less is not told of", regroup(groupOf([], { sensitive: true })), []],
    [
      "that is sensitive from now on is told of",
      { ...before, groups: new Map(before.groups).set("readers", groupOf(["beta"], { sensitive: true })) },
      ["group readers (beta) becomes sensitive: for bob (no end; ask ops@example.com)"],
    ],
    [
      "that is taken out is told of",
      { ...withClients(before, { alice: null, sue: null }), groups: new Map([["readers", groupOf(["beta"])]]) },
      ["sensitive group staff (alpha) is taken out"],
    ],
    [
      "that is new is told of",
      {
        ...withClients(before, { bob: clientOf({ groups: ["crew"] }) }),
        groups: new Map(before.groups).set("crew", groupOf(["beta"], { sensitive: true })),
      },
      [
        "sensitive group crew (beta) gains bob (its own line; no end; ask ops@example.com)",
        "sensitive group crew (beta) reaches beta as well: it has no other clients",
      ],
    ],
    ["is the only one that is told of", withClients(before, { alice: clientOf({ groups: ["staff", "readers"] }) }), []],
  ])("%s", (_, after, expected) => {
    const told = warnings(before, after).filter((text) => text.startsWith("SensitiveGroup"));
    expect(told).toEqual(expected.map((text) => `SensitiveGroup: ${text}`));
  });

  it("gains nobody by a rename", () => {
    const after = withClients(before, { alice: null, "alice-2": clientOf({ previously: "alice" }) });
    const follow = (client: string) => (client === "alice-2" ? "alice" : null);
    expect(warnings(before, after, {}, {}, follow)).toEqual([]);
  });
});

describe("an entry", () => {
  const ended = clientOf({ expires: NOW - DAY });
  const before = registryOf({ clients: { alice: clientOf(), old: ended } });
  const groups = new Map(before.groups).set("staff", groupOf([]));
  const over = (name: string, at = "2026-11-20T12:00:00Z") =>
    `AlreadyEnded: access has ended already: ${name} (${at}); nothing is issued. Write a later expires, or take the entry out.`;
  const nothing = (who: string) =>
    `ReachesNothing: ${who} in no group that reaches anything. Name a group in clients.yaml, or take the entry out.`;
  it.each<[sentence: string, after: Registry, expected: string[]]>([
    ["that has ended and is as it was is not told of", before, []],
    ["that is new and has ended already is told of", withClients(before, { zoe: ended }), [over("zoe")]],
    [
      "that is edited so that it has ended is told of",
      withClients(before, { alice: clientOf({ expires: NOW }) }),
      [over("alice", "2026-11-21T12:00:00Z")],
    ],
    [
      "that has ended and is edited, in vain, is told of",
      withClients(before, { old: { ...ended, groups: ["readers"] } }),
      [over("old")],
    ],
    [
      "that has ended and inherits another default is not told of",
      withClients(before, { old: { ...ended, lifetime: 5 * DAY, organization: "Other" } }),
      [],
    ],
    [
      "that is new and has no group is told of",
      withClients(before, { zoe: clientOf({ groups: [] }) }),
      [nothing("zoe is")],
    ],
    [
      "that is new and whose groups give nothing is told of",
      { ...withClients(before, { zoe: clientOf() }), groups },
      [nothing("alice, zoe are")],
    ],
    [
      "that is left with nothing is told of",
      withClients(before, { alice: clientOf({ groups: [] }) }),
      [nothing("alice is")],
    ],
    ["that is suspended still has its groups", withClients(before, { alice: clientOf({ suspended: true }) }), []],
    [
      "that is a tombstone asks for nothing",
      withClients(before, { zoe: clientOf({ groups: [], revoked: "unspecified" }) }),
      [],
    ],
  ])("%s", (_, after, expected) => {
    expect(warnings(before, after)).toEqual(expected);
  });
});
