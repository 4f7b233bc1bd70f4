import { describe, expect, it, test } from "vitest";
import type { Client } from "../../scripts/model/registry.ts";
import type { Certificate } from "../../scripts/model/state.ts";
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
} from "../support/plan-builders.ts";
import { aboutAlice, decided, inShort } from "../support/plan-one.ts";

const FIRST = certificateOf();
const END = FIRST.notAfter;
/** Issued ten days ago. */
const SECOND = certificateOf({ serial: serialOf(2), issued: NOW - 10 * DAY });
const SHORT = { ...SECOND, notAfter: NOW + 50 * DAY };
const requested = (one: Certificate, key: string): Certificate => ({
  ...one,
  key: "request",
  fingerprint: fingerprintOf(key),
});

function withdrawn(fields: Partial<Client>, facts: Facts, now = NOW): string[] {
  return aboutAlice(fields, facts, now)
    .filter((one) => one.kind === "revoke")
    .map(inShort);
}

describe("a certificate is revoked", () => {
  it.each<
    [sentence: string, expected: string[], client: Partial<Client>, certificates: readonly Certificate[], facts?: Facts]
  >([
    ["with the tombstone's reason", ["…1 Declared keyCompromise"], { revoked: "keyCompromise" }, [FIRST]],
    [
      "as a tombstone's even when a reissue stands there",
      ["…1 Declared superseded"],
      { revoked: "superseded", reissue: { before: 1, reason: "keyCompromise" } },
      [FIRST],
    ],
    [
      "with the reissue's reason",
      ["…1 Reissued affiliationChanged"],
      { reissue: { before: NOW, reason: "affiliationChanged" } },
      [FIRST],
    ],
    [
      "by a reissue even when it was issued after its instant: it may be the thief's",
      ["…1 Reissued keyCompromise", "…2 Reissued keyCompromise"],
      { reissue: { before: NOW - 20 * DAY, reason: "keyCompromise" } },
      [FIRST, SECOND],
    ],
    [
      "by a reissue, while suspended",
      ["…1 Reissued keyCompromise"],
      { suspended: true, reissue: { before: NOW, reason: "keyCompromise" } },
      [FIRST],
    ],
    ["when access is over and it would go on", ["…1 Expired cessationOfOperation"], { expires: NOW }, [FIRST]],
    [
      "when the access of somebody suspended is over",
      ["…1 Expired cessationOfOperation"],
      { expires: NOW, suspended: true },
      [FIRST],
    ],
    ["when one that ends with the access takes its place", ["…1 Superseded superseded"], { expires: END - 1 }, [FIRST]],
    [
      "when one that ends with the access took its place in a run that was killed",
      ["…1 Superseded superseded"],
      { expires: NOW + DAY },
      [FIRST, { ...SECOND, notAfter: NOW + DAY }],
    ],
    [
      "when one that ends with the access took its place in the same second",
      ["…2 Superseded superseded"],
      { expires: NOW + DAY },
      [SECOND, { ...FIRST, issued: SECOND.issued, notAfter: NOW + DAY }],
    ],
    [
      "at once when the request was replaced",
      ["…1 KeyChanged superseded"],
      { csr: true },
      [requested(FIRST, "k1")],
      { requests: { alice: requestOf("k2") } },
    ],
    [
      "when its successor is as old as the overlap",
      ["…1 Superseded superseded"],
      { overlap: 10 * DAY },
      [FIRST, SECOND],
    ],
    [
      "counting the overlap from the first successor",
      ["…1 Superseded superseded"],
      { overlap: 10 * DAY },
      [FIRST, SECOND, certificateOf({ serial: serialOf(3), issued: NOW })],
    ],
    [
      "under shorten when it would outlive its successor, which is as old as renew_before",
      ["…1 Superseded superseded"],
      { shorten: true, renewBefore: 10 * DAY },
      [FIRST, SHORT],
    ],
    [
      "under shorten when the overlap is over, if there is one",
      ["…1 Superseded superseded"],
      { shorten: true, overlap: 10 * DAY },
      [FIRST, SHORT],
    ],
    [
      "as another authority's when its successor is as old as the overlap",
      ["…1 IssuerChanged superseded"],
      { overlap: 10 * DAY },
      [{ ...FIRST, authorityKeyId: "BB" }, SECOND],
    ],
  ])("%s", (_, expected, client, certificates, facts) => {
    expect(withdrawn(client, { ...facts, certificates })).toEqual(expected.map((text) => `revoke alice ${text}`));
  });
});

