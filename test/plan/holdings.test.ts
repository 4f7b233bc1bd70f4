import { describe, expect, it, test } from "vitest";
import type { Client } from "../../scripts/model/registry.ts";
import { isLive, ledgerOf } from "../../scripts/plan/holdings.ts";
import { identitiesOf } from "../../scripts/plan/identity.ts";
import {
  certificateOf,
  clientOf,
  DAY,
  type Facts,
  fingerprintOf,
  NOW,
  registryOf,
  requestOf,
  revocationOf,
  serialOf,
  signerOf,
  stateOf,
} from "../support/plan-builders.ts";
import { decided, inShort } from "../support/plan-one.ts";

const OLD = certificateOf({ identity: "farm", serial: serialOf(1), key: "managed" });
const OLD_REQUESTED = certificateOf({
  identity: "farm",
  serial: serialOf(1),
  key: "request",
  fingerprint: fingerprintOf("k1"),
});
const renamed = (fields: Partial<Client> = {}) =>
  registryOf({ clients: { "farm-2": clientOf({ previously: "farm", ...fields }) } });

function shortly(clients: Readonly<Record<string, Client>>, facts: Facts): string[] {
  return decided(registryOf({ clients }), facts).map(inShort);
}

describe("a certificate", () => {
  it.each([
    ["lives in its last second", OLD.notAfter, true],
    ["is over in the next", OLD.notAfter + 1, false],
  ])("%s", (_, now, live) => {
    expect(isLive(OLD, stateOf({ certificates: [OLD] }), now)).toBe(live);
  });

  it("lives while it is held, and not when it is revoked", () => {
    const held = stateOf({ certificates: [OLD], holds: [{ serial: OLD.serial, at: NOW }] });
    expect(isLive(OLD, held, NOW)).toBe(true);
    expect(isLive(OLD, stateOf({ revocations: [revocationOf(OLD.serial)] }), NOW)).toBe(false);
  });

  it("belongs to who bears its name and is of its kind, oldest first", () => {
    const identities = identitiesOf(registryOf({ clients: { farm: clientOf() }, signers: { build: signerOf() } }));
    const newer = certificateOf({ identity: "farm", serial: serialOf(0), issued: OLD.issued + 1 });
    const other = certificateOf({ identity: "build", serial: serialOf(5) });
    const revoked = certificateOf({ identity: "farm", serial: serialOf(6), issued: OLD.issued - 1 });
    const state = stateOf({ certificates: [newer, other, OLD, revoked], revocations: [revocationOf(revoked.serial)] });
    const ledger = ledgerOf(identities, state, NOW);
    const farm = identities.get("farm");
    expect(farm && ledger.of(farm)).toEqual({ all: [revoked, OLD, newer], live: [OLD, newer] });
    expect(ledger.orphans).toEqual([other]);
  });
});

describe("a rename", () => {
  it.each<[sentence: string, registry: ReturnType<typeof renamed>, facts: Facts, expected: string[]]>([
    [
      "of a managed client issues one under the new name and revokes nothing",
      renamed(),
      { certificates: [OLD] },
      ["issue farm-2 SubjectChanged"],
    ],
    [
      "with the same request does so too",
      renamed({ csr: true }),
      { certificates: [OLD_REQUESTED], requests: { "farm-2": requestOf("k1") } },
      ["issue farm-2 SubjectChanged"],
    ],
    [
      "with another request is a departure and an arrival",
      renamed({ csr: true }),
      { certificates: [OLD_REQUESTED], requests: { "farm-2": requestOf("k2") } },
      ["issue farm-2 Missing", "revoke farm …1 Removed cessationOfOperation"],
    ],
    [
      "from a key of its own to one made here is one too: nobody shows that it is the same machine",
      renamed(),
      { certificates: [OLD_REQUESTED] },
      ["issue farm-2 Missing", "revoke farm …1 Removed cessationOfOperation"],
    ],
    [
      "takes nothing from a server of that name",
      renamed(),
      { certificates: [{ ...OLD, kind: "server" }] },
      ["issue farm-2 Missing", "revoke farm …1 Removed cessationOfOperation"],
    ],
    [
      "of somebody suspended holds what there is",
      renamed({ suspended: true }),
      { certificates: [OLD] },
      ["hold farm-2 …1"],
    ],
    [
      "into a tombstone's name revokes as the tombstone says",
      renamed({ revoked: "keyCompromise" }),
      { certificates: [OLD] },
      ["revoke farm-2 …1 Declared keyCompromise"],
    ],
    [
      "that was carried out stays one when the request is replaced: what the old name has left goes like its own",
      renamed({ csr: true }),
      {
        certificates: [
          OLD_REQUESTED,
          { ...OLD_REQUESTED, identity: "farm-2", serial: serialOf(2), subject: "CN=farm-2, O=Example" },
        ],
        requests: { "farm-2": requestOf("k2") },
      },
      ["issue farm-2 KeyChanged", "revoke farm-2 …1 KeyChanged superseded", "revoke farm-2 …2 KeyChanged superseded"],
    ],
    [
      "that was carried out leaves a reissue nothing but itself: the old name's go for its reason, too",
      renamed({ csr: true, reissue: { before: NOW, reason: "keyCompromise" } }),
      {
        certificates: [OLD_REQUESTED, { ...OLD_REQUESTED, identity: "farm-2", serial: serialOf(2) }],
        requests: { "farm-2": requestOf("k2") },
      },
      ["issue farm-2 Reissue", "revoke farm-2 …1 Reissued keyCompromise", "revoke farm-2 …2 Reissued keyCompromise"],
    ],
    [
      "that was carried out leaves nothing to do",
      renamed(),
      { certificates: [OLD, certificateOf({ identity: "farm-2", serial: serialOf(2), issued: NOW })] },
      [],
    ],
  ])("%s", (_, registry, facts, expected) => {
    expect(decided(registry, facts).map(inShort)).toEqual(expected);
  });

  test("from a name that is there is none", () => {
    const clients = { farm: clientOf(), "farm-2": clientOf({ previously: "farm" }) };
    expect(shortly(clients, { certificates: [OLD] })).toEqual(["issue farm-2 Missing"]);
  });

  test("that the registry no longer tells of ends the old certificates, but gives up no key that goes on", () => {
    const clients = { "farm-2": clientOf({ csr: true }) };
    const newer = { ...OLD_REQUESTED, identity: "farm-2", serial: serialOf(2), subject: "CN=farm-2, O=Example" };
    const facts = { certificates: [OLD_REQUESTED, newer], requests: { "farm-2": requestOf("k1") } };
    expect(shortly(clients, facts)).toEqual(["revoke farm …1 Superseded superseded"]);
  });
});

