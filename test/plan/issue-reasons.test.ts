import { describe, expect, it, test } from "vitest";
import type { Client } from "../../scripts/model/registry.ts";
import type { Certificate } from "../../scripts/model/state.ts";
import {
  authorityOf,
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
  serverOf,
  signerOf,
} from "../support/plan-builders.ts";
import { aboutAlice, decided } from "../support/plan-one.ts";

const END = certificateOf().notAfter;
const ISSUED = certificateOf().issued;
const requested = (fields: Partial<Certificate> = {}) =>
  certificateOf({ key: "request", fingerprint: fingerprintOf("k1"), ...fields });

/** The reasons of what is issued or renewed to alice. */
function reasons(fields: Partial<Client>, facts: Facts, now = NOW): string[] {
  return aboutAlice(fields, facts, now).flatMap((one) =>
    one.kind === "issue" || one.kind === "renew" ? [one.reason] : [],
  );
}

describe("a client is issued a certificate", () => {
  const none: readonly Certificate[] = [];
  it.each<
    [sentence: string, reason: string, client: Partial<Client>, certificates: readonly Certificate[], facts?: Facts]
  >([
    ["when it never had one", "Missing", {}, none],
    ["when its last one has ended", "Missing", {}, [certificateOf({ notAfter: NOW - 1 })]],
    ["when its last one is revoked", "Missing", {}, [certificateOf()], { revocations: [revocationOf(serialOf(1))] }],
    ["when only another kind of holder had one under its name", "Missing", {}, [certificateOf({ kind: "signer" })]],
    [
      "when a reissue is asked for",
      "Reissue",
      { reissue: { before: NOW, reason: "keyCompromise" } },
      [certificateOf()],
    ],
    [
      "when another reissue is asked for than the one it has gone through",
      "Reissue",
      { reissue: { before: NOW, reason: "keyCompromise" } },
      [certificateOf({ reissue: NOW - DAY })],
    ],
    ["when another type of key is asked for", "KeyChanged", { key: "rsa-3072" }, [certificateOf()]],
    ["when its key is to be made here from now on", "KeyChanged", {}, [requested()]],
    [
      "when it brings its own key from now on",
      "KeyChanged",
      { csr: true },
      [certificateOf()],
      { requests: { alice: requestOf("k1") } },
    ],
    [
      "when its request has another key",
      "KeyChanged",
      { csr: true },
      [requested()],
      { requests: { alice: requestOf("k2") } },
    ],
    [
      "when its request has another key and its certificate is about to end",
      "KeyChanged",
      { csr: true },
      [requested({ notAfter: NOW + DAY })],
      { requests: { alice: requestOf("k2") } },
    ],
    [
      "because of its request, and not of a reissue that it has gone through",
      "KeyChanged",
      { csr: true, reissue: { before: NOW - DAY, reason: "keyCompromise" } },
      [requested({ reissue: NOW - DAY })],
      { requests: { alice: requestOf("k2") } },
    ],
    ["when its organization is another", "SubjectChanged", { organization: "Other" }, [certificateOf()]],
    ["when its country is another", "SubjectChanged", { country: "DE" }, [certificateOf()]],
    ["when its certificate has names", "NamesChanged", {}, [certificateOf({ names: ["x.example.com"] })]],
    ["when its certificate has the form of a server's", "ProfileChanged", {}, [certificateOf({ profile: "server" })]],
    ["when its certificate has no form of ours", "ProfileChanged", {}, [certificateOf({ profile: null })]],
    ["when its access ends before its certificate", "LifetimeChanged", { expires: END - 1 }, [certificateOf()]],
    [
      "when its certificate goes on for longer than one issued now, and is to be shortened",
      "LifetimeChanged",
      { shorten: true, lifetime: END - NOW - 1 },
      [certificateOf()],
    ],
    ["when another authority issued its certificate", "IssuerChanged", {}, [certificateOf({ authorityKeyId: "BB" })]],
    ["as a renewal when renew_before is reached", "RenewalDue", {}, [certificateOf({ notAfter: NOW + 30 * DAY })]],
  ])("%s", (_, reason, client, certificates, facts) => {
    expect(reasons(client, { ...facts, certificates })).toEqual([reason]);
  });
});

