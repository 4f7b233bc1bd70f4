import { describe, expect, it, test } from "vitest";
import type { Registry } from "../../scripts/model/registry.ts";
import { compareAccess } from "../../scripts/plan/access.ts";
import { decide } from "../../scripts/plan/decide.ts";
import { pairUp } from "../../scripts/plan/pairs.ts";
import { type WarningInput, warningsOf } from "../../scripts/plan/warnings.ts";
import {
  authorityOf,
  certificateOf,
  clientOf,
  crlOf,
  DAY,
  type Facts,
  fingerprintOf,
  groupOf,
  NOW,
  registryOf,
  requestOf,
  revocationOf,
  serialOf,
  stateOf,
  VERSION,
  withClients,
} from "../support/plan-builders.ts";

function warnings(
  before: Registry | null,
  after: Registry,
  facts: Facts = {},
  more: Partial<WarningInput> = {},
  renamedFrom: (client: string) => string | null = () => null,
): string[] {
  const state = stateOf(facts);
  const decisions = decide(after, state, NOW);
  const clients = pairUp(before?.clients ?? new Map(), after.clients, renamedFrom);
  const oldName = () => ({ until: null, sameKey: false });
  const access = compareAccess({ before, after, clients, decisions: decisions.list, oldName, now: NOW });
  const none = { codeChanged: { known: [], added: [] }, policyChanged: [], material: [], version: VERSION };
  return warningsOf({ before, after, clients, access, state, now: NOW, decisions, ...none, ...more }).map(
    ({ code, message }) => `${code}: ${message}`,
  );
}

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

describe("keys", () => {
  const one = registryOf({ clients: { alice: clientOf() } });
  const own = registryOf({ clients: { alice: clientOf({ csr: true }) } });
  const gone = { certificates: [certificateOf()], revocations: [revocationOf(serialOf(1))] };
  const requested = certificateOf({ key: "request", fingerprint: fingerprintOf("k1") });
  it.each<[sentence: string, registry: Registry, facts: Facts, expected: string[]]>([
    ["of a new name are not told of", one, {}, []],
    [
      "of a name that was removed and comes back are told of",
      one,
      gone,
      [
        `NameReused: alice had certificates before, the last for ${fingerprintOf(serialOf(1))}, revoked; now for a new key, made here`,
      ],
    ],
    [
      "of a name that comes back with a request are told of, with both fingerprints",
      own,
      { ...gone, requests: { alice: requestOf("k2") } },
      [
        `NameReused: alice had certificates before, the last for ${fingerprintOf(serialOf(1))}, revoked; now for ${fingerprintOf("k2")}`,
      ],
    ],
    [
      "of a name whose certificates ended are not told of",
      one,
      { certificates: [certificateOf({ notAfter: NOW - 1 })] },
      [],
    ],
    [
      "that were superseded are not told of",
      one,
      { ...gone, revocations: [revocationOf(serialOf(1), { cause: "Superseded" })] },
      [],
    ],
    [
      "of a name that passes to somebody else, whose former holder took the keys along, are told of",
      registryOf({ clients: { alice: clientOf(), "alice-2": clientOf() } }),
      {
        certificates: [certificateOf(), certificateOf({ identity: "alice-2", serial: serialOf(2), issued: NOW - DAY })],
        carriedOut: registryOf({ clients: { "alice-2": clientOf({ previously: "alice" }) } }),
      },
      [
        `NameReused: alice had certificates before, the last for ${fingerprintOf(serialOf(1))}, revoked; now for a new key, made here`,
      ],
    ],
    [
      "in a request that was replaced are told of",
      own,
      { certificates: [requested], requests: { alice: requestOf("k2") } },
      [
        `RequestReplaced: alice: the request has another key: ${fingerprintOf("k1")} before, ${fingerprintOf("k2")} now`,
      ],
    ],
    [
      "in a request that was replaced are told of, also where a reissue stands that was gone through",
      registryOf({ clients: { alice: clientOf({ csr: true, reissue: { before: 5, reason: "keyCompromise" } }) } }),
      { certificates: [{ ...requested, reissue: 5 }], requests: { alice: requestOf("k2") } },
      [
        `RequestReplaced: alice: the request has another key: ${fingerprintOf("k1")} before, ${fingerprintOf("k2")} now`,
      ],
    ],
    [
      "in a request that stays are not told of",
      own,
      { certificates: [requested], requests: { alice: requestOf("k1", ["subjectAltName"]) } },
      [],
    ],
    [
      "in a request that asks for more are told of when they are certified",
      own,
      { requests: { alice: requestOf("k1", ["subjectAltName", "basicConstraints"]) } },
      [
        "RequestExtensionsIgnored: alice: only the public key is taken from the request, not subjectAltName, basicConstraints",
      ],
    ],
  ])("%s", (_, registry, facts, expected) => {
    expect(warnings(registry, registry, facts)).toEqual(expected);
  });
});

test("newcomers without a contact are told of; tombstones and those who were there before are not", () => {
  const silent = clientOf({ contact: null });
  const before = registryOf({ clients: { old: silent } });
  const after = registryOf({
    clients: { zoe: silent, old: silent, amy: silent, dead: clientOf({ contact: null, revoked: "unspecified" }) },
  });
  expect(warnings(before, after)).toEqual(["NoContact: no contact is given for amy, zoe"]);
});

describe("a change of", () => {
  const before = registryOf();
  const judged = "changes; this plan is judged by what was carried out last";
  it.each<[sentence: string, expected: string[], after: Registry, more?: Partial<WarningInput>, facts?: Facts]>([
    ["limits.lose", [`PolicyChanged: limits ${judged}`], registryOf({ limits: { lose: 99 } })],
    ["limits.signed", [`PolicyChanged: limits ${judged}`], registryOf({ limits: { signed: true } })],
    ["limits.allow is none of policy", [], registryOf({ limits: { allow: { lose: 1, until: NOW } } })],
    [
      "policy files",
      [`PolicyChanged: pki/allowed_signers ${judged}`],
      before,
      { policyChanged: ["pki/allowed_signers"] },
    ],
    [
      "what runs",
      ["CodeChanged: this branch changes what runs: scripts/plan.ts"],
      before,
      { codeChanged: { known: ["scripts/plan.ts"], added: [] } },
    ],
    [
      "Gatehouse itself",
      ["Upgraded: Gatehouse 0.9 carried this out last, this is 1.2.3"],
      before,
      {},
      { carriedOut: before, version: "0.9" },
    ],
    ["nothing", [], before, {}, { carriedOut: before }],
  ])("%s", (_, expected, after, more, facts) => {
    expect(warnings(before, after, facts, more)).toEqual(expected);
  });
});

describe("time", () => {
  const registry = registryOf({ clients: { alice: clientOf({ suspended: true }) } });
  const crl = crlOf({ nextUpdate: NOW + 7.5 * DAY });
  it.each<[sentence: string, expected: string[], facts: Facts]>([
    [
      "tells of an authority that ends before the longest certificate would",
      ["AuthorityEnding"],
      { authority: authorityOf({ notAfter: NOW + 365 * DAY - 1 }) },
    ],
    ["does not a second earlier", [], { authority: authorityOf({ notAfter: NOW + 365 * DAY }) }],
    ["tells of a CRL whose renewal is long due", ["CrlEnding"], { crl: { ...crl, nextUpdate: crl.nextUpdate - 1 } }],
    ["does not at half of renew_before", [], { crl }],
  ])("%s", (_, expected, facts) => {
    expect(warnings(registry, registry, facts).map((text) => text.replace(/:.*/, ""))).toEqual(expected);
  });
});