describe("a certificate stays", () => {
  it.each<[sentence: string, client: Partial<Client>, certificates: readonly Certificate[], facts?: Facts]>([
    ["when nothing speaks against it", {}, [FIRST]],
    ["when it is renewed: it lives out its days", {}, [{ ...FIRST, notAfter: NOW + DAY }]],
    ["when it has a successor and there is no overlap", {}, [FIRST, SECOND]],
    ["until the overlap's last second", { overlap: 10 * DAY + 1 }, [FIRST, SECOND]],
    ["under shorten when it ends before its successor", { shorten: true, renewBefore: 5 * DAY }, [FIRST, SECOND]],
    ["under shorten until renew_before is over", { shorten: true, renewBefore: 10 * DAY + 1 }, [FIRST, SHORT]],
    ["when its client is suspended", { suspended: true }, [FIRST]],
    ["when it ends with the access, and the access has just ended", { expires: NOW }, [{ ...FIRST, notAfter: NOW }]],
    ["when the client's organization changed", { organization: "Other" }, [FIRST]],
    [
      "when the request is replaced inside the renewal window",
      { csr: true },
      [requested({ ...FIRST, notAfter: NOW + 30 * DAY }, "k1")],
      { requests: { alice: requestOf("k2") } },
    ],
    [
      "when it is managed, and the client brings its own key now",
      { csr: true },
      [FIRST],
      { requests: { alice: requestOf("k1") } },
    ],
    [
      "for the overlap, when the request is replaced",
      { csr: true, overlap: DAY },
      [requested(FIRST, "k1")],
      { requests: { alice: requestOf("k2") } },
    ],
    [
      "when the new request is refused",
      { csr: true },
      [requested(FIRST, "k1")],
      { requests: { alice: { ok: false, problem: "bad", hint: null } } },
    ],
    ["when it was made for the request, and keys are now made here", {}, [requested(FIRST, "k1")]],
    [
      "when nothing shorter can take its place",
      { csr: true, expires: NOW + DAY },
      [requested(FIRST, "k1")],
      { requests: {} },
    ],
    ["when it has ended, whatever the tombstone says", { revoked: "keyCompromise" }, [{ ...FIRST, notAfter: NOW - 1 }]],
    [
      "when it was revoked for another reason before",
      { revoked: "keyCompromise" },
      [FIRST],
      { revocations: [revocationOf(FIRST.serial)] },
    ],
  ])("%s", (_, client, certificates, facts) => {
    expect(withdrawn(client, { ...facts, certificates })).toEqual([]);
  });
});

test("what goes on without an entry in the registry is revoked as removed", () => {
  const gone = [FIRST, certificateOf({ serial: serialOf(2), identity: "s1", kind: "server" })];
  expect(decided(registryOf(), { certificates: gone }).map(inShort)).toEqual([
    "revoke alice …1 Removed cessationOfOperation",
    "revoke s1 …2 Removed cessationOfOperation",
  ]);
});

describe("a hold", () => {
  const hold = { serial: FIRST.serial, at: NOW - DAY };
  it.each<[sentence: string, expected: string[], client: Partial<Client>, facts: Facts]>([
    [
      "is put on every live certificate of the suspended",
      ["hold alice …1", "hold alice …2"],
      { suspended: true },
      { certificates: [FIRST, SECOND] },
    ],
    ["is put on once", [], { suspended: true }, { certificates: [FIRST], holds: [hold] }],
    ["is lifted when the suspension is", ["release alice …1"], {}, { certificates: [FIRST], holds: [hold] }],
    [
      "is not lifted from what is revoked",
      ["issue alice Missing"],
      {},
      { certificates: [FIRST], holds: [hold], revocations: [revocationOf(FIRST.serial)] },
    ],
    [
      "gives way to a tombstone",
      ["revoke alice …1 Declared unspecified"],
      { revoked: "unspecified" },
      { certificates: [FIRST], holds: [hold] },
    ],
    [
      "stays on an ended certificate while the suspension lasts",
      [],
      { suspended: true },
      { certificates: [{ ...FIRST, notAfter: NOW - 1 }], holds: [hold] },
    ],
    [
      "is lifted from an ended certificate with the suspension",
      ["issue alice Missing", "release alice …1"],
      {},
      { certificates: [{ ...FIRST, notAfter: NOW - 1 }], holds: [hold] },
    ],
  ])("%s", (_, expected, client, facts) => {
    expect(aboutAlice(client, facts).map(inShort)).toEqual(expected);
  });

  it("of somebody who left gives way to the revocation", () => {
    expect(decided(registryOf(), { certificates: [FIRST], holds: [hold] }).map(inShort)).toEqual([
      "revoke alice …1 Removed cessationOfOperation",
    ]);
  });
});

test("decisions come by kind, then name, then serial, whatever the order in the file", () => {
  const clients = { bob: clientOf(), alice: clientOf(), carol: clientOf({ suspended: true }) };
  const certificates = [
    certificateOf({ identity: "zoe", serial: serialOf(4) }),
    certificateOf({ identity: "carol", serial: serialOf(3) }),
    certificateOf({ identity: "dave", serial: serialOf(2) }),
  ];
  expect(decided(registryOf({ clients }), { certificates }).map(inShort)).toEqual([
    "issue alice Missing",
    "issue bob Missing",
    "revoke dave …2 Removed cessationOfOperation",
    "revoke zoe …4 Removed cessationOfOperation",
    "hold carol …3",
  ]);
});
