import { describe, expect, it } from "vitest";
import type { Registry } from "../../scripts/model/registry.ts";
import type { State } from "../../scripts/model/state.ts";
import { digestOf } from "../../scripts/plan/full-plan.ts";
import { makePlan, NO_POLICY, type PlanInput } from "../../scripts/plan/index.ts";
import {
  certificateOf,
  clientOf,
  crlOf,
  DAY,
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
import { stored } from "../support/plan-texts.ts";

const REGISTRY = registryOf({ clients: { alice: clientOf(), bob: clientOf({ csr: true }) } });
const STATE = stateOf({ certificates: [certificateOf()], requests: { bob: requestOf("k1") }, crl: crlOf() });
const COMMIT = "1".repeat(40);

function digest(registry: Registry | null = REGISTRY, state: State = STATE, more: Partial<PlanInput> = {}): string {
  const input = { registry, problems: [], state, now: NOW, version: VERSION, policy: NO_POLICY };
  return makePlan({ ...input, ...more }).plan.digest;
}

it("is a SHA-256 in lower-case hex", () => {
  expect(digest()).toMatch(/^sha256:[0-9a-f]{64}$/);
});

it("is one also when nothing can be planned", () => {
  expect(digest(null)).toMatch(/^sha256:[0-9a-f]{64}$/);
});

describe("the digest is the same", () => {
  const reversed = { ...REGISTRY, clients: new Map([...REGISTRY.clients].reverse()) };
  const locked = { ...STATE, files: new Map([["pki/private/alice.key", stored("\0GITCRYPT\0")]]) };
  it.each<[sentence: string, same: string]>([
    ["whatever it is compared with", digest(REGISTRY, STATE, { base: { registry: registryOf(), commit: COMMIT } })],
    [
      "whether there is anything to compare with",
      digest(REGISTRY, STATE, { base: { registry: null, commit: COMMIT } }),
    ],
    ["days later, when time decides nothing", digest(REGISTRY, STATE, { now: NOW + 10 * DAY })],
    ["when the CRL is due", digest(REGISTRY, STATE, { now: NOW + 25 * DAY })],
    ["whatever the order in the file", digest(reversed)],
    ["whatever derived files look like, and locked ones", digest(REGISTRY, locked)],
    [
      "whoever judges the plan",
      digest(REGISTRY, STATE, {
        policy: { ...NO_POLICY, allowLosses: 5, faults: [{ path: "pki/x", fault: "edited" as const }] },
      }),
    ],
    ["in another version", digest(REGISTRY, STATE, { version: "9" })],
  ])("%s", (_, same) => {
    expect(same).toBe(digest());
  });
});

it("is the same in other words", () => {
  const hold = { kind: "hold", due: "registry", identity: "alice", serial: serialOf(1) } as const;
  const [one, other] = ["a", "b"].map((message) => digestOf(REGISTRY, [{ ...hold, message }]));
  expect(one).toBe(other);
  expect(one).not.toBe(digestOf(REGISTRY, []));
});

describe("the digest is another", () => {
  const group = new Map(REGISTRY.groups).set("staff", groupOf(["alpha"]));
  it.each<[sentence: string, other: string]>([
    ["when a group reaches less", digest({ ...REGISTRY, groups: group })],
    ["when a client is gone", digest(withClients(REGISTRY, { alice: null }))],
    ["when a contact is another", digest(withClients(REGISTRY, { alice: clientOf({ contact: "x@example.com" }) }))],
    ["when limits are", digest({ ...REGISTRY, limits: { ...REGISTRY.limits, lose: 99 } })],
    ["when the key in a request is", digest(REGISTRY, { ...STATE, requests: new Map([["bob", requestOf("k2")]]) })],
    [
      "when another certificate is to be revoked",
      digest(withClients(REGISTRY, { alice: null }), {
        ...STATE,
        certificates: new Map([[serialOf(2), certificateOf({ serial: serialOf(2) })]]),
      }),
    ],
    [
      "when a certificate has been revoked meanwhile",
      digest(REGISTRY, { ...STATE, revocations: new Map([[serialOf(1), revocationOf(serialOf(1))]]) }),
    ],
    ["when time decides: a renewal is due", digest(REGISTRY, STATE, { now: certificateOf().notAfter - 30 * DAY })],
  ])("%s", (_, other) => {
    expect(other).not.toBe(digest());
  });

  it("each time", () => {
    const gone = withClients(REGISTRY, { alice: null });
    const other = { ...STATE, certificates: new Map([[serialOf(2), certificateOf({ serial: serialOf(2) })]]) };
    expect(digest(gone, other)).not.toBe(digest(gone));
  });
});
