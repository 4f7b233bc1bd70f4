import { describe, expect, it } from "vitest";
import type { Client } from "../../scripts/model/registry.ts";
import type { Certificate } from "../../scripts/model/state.ts";
import { decide } from "../../scripts/plan/decide.ts";
import {
  authorityOf,
  certificateOf,
  clientOf,
  type Facts,
  fingerprintOf,
  NOW,
  registryOf,
  repositoryOf,
  requestOf,
  revocationOf,
  serialOf,
  signerOf,
  stateOf,
} from "../support/plan-builders.ts";

const own = clientOf({ csr: true });
const alice = { alice: own };
const k1 = { alice: requestOf("k1") };

const IN_DEVICE = "for a key in a device, such as a TPM, a token or a phone, by its own program.";
const newRequest = (name: string) =>
  `A new request is made where the key is: for a key in a file, openssl req -new -key ${name}.key -subj / -out ${name}.req; ${IN_DEVICE}`;
const newKey = (name: string, type = "") =>
  `Make a new key ${type}and a new request: in a file, openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${name}.key -subj / -out ${name}.req; ${IN_DEVICE}`;

function certified(identity: string, n: number, fields: Partial<Certificate> = {}): Certificate {
  return certificateOf({ identity, serial: serialOf(n), key: "request", fingerprint: fingerprintOf("k1"), ...fields });
}

function refusals(clients: Readonly<Record<string, Client>>, facts: Facts): string[] {
  return decide(registryOf({ clients }), stateOf(facts), NOW).refusals.map(({ code, message }) => `${code} ${message}`);
}

describe("a request is refused", () => {
  it.each<[sentence: string, clients: Readonly<Record<string, Client>>, facts: Facts, expected: string]>([
    ["that is not there", alice, {}, `alice.req: it is not there. ${newRequest("alice")}`],
    [
      "that cannot be read",
      alice,
      { requests: { alice: { ok: false, problem: "two blocks", hint: null } } },
      `alice.req: two blocks. ${newRequest("alice")}`,
    ],
    [
      "that says itself what helps",
      alice,
      { requests: { alice: { ok: false, problem: "git's conflict markers stand in it", hint: "Keep one." } } },
      "alice.req: git's conflict markers stand in it. Keep one.",
    ],
    [
      "that lies elsewhere",
      alice,
      { strays: ["pki/reqs/Alice.csr"] },
      "alice.req: it is not there. What may be it lies elsewhere: git add -- pki/reqs/Alice.csr && git mv -- pki/reqs/Alice.csr pki/reqs/alice.req",
    ],
    [
      "for the authority's own key",
      alice,
      { requests: k1, authority: authorityOf({ fingerprint: fingerprintOf("k1") }) },
      `alice.req: its key is the authority's own. ${newKey("alice")}`,
    ],
    [
      "for the key of somebody who is there",
      { alice: own, bob: clientOf() },
      { requests: k1, certificates: [certified("bob", 1, { key: "managed" })] },
      `alice.req: its key is already certified for bob. ${newKey("alice")}`,
    ],
    [
      "for the key of somebody who left",
      alice,
      { requests: k1, certificates: [certified("bob", 1, { notAfter: NOW - 1 })] },
      `alice.req: its key is already certified for bob. ${newKey("alice")}`,
    ],
    ...(["Removed", "Declared", "Expired"] as const).map(
      (cause): [string, Readonly<Record<string, Client>>, Facts, string] => [
        `for a key that was revoked (${cause})`,
        alice,
        { requests: k1, certificates: [certified("alice", 1)], revocations: [revocationOf(serialOf(1), { cause })] },
        `alice.req: its key was revoked (certificate ${serialOf(1)}). ${newKey("alice")}`,
      ],
    ),
    [
      "for a key that a reissue gave up, whatever its reason",
      alice,
      {
        requests: k1,
        certificates: [certified("alice", 1)],
        revocations: [revocationOf(serialOf(1), { cause: "Reissued", reason: "superseded" })],
      },
      `alice.req: its key was revoked (certificate ${serialOf(1)}). ${newKey("alice")}`,
    ],
    [
      "for a key that a reissue gives up now",
      { alice: clientOf({ csr: true, reissue: { before: NOW, reason: "keyCompromise" } }) },
      { requests: k1, certificates: [certified("alice", 1)] },
      `alice.req: its key was revoked (certificate ${serialOf(1)}). ${newKey("alice")}`,
    ],
  ])("%s", (_, clients, facts, expected) => {
    expect(refusals(clients, facts)).toEqual([`BadRequest pki/reqs/${expected}`]);
  });

  it("that goes back to a name without saying so, while the key is another's", () => {
    const certificates = [certified("alice", 1, { notAfter: NOW - 1 }), certified("alice-2", 2)];
    expect(refusals(alice, { requests: k1, certificates })).toEqual([
      `BadRequest pki/reqs/alice.req: its key is already certified for alice-2. ${newKey("alice")}`,
    ]);
  });

  it("of who bears a former name, for the key that was taken along, and not of who took it", () => {
    const certificates = [certified("alice", 1), certified("alice-2", 2, { issued: NOW - 1 })];
    const requests = { alice: requestOf("k1"), "alice-2": requestOf("k1") };
    const carriedOut = registryOf({ clients: { "alice-2": clientOf({ csr: true, previously: "alice" }) } });
    expect(refusals({ alice: own, "alice-2": own }, { requests, certificates, carriedOut })).toEqual([
      `BadRequest pki/reqs/alice.req: its key is already certified for alice-2. ${newKey("alice")}`,
    ]);
  });

  it("of who bears a former name, for a key of the renamed client's that ends with its old name", () => {
    const certificates = [
      certified("alice", 1),
      certificateOf({ identity: "alice-2", serial: serialOf(2), issued: NOW - 1 }),
    ];
    const carriedOut = registryOf({ clients: { "alice-2": clientOf({ previously: "alice" }) } });
    expect(refusals({ alice: own, "alice-2": clientOf() }, { requests: k1, certificates, carriedOut })).toEqual([
      `BadRequest pki/reqs/alice.req: its key was revoked (certificate ${serialOf(1)}). ${newKey("alice")}`,
    ]);
  });

  it("for a key that somebody else who is there once had, too", () => {
    const ended = { notAfter: NOW - 1 };
    const certificates = [certified("alice", 1, ended), certified("bob", 2, ended)];
    expect(refusals({ alice: own, bob: clientOf() }, { requests: k1, certificates })).toHaveLength(1);
  });

  it("when two have the same new key: both, and each is told of the other", () => {
    const requests = { zoe: requestOf("k1"), bob: requestOf("k1"), alice: requestOf("k1") };
    expect(refusals({ zoe: own, bob: own, alice: own }, { requests })).toEqual([
      `BadRequest pki/reqs/alice.req: its key is also in the request of bob, zoe; each needs its own. ${newKey("alice")}`,
      `BadRequest pki/reqs/bob.req: its key is also in the request of alice, zoe; each needs its own. ${newKey("bob")}`,
      `BadRequest pki/reqs/zoe.req: its key is also in the request of alice, bob; each needs its own. ${newKey("zoe")}`,
    ]);
  });

  it("of the one who comes second, and not of the one who has the key", () => {
    const facts = { requests: { ...k1, bob: requestOf("k1") }, certificates: [certified("alice", 1)] };
    expect(refusals({ alice: own, bob: own }, facts)).toEqual([
      `BadRequest pki/reqs/bob.req: its key is already certified for alice. ${newKey("bob")}`,
    ]);
  });
});

