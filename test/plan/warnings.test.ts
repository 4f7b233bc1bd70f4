import { describe, expect, it, test } from "vitest";
import type { Client, Registry } from "../../scripts/model/registry.ts";
import { formatInstant } from "../../scripts/model/time.ts";
import type { WarningInput } from "../../scripts/plan/warnings.ts";
import {
  authorityOf,
  certificateOf,
  clientOf,
  crlOf,
  DAY,
  type Facts,
  fingerprintOf,
  NOW,
  registryOf,
  requestOf,
  revocationOf,
  serialOf,
} from "../support/plan-builders.ts";
import { warnings } from "./warnings.ts";

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

describe("certificates that are longer than asked for", () => {
  const DAYS_LEFT = 265 * DAY;
  const names = Array.from({ length: 22 }, (_, n) => `c${String(n).padStart(2, "0")}`);
  const certificates = names.map((identity, n) => certificateOf({ identity, serial: serialOf(n) }));
  const asked = (fields: Partial<Client>) =>
    registryOf({ clients: Object.fromEntries(names.map((name) => [name, clientOf(fields)])) });
  const long = asked({});
  const told = (before: Registry | null, after: Registry) => warnings(before, after, { certificates });

  it("are told of once, with twenty names, and what shortens them", () => {
    expect(told(long, asked({ lifetime: 60 * DAY }))).toEqual([
      `LongCertificates: ${names.slice(0, 20).join(", ")} and 2 more: 22 certificates end later than one issued now would, until ${formatInstant(NOW + DAYS_LEFT)} at the latest. With shorten: true beside lifetime successors are made now, and what is long is revoked in time.`,
    ]);
  });

  it("are told of with the day from which on they are revoked, where they are shortened", () => {
    const [said, ...rest] = told(long, asked({ lifetime: 60 * DAY, renewBefore: 10 * DAY, shorten: true }));
    expect(said).toContain(`From ${formatInstant(NOW + 10 * DAY)} on what is long is revoked`);
    expect(rest).toEqual([]);
    const overlap = told(long, asked({ lifetime: 60 * DAY, overlap: 2 * DAY, shorten: true }));
    expect(overlap.join()).toContain(`From ${formatInstant(NOW + 2 * DAY)} on`);
  });

  it("are told of by what is carried out first", () => {
    expect(told(null, asked({ lifetime: 60 * DAY }))).toHaveLength(1);
  });

  it.each<[sentence: string, before: Registry, after: Registry]>([
    ["where the lifetime was as short before", asked({ lifetime: 60 * DAY }), asked({ lifetime: 60 * DAY })],
    ["where it gets longer", asked({ lifetime: 50 * DAY }), asked({ lifetime: 60 * DAY })],
    ["where they end as early as new ones", long, asked({ lifetime: DAYS_LEFT })],
    ["where nobody has any more to do with them", long, asked({ lifetime: 60 * DAY, revoked: "superseded" })],
  ])("are not told of %s", (_, before, after) => {
    expect(told(before, after)).toEqual([]);
  });
});
