import { describe, expect, it } from "vitest";
import type { Client, Registry } from "../../scripts/model/registry.ts";
import {
  certificateOf,
  clientOf,
  type Facts,
  fingerprintOf,
  NOW,
  registryOf,
  requestOf,
  revocationOf,
  serialOf,
} from "../support/plan-builders.ts";
import { decided } from "../support/plan-one.ts";

const FARM = certificateOf({ identity: "farm" });
const before = registryOf({ clients: { farm: clientOf() } });

/** The messages of what is issued. */
function told(clients: Readonly<Record<string, Client>>, facts: Facts, carriedOut: Registry | null = before): string[] {
  return decided(registryOf({ clients }), { ...facts, carriedOut }).flatMap((one) =>
    one.kind === "issue" ? [one.message] : [],
  );
}

describe("an issue says why `previously` makes no rename", () => {
  it.each<[sentence: string, expected: string, previously: string, client: Partial<Client>, facts: Facts]>([
    [
      "when nobody ever had the name, with the one that was meant",
      "nobody here was ever called fram; did you mean farm?",
      "fram",
      {},
      { certificates: [FARM] },
    ],
    [
      "when nobody ever had the name, and nobody leaves",
      "nobody here was ever called fram",
      "fram",
      {},
      { certificates: [FARM], revocations: [revocationOf(FARM.serial)] },
    ],
    [
      "when another key comes",
      "farm is no rename, since its key does not go on: farm leaves, farm-2 comes",
      "farm",
      { csr: true },
      {
        certificates: [{ ...FARM, key: "request", fingerprint: fingerprintOf("k1") }],
        requests: { "farm-2": requestOf("k2") },
      },
    ],
  ])("%s", (_, expected, previously, client, facts) => {
    const clients = { "farm-2": clientOf({ previously, ...client }) };
    expect(told(clients, facts)).toEqual([`it has no valid certificate; previously: ${expected}`]);
  });
});

describe("an issue says nothing of `previously`", () => {
  const plain = ["it has no valid certificate"];
  it.each<[sentence: string, previously: string, facts: Facts, carriedOut: Registry | null]>([
    ["that is stale: all its certificates are revoked", "farm", gone(), registryOf()],
    [
      "that is stale: all its certificates have ended",
      "farm",
      { certificates: [{ ...FARM, notAfter: NOW - 1 }] },
      registryOf(),
    ],
    ["of somebody who never had a certificate", "farm", {}, before],
    ["before anything was carried out", "fram", {}, null],
  ])("%s", (_, previously, facts, carriedOut) => {
    expect(told({ "farm-2": clientOf({ previously }) }, facts, carriedOut)).toEqual(plain);
  });

  it("that is a rename", () => {
    const [message] = told({ "farm-2": clientOf({ previously: "farm" }) }, { certificates: [FARM] });
    expect(message).toMatch(/^its certificate says CN=farm, /);
  });

  it("that was carried out, when the client needs another one later", () => {
    const certificates = [
      { ...FARM, notAfter: NOW - 1 },
      certificateOf({ identity: "farm-2", serial: serialOf(2), notAfter: NOW - 1 }),
    ];
    expect(told({ "farm-2": clientOf({ previously: "farm" }) }, { certificates }, registryOf())).toEqual(plain);
  });
});

function gone(): Facts {
  return { certificates: [FARM], revocations: [revocationOf(FARM.serial)] };
}
