import { describe, expect, it, test } from "vitest";
import * as paths from "../../scripts/model/layout.ts";
import type { Client } from "../../scripts/model/registry.ts";
import type { Certificate } from "../../scripts/model/state.ts";
import { compareFiles, derivedFiles, strayFiles } from "../../scripts/plan/files.ts";
import {
  certificateOf,
  clientOf,
  DAY,
  type Facts,
  NOW,
  registryOf,
  requestOf,
  revocationOf,
  serialOf,
  serverOf,
  stateOf,
  VERSION,
} from "../support/plan-builders.ts";

const ONE = certificateOf();
const NEWER = certificateOf({ serial: serialOf(2), issued: NOW - DAY });

function derived(fields: Partial<Client>, facts: Facts, now = NOW): Map<string, string> {
  const files = derivedFiles(registryOf({ clients: { alice: clientOf(fields) } }), stateOf(facts), now, VERSION);
  return new Map(files.map((file) => [file.path, "text" in file ? file.text : `copy of ${file.copyOf}`]));
}

describe("pki/issued, the key beside it and the map of nginx", () => {
  const hold = { serial: ONE.serial, at: NOW };
  const both = [ONE, NEWER];
  it.each<
    [sentence: string, newest: Certificate | null, admitted: Certificate[], client: Partial<Client>, facts: Facts]
  >([
    ["have the certificate that is valid", ONE, [ONE], {}, { certificates: [ONE] }],
    ["have the newest, and admit all", NEWER, both, {}, { certificates: [NEWER, ONE] }],
    [
      "have what is left when the newest is revoked",
      ONE,
      [ONE],
      {},
      { certificates: both, revocations: [revocationOf(NEWER.serial)] },
    ],
    [
      "have what is left when the newest is held",
      ONE,
      [ONE],
      {},
      { certificates: both, holds: [{ ...hold, serial: NEWER.serial }] },
    ],
    ["have nothing of a certificate that is held", null, [], {}, { certificates: [ONE], holds: [hold] }],
    ["have nothing of one that has ended", null, [], {}, { certificates: [{ ...ONE, notAfter: NOW - 1 }] }],
    ["have nothing of the suspended, held or not", null, [], { suspended: true }, { certificates: [ONE] }],
    ["have nothing of a tombstone, revoked or not", null, [], { revoked: "unspecified" }, { certificates: [ONE] }],
    ["have nothing from the second on in which access ends", null, [], { expires: NOW }, { certificates: [ONE] }],
    ["have everything in the second before", ONE, [ONE], { expires: NOW + 1 }, { certificates: [ONE] }],
    ["have nothing of somebody who is gone", null, [], {}, { certificates: [{ ...ONE, identity: "bob" }] }],
  ])("%s", (_, newest, admitted, client, facts) => {
    const files = derived(client, facts);
    expect(files.get("pki/issued/alice.crt")).toBe(newest?.pem);
    expect(files.get("pki/private/alice.key")).toBe(
      newest ? `copy of pki/private/by_serial/${newest.serial}.key` : undefined,
    );
    const listed = files.get("pki/nginx/clients.map")?.match(/s:[0-9A-F]+ "alice"/g) ?? [];
    expect(listed).toEqual(admitted.map(({ serial }) => `s:${serial} "alice"`));
  });

  it("have no key of a client that brings its own", () => {
    const files = derived({ csr: true }, { certificates: [{ ...ONE, key: "request" }] });
    expect([...files.keys()].filter((path) => path.includes("alice"))).toEqual(["pki/issued/alice.crt"]);
  });

  it("have a renamed client's certificates under its new name", () => {
    const registry = registryOf({ clients: { "alice-2": clientOf({ previously: "alice" }) } });
    const files = derivedFiles(registry, stateOf({ certificates: [ONE] }), NOW, VERSION);
    expect(files.map(({ path }) => path)).toContain("pki/issued/alice-2.crt");
    expect(files.map(({ path }) => path)).not.toContain("pki/issued/alice.crt");
  });

  it("admit no server and no signer as a client", () => {
    const certificates = [certificateOf({ identity: "s1", kind: "server" })];
    const files = derivedFiles(registryOf({ servers: { s1: serverOf() } }), stateOf({ certificates }), NOW, VERSION);
    const map = files.find(({ path }) => path === "pki/nginx/clients.map");
    expect(map && "text" in map ? map.text : "").not.toContain(ONE.serial);
    expect(files.map(({ path }) => path)).toContain("pki/issued/s1.crt");
  });
});

test("pki/registry.yaml comes last, with the version that did it", () => {
  const files = [...derived({}, {})];
  expect(files.at(-1)).toEqual([paths.CARRIED_OUT, expect.stringContaining(`"version":"${VERSION}"`)]);
});