describe("who gets a former name back", () => {
  const newer = certificateOf({ identity: "farm-2", serial: serialOf(2), issued: NOW - DAY });
  const back = { farm: clientOf({ previously: "farm-2" }) };

  it("gets back what went along with it, and keeps what it has", () => {
    const facts = { certificates: [OLD, newer], carriedOut: renamed() };
    expect(shortly(back, facts)).toEqual(["issue farm SubjectChanged"]);
  });

  it("does not when it is somebody else with a key of its own", () => {
    const facts = { certificates: [OLD, newer], requests: { farm: requestOf("k2") }, carriedOut: renamed() };
    expect(shortly({ farm: clientOf({ csr: true, previously: "farm-2" }) }, facts)).toEqual([
      "issue farm Missing",
      "revoke farm …1 Removed cessationOfOperation",
      "revoke farm-2 …2 Removed cessationOfOperation",
    ]);
  });
});

describe("a certificate from the future, as an earlier --now sees it", () => {
  const future = certificateOf({ identity: "farm", serial: serialOf(1), issued: NOW + 10 * DAY });
  const today = certificateOf({
    identity: "farm",
    serial: serialOf(2),
    issued: NOW,
    subject: "CN=farm, O=Other",
    notAfter: NOW + 30 * DAY + 1,
  });
  const other = { farm: clientOf({ organization: "Other" }) };

  it("is followed by what is issued now, and then nothing is left to do", () => {
    expect(shortly(other, { certificates: [future] })).toEqual(["issue farm SubjectChanged"]);
    expect(shortly(other, { certificates: [future, today] })).toEqual([]);
  });
});

describe("who bears a former name next", () => {
  const carriedOut = renamed();
  const newer = certificateOf({ identity: "farm-2", serial: serialOf(2), issued: NOW - DAY });

  it("begins anew: the old keys are with the renamed client", () => {
    const clients = { "farm-2": clientOf(), farm: clientOf() };
    expect(shortly(clients, { certificates: [OLD, newer], carriedOut })).toEqual([
      "issue farm Missing",
      "revoke farm …1 Removed cessationOfOperation",
    ]);
  });

  it("begins anew also when the renamed client was suspended and has nothing under its new name", () => {
    const clients = { "farm-2": clientOf({ suspended: true }), farm: clientOf() };
    const facts = { certificates: [OLD], carriedOut: renamed({ suspended: true }) };
    expect(shortly(clients, facts)).toEqual(["issue farm Missing", "revoke farm …1 Removed cessationOfOperation"]);
    const fresh = certificateOf({ identity: "farm", serial: serialOf(3), issued: NOW });
    const revocations = [revocationOf(OLD.serial)];
    expect(shortly(clients, { ...facts, certificates: [OLD, fresh], revocations })).toEqual([]);
  });

  it("keeps the certificate that a killed run issued", () => {
    const clients = { "farm-2": clientOf(), farm: clientOf() };
    const fresh = certificateOf({ identity: "farm", serial: serialOf(3), issued: NOW });
    const revocations = [revocationOf(OLD.serial)];
    expect(shortly(clients, { certificates: [OLD, newer, fresh], revocations, carriedOut })).toEqual([]);
  });
});
