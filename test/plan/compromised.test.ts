import { describe, expect, it } from "vitest";
import type { AccessChange, Compromised } from "../../scripts/model/plan.ts";
import type { Client } from "../../scripts/model/registry.ts";
import {
  certificateOf,
  clientOf,
  crlOf,
  DAY,
  type Facts,
  fingerprintOf,
  NOW,
  registryOf,
  requestOf,
  serialOf,
  stateOf,
  withClients,
} from "../support/plan-builders.ts";
import { planFor } from "../support/plan-simulator.ts";

const LAST = registryOf({ clients: { alice: clientOf(), bob: clientOf() } });
const CERTIFICATES = [certificateOf(), certificateOf({ identity: "bob", serial: serialOf(2) })];

function plannedFor(changes: Readonly<Record<string, Client | null>>, facts: Facts = {}) {
  const state = stateOf({ carriedOut: LAST, certificates: CERTIFICATES, crl: crlOf(), ...facts });
  return planFor(withClients(LAST, changes), state, NOW).plan;
}

describe("compromised is", () => {
  const stolen = (more: Partial<Client> = {}) =>
    clientOf({ reissue: { before: NOW, reason: "keyCompromise" }, ...more });
  const alice = { client: "alice", contact: "ops@example.com" };
  const own = certificateOf({ key: "request", fingerprint: fingerprintOf("k1") });
  it.each<[sentence: string, changes: Record<string, Client | null>, facts: Facts, expected: Compromised[]]>([
    ["nobody where nothing is changed", {}, {}, []],
    [
      "who is reissued for it, and is out until its bundle comes",
      { alice: stolen() },
      {},
      [{ ...alice, before: NOW, lockedOut: true }],
    ],
    [
      "who becomes a tombstone for it",
      { alice: clientOf({ revoked: "keyCompromise" }) },
      {},
      [{ ...alice, before: null, lockedOut: true }],
    ],
    [
      "who is reissued for it, and is out although a new request came along",
      { alice: stolen({ csr: true }) },
      { certificates: [own], requests: { alice: requestOf("k2") } },
      [{ ...alice, before: NOW, lockedOut: true }],
    ],
    [
      "who has a certificate from after the theft already",
      { alice: stolen() },
      { certificates: [...CERTIFICATES, certificateOf({ serial: serialOf(3), issued: NOW - 1, reissue: NOW })] },
      [{ ...alice, before: NOW, lockedOut: false }],
    ],
    [
      "not who is reissued for another reason",
      { alice: stolen({ reissue: { before: NOW, reason: "superseded" } }) },
      {},
      [],
    ],
    ["not who is removed", { alice: null }, {}, []],
    [
      "not who has nothing that could be revoked",
      { alice: clientOf({ revoked: "keyCompromise" }) },
      { certificates: [] },
      [],
    ],
  ])("%s", (_, changes, facts, expected) => {
    expect(plannedFor(changes, facts).compromised).toEqual(expected);
  });
});

describe("the old name of a rename", () => {
  const renamed = (more: Partial<Client> = {}) => ({
    alice: null,
    "alice-2": clientOf({ previously: "alice", ...more }),
  });
  const end = CERTIFICATES[0]?.notAfter ?? 0;
  const own = certificateOf({ key: "request", fingerprint: fingerprintOf("k1") });
  const csr = { certificates: [own], requests: { "alice-2": requestOf("k1") } };
  it.each<[sentence: string, changes: Record<string, Client | null>, facts: Facts, expected: AccessChange["oldName"]]>([
    ["works until its certificate ends, beside a new key", renamed(), {}, { until: end, sameKey: false }],
    [
      "works with the same key where the client has its own",
      renamed({ csr: true }),
      csr,
      { until: end, sameKey: true },
    ],
    ["works as long as an overlap lasts", renamed({ overlap: 2 * DAY }), {}, { until: NOW + 2 * DAY, sameKey: false }],
    ["works until access ends", renamed({ expires: end }), {}, { until: end, sameKey: false }],
    [
      "is out at once where the certificate would outlive access",
      renamed({ expires: NOW + DAY }),
      {},
      { until: null, sameKey: false },
    ],
    ["is held with the new one", renamed({ suspended: true }), {}, { until: null, sameKey: false }],
    [
      "is revoked by a reissue",
      renamed({ reissue: { before: NOW, reason: "superseded" } }),
      {},
      { until: null, sameKey: false },
    ],
  ])("%s", (_, changes, facts, oldName) => {
    expect(plannedFor(changes, facts).access).toMatchObject([{ client: "alice-2", previously: "alice", oldName }]);
  });

  it("is not told of where nobody is renamed", () => {
    expect(plannedFor({ carol: clientOf() }).access).toMatchObject([{ client: "carol", oldName: null }]);
  });
});