describe("compared with what is there, a file", () => {
  const labels = { due: "time", upgraded: false } as const;
  const wanted = [
    { path: "pki/index.txt", text: "a" },
    { path: paths.CARRIED_OUT, text: "r" },
    { path: "pki/private/alice.key", copyOf: "pki/private/by_serial/01.key" },
  ];
  const there = {
    "pki/index.txt": "a",
    [paths.CARRIED_OUT]: "r",
    "pki/private/alice.key": "k",
    "pki/private/by_serial/01.key": "k",
  };
  const compare = (files: Readonly<Record<string, string>>, strays: string[] = [], upgraded = false) =>
    compareFiles(wanted, stateOf({ files, keys: ["01"] }), strays, { ...labels, upgraded }).map(
      (one) => `${one.reason} ${one.path}`,
    );
  const without = (path: string) => Object.fromEntries(Object.entries(there).filter(([name]) => name !== path));

  it.each<[sentence: string, changes: string[], found: string[]]>([
    ["that is as it should be is left alone", [], compare(there)],
    ["that is not there is missing", ["Missing pki/index.txt"], compare(without("pki/index.txt"))],
    ["that differs has drifted", ["Drifted pki/index.txt"], compare({ ...there, "pki/index.txt": "b" })],
    [
      "that differs after an upgrade is upgraded",
      ["Upgraded pki/index.txt"],
      compare({ ...there, "pki/index.txt": "b" }, [], true),
    ],
    [
      "that is a copy follows its original",
      ["Drifted pki/private/alice.key"],
      compare({ ...there, "pki/private/by_serial/01.key": "new" }),
    ],
    [
      "that nothing calls for is stray, unless something does",
      ["Stray pki/issued/x.crt"],
      compare(there, ["pki/issued/x.crt", "pki/index.txt"]),
    ],
    [
      "stands by its path, but what was carried out stands last",
      [
        "Stray pki/a",
        "Missing pki/index.txt",
        "Missing pki/private/alice.key",
        "Stray pki/z",
        "Missing pki/registry.yaml",
      ],
      compare({ "pki/private/by_serial/01.key": "k" }, ["pki/z", "pki/a"]),
    ],
  ])("%s", (_, changes, found) => {
    expect(found).toEqual(changes);
  });

  it("keeps its last form where the key that it copies is gone, or something else has its place", () => {
    const gone = without("pki/private/by_serial/01.key");
    expect(compareFiles(wanted, stateOf({ files: gone }), [], labels)).toEqual([]);
    const blocked = { "pki/private/alice.key": "is a directory" };
    const taken = stateOf({ files: without("pki/private/alice.key"), keys: ["01"], blocked });
    expect(compareFiles(wanted, taken, [], labels)).toEqual([]);
  });
});

test("a copy of a key that is gone keeps its last form; one of a key that is yet to be made is called for", () => {
  const wanted = ["01", "02"].map((serial) => ({
    path: `pki/private/c${serial}.key`,
    copyOf: paths.path.keyBySerial(serial),
  }));
  const state = stateOf({ keys: ["02"] });
  expect(compareFiles(wanted, state, [], { due: "time", upgraded: false }).map(({ path }) => path)).toEqual([
    "pki/private/c02.key",
  ]);
});

describe("stray is", () => {
  const registry = registryOf({ clients: { alice: clientOf(), own: clientOf({ csr: true }) } });
  const last = registryOf({ clients: { bob: clientOf({ csr: true }), own: clientOf({ csr: true }) } });
  const KEY = paths.path.keyBySerial(ONE.serial);
  it.each<[sentence: string, path: string | null, facts: Facts]>([
    ["what lies in a derived directory", "pki/nginx/x.map", { files: { "pki/nginx/x.map": "" } }],
    [
      "the key under the name of somebody who had a certificate",
      "pki/private/alice.key",
      { files: { "pki/private/alice.key": "" }, certificates: [ONE] },
    ],
    ["no key of a name that we do not know", null, { files: { "pki/private/mine.key": "" } }],
    [
      "not the authority's key",
      null,
      { files: { "pki/private/ca.key": "" }, certificates: [certificateOf({ identity: "ca" })] },
    ],
    ["no fact", null, { files: { "pki/ca.crt": "", "pki/crl.pem": "", "pki/registry.yaml": "", "pki/README.md": "" } }],
    [
      "the key of a certificate that was revoked",
      KEY,
      { certificates: [ONE], revocations: [revocationOf(ONE.serial)] },
    ],
    ["the key of a certificate that has ended", KEY, { certificates: [{ ...ONE, notAfter: NOW - 1 }] }],
    ["the key of a killed run, whose certificate was never made", KEY, { keys: [ONE.serial] }],
    [
      "no key of a live certificate, held or not",
      null,
      { certificates: [ONE], holds: [{ serial: ONE.serial, at: NOW }] },
    ],
    ["the request of somebody who left", "pki/reqs/bob.req", { requests: { bob: requestOf("k") }, carriedOut: last }],
    ["not the request of somebody who stays", null, { requests: { own: requestOf("k") }, carriedOut: last }],
    ["not the request of somebody who is to come", null, { requests: { zoe: requestOf("k") }, carriedOut: last }],
  ])("%s", (_, path, facts) => {
    expect(strayFiles(registry, stateOf(facts), NOW)).toEqual(path === null ? [] : [path]);
  });
});