describe("a request is fine", () => {
  const next = { "alice-2": clientOf({ csr: true, previously: "alice" }) };
  const moved = { "alice-2": requestOf("k1") };
  const both = [certified("alice", 1), certified("alice-2", 2, { subject: "CN=alice-2, O=Example" })];
  it.each<[sentence: string, clients: Readonly<Record<string, Client>>, facts: Facts]>([
    ["for a new key", alice, { requests: k1 }],
    ["for the key that it has", alice, { requests: k1, certificates: [certified("alice", 1)] }],
    [
      "for a key whose certificate was superseded",
      alice,
      {
        requests: k1,
        certificates: [certified("alice", 1)],
        revocations: [revocationOf(serialOf(1), { reason: "superseded", cause: "Superseded" })],
      },
    ],
    [
      "when access is over: it asks for nothing, and that its key went with it is no news",
      { alice: clientOf({ csr: true, expires: NOW }) },
      {
        requests: k1,
        certificates: [certified("alice", 1)],
        revocations: [revocationOf(serialOf(1), { cause: "Expired" })],
      },
    ],
    [
      "when nobody asks for it",
      { alice: clientOf() },
      { requests: { alice: { ok: false, problem: "x", hint: null } } },
    ],
    ["when it is a tombstone's", { alice: clientOf({ csr: true, revoked: "keyCompromise" }) }, {}],
    ["for the key that came along in a rename", next, { requests: moved, certificates: [certified("alice", 1)] }],
    [
      "for the key that came along in a rename, and came along in one before",
      { "alice-3": clientOf({ csr: true, previously: "alice-2" }) },
      { requests: { "alice-3": requestOf("k1") }, certificates: both },
    ],
    [
      "for the key that came along in a rename, when the old certificate has ended",
      next,
      { requests: moved, certificates: [{ ...certified("alice", 1), notAfter: NOW - 1 }, ...both.slice(1)] },
    ],
    [
      "for the key that came along in a rename, when the old certificate is superseded",
      next,
      {
        requests: moved,
        certificates: both,
        revocations: [revocationOf(serialOf(1), { reason: "superseded", cause: "Superseded" })],
      },
    ],
    [
      "for the key that came along in a rename, when the file no longer tells of it",
      { "alice-2": own },
      { requests: moved, certificates: both },
    ],
  ])("%s", (_, clients, facts) => {
    expect(refusals(clients, facts)).toEqual([]);
  });
});

describe("a signer's request for an Ed25519 key", () => {
  const ed25519 = { build: { ...requestOf("k1"), keyType: "ed25519" as const } };
  const refusalsOf = (type: "pkgsrc" | "files", repository: string | null) => {
    const repositories = { nb: repositoryOf("nb", { type }) };
    const signers = { build: signerOf({ csr: true, repository }) };
    return decide(registryOf({ repositories, groups: {}, signers }), stateOf({ requests: ed25519 }), NOW).refusals;
  };

  it("is refused where pkg_install would have to verify with it", () => {
    expect(refusalsOf("pkgsrc", "nb").map(({ message }) => message)).toEqual([
      `pki/reqs/build.req: its key is ed25519, and pkg_install verifies no such signature. ${newKey("build", "of type ec-p256 or rsa-3072 ")}`,
    ]);
  });

  it.each([
    ["files", "nb"],
    ["pkgsrc", null],
  ] as const)("is fine elsewhere (%s, %s)", (type, repository) => {
    expect(refusalsOf(type, repository)).toEqual([]);
  });
});

it("a bad request stops its own client's certificate and nobody else's", () => {
  const clients = { alice: own, bob: own, carol: clientOf() };
  const { list } = decide(registryOf({ clients }), stateOf({ requests: { bob: requestOf("k2") } }), NOW);
  expect(list.map((one) => one.identity)).toEqual(["bob", "carol"]);
});