describe("nothing is issued to a client", () => {
  it.each<[sentence: string, client: Partial<Client>, certificate: Certificate | null, facts?: Facts]>([
    ["whose certificate fits", {}, certificateOf()],
    ["whose certificate is longer than asked for, and is not to be shortened", { lifetime: 60 * DAY }, certificateOf()],
    ["whose certificate ends just as one issued now", { shorten: true, lifetime: END - NOW }, certificateOf()],
    ["whose certificate ends with its access", { expires: END }, certificateOf()],
    ["a second before renew_before", {}, certificateOf({ notAfter: NOW + 30 * DAY + 1 })],
    [
      "that has gone through its reissue",
      { reissue: { before: 5, reason: "keyCompromise" } },
      certificateOf({ reissue: 5 }),
    ],
    ["whose reissue is out of the file again", {}, certificateOf({ reissue: 5 })],
    ["that is a tombstone", { revoked: "keyCompromise" }, null],
    ["that is suspended", { suspended: true }, null],
    ["whose access ends in this second", { expires: NOW }, null],
    [
      "whose certificate is about to end together with its access",
      { expires: NOW + DAY },
      certificateOf({ notAfter: NOW + DAY }),
    ],
    ["that brings its own key and has no request", { csr: true }, null],
    [
      "that brings its own key and has an unsound one",
      { csr: true },
      null,
      { requests: { alice: { ok: false, problem: "x", hint: null } } },
    ],
    [
      "whose request keeps its key, of a type that would not be made here",
      { csr: true, key: "rsa-3072" },
      requested(),
      { requests: { alice: requestOf("k1") } },
    ],
    ["whose authority has ended", {}, null, { authority: authorityOf({ notAfter: NOW }) }],
    [
      "whose certificate is about to end with the authority",
      {},
      certificateOf({ notAfter: NOW + DAY }),
      { authority: authorityOf({ notAfter: NOW + DAY }) },
    ],
  ])("%s", (_, client, certificate, facts) => {
    expect(reasons(client, { ...facts, certificates: certificate === null ? [] : [certificate] })).toEqual([]);
  });

  it("whose access has ended, and whose certificate lasts no longer", () => {
    expect(aboutAlice({ expires: NOW - DAY }, {})).toEqual([]);
    expect(aboutAlice({ expires: NOW + 1 }, {})).toHaveLength(1);
  });

  it("whose certificate is in its last second", () => {
    expect(
      reasons({}, { certificates: [certificateOf({ notAfter: NOW })], authority: authorityOf({ notAfter: NOW }) }),
    ).toEqual([]);
  });
});

describe("of several certificates", () => {
  const old = certificateOf({ serial: serialOf(2), subject: "CN=alice, O=Other" });

  test("the newest counts", () => {
    const newer = certificateOf({ issued: ISSUED + 1 });
    expect(reasons({}, { certificates: [newer, old] })).toEqual([]);
    expect(reasons({ organization: "Other" }, { certificates: [newer, old] })).toEqual(["SubjectChanged"]);
  });

  test.each([1, 3])("from one second the one that fits counts, whatever its serial (%i)", (n) => {
    expect(reasons({}, { certificates: [old, certificateOf({ serial: serialOf(n) })] })).toEqual([]);
  });
});

test.each([0, 3])("of two from one second that both fit, the one that ends later counts (%i)", (n) => {
  const short = certificateOf({ serial: serialOf(1), notAfter: NOW + DAY });
  expect(reasons({}, { certificates: [short, certificateOf({ serial: serialOf(n) })] })).toEqual([]);
});

describe("names", () => {
  const registry = registryOf({
    servers: { "pkg.example.com": serverOf({ names: ["a.example.com", "b.example.com"] }) },
  });
  it.each([
    ["in another order are the same", ["b.example.com", "a.example.com"], []],
    ["that are fewer are others", ["a.example.com"], ["NamesChanged"]],
    ["that are more are others", ["a.example.com", "b.example.com", "c.example.com"], ["NamesChanged"]],
  ])("of a server %s", (_, names, expected) => {
    const certificates = [certificateOf({ identity: "pkg.example.com", kind: "server", names })];
    expect(decided(registry, { certificates }).map((one) => (one.kind === "issue" ? one.reason : one.kind))).toEqual(
      expected,
    );
  });
});

test("a signer and a server that is issued one get certificates; a server with files of its own does not", () => {
  const certificate = { file: "/etc/a.crt", key: "/etc/a.key", ca: null };
  const registry = registryOf({
    servers: { s1: serverOf(), s2: serverOf({ certificate }) },
    signers: { build: signerOf() },
  });
  expect(decided(registry, {}).map((one) => ("profile" in one ? [one.identity, one.profile] : one))).toEqual([
    ["build", "signer"],
    ["s1", "server"],
  ]);
});

describe("an issue is due", () => {
  const ended = { certificates: [certificateOf({ notAfter: NOW - DAY })] };
  const last = (client: Partial<Client> | null) => ({
    ...ended,
    carriedOut: registryOf({ clients: client === null ? {} : { alice: clientOf(client) } }),
  });
  it.each<[sentence: string, due: string, facts: Facts]>([
    ["by the registry when the client is new", "registry", {}],
    ["by time when a run came too late to renew", "time", last({})],
    [
      "by the registry when a suspension is lifted whose certificates have ended",
      "registry",
      last({ suspended: true }),
    ],
    ["by the registry when ended access is extended", "registry", last({ expires: NOW - DAY })],
    ["by the registry when a name comes back after its certificates ended", "registry", last(null)],
  ])("%s", (_, due, facts) => {
    expect(aboutAlice({}, facts)).toMatchObject([{ kind: "issue", due }]);
  });
});

test("a renewal names its predecessor; a request's fingerprint is told, a key that is not made yet has none", () => {
  const soon = certificateOf({ notAfter: NOW + DAY });
  expect(aboutAlice({}, { certificates: [soon] })).toMatchObject([
    { serial: soon.serial, key: "managed", fingerprint: null, due: "time" },
  ]);
  const facts = { certificates: [requested({ notAfter: NOW + DAY })], requests: { alice: requestOf("k1") } };
  expect(aboutAlice({ csr: true }, facts)).toMatchObject([
    { kind: "renew", key: "request", fingerprint: fingerprintOf("k1") },
  ]);
});
