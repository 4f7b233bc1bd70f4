import { describe, expect, it } from "vitest";
import { EVERYTHING, type StatusFilter, statusOf } from "../../../scripts/views/status/index.ts";
import { ROWS_ON_TERMINAL, statusText } from "../../../scripts/views/status/text.ts";
import { statusJson } from "../../../scripts/views/status/words.ts";
import { PLAIN } from "../../../scripts/views/style.ts";
import { certificate, client, DAY, NOW, registry, state } from "./status-samples.ts";

const server = {
  ...client(),
  software: "nginx",
  names: ["pkg.example.com"],
  certificate: { file: "/etc/cert.pem", key: "/etc/key.pem", ca: null },
  listen: [],
  redirect: [],
  url: "https://pkg.example.com",
  repositories: ["bookworm"],
  services: [],
  home: "bookworm",
  deploy: { to: "local", directory: null, canary: null, said: false },
  rate: null,
  backend: null,
} as const;

const HELD = { held: ["5A"] };
const REVOKED = { revoked: ["5A"] };
const stateOf = (...given: Parameters<typeof statusOf>) => statusOf(...given).identities.map((row) => row.state);

describe("the state of an identity", () => {
  it.each([
    ["valid with a good certificate", client(), [certificate("a", "5A", 100)], {}, "valid"],
    ["missing when there never was one", client(), [], {}, "missing"],
    ["missing when all are revoked", client(), [certificate("a", "5A", 100)], REVOKED, "missing"],
    ["expired when the newest has ended", client(), [certificate("a", "5A", -1)], {}, "expired"],
    ["renewing in its last second", client({ renewBefore: 0 }), [certificate("a", "5A", 0)], {}, "renewing"],
    ["renewing from renew_before on", client(), [certificate("a", "5A", 30)], {}, "renewing"],
    ["not yet renewing a day before that", client(), [certificate("a", "5A", 31)], {}, "valid"],
    [
      "valid when a successor is there",
      client(),
      [certificate("a", "5A", 10), certificate("a", "5B", 300)],
      {},
      "valid",
    ],
    [
      "the older one's when the newest is revoked",
      client(),
      [certificate("a", "5A", 10), certificate("a", "5B", 300)],
      { revoked: ["5B"] },
      "renewing",
    ],
    ["held when only the hold is left of a suspension", client(), [certificate("a", "5A", 100)], HELD, "held"],
    ["suspended once that is done", client({ suspended: true }), [certificate("a", "5A", 100)], HELD, "suspended"],
    ["suspending before", client({ suspended: true }), [certificate("a", "5A", 100)], {}, "suspending"],
    ["ended when expires has come", client({ expires: NOW }), [certificate("a", "5A", -1)], {}, "ended"],
    ["revoking while its certificate goes on", client({ expires: NOW }), [certificate("a", "5A", 100)], {}, "revoking"],
    ["revoking when it outlives its access", client({ expires: NOW + 1 }), [certificate("a", "5A", 9)], {}, "revoking"],
    ["ending when expires caps it", client({ expires: NOW + 9 * DAY }), [certificate("a", "5A", 9)], {}, "ending"],
    ["revoked for a tombstone", client({ revoked: "keyCompromise" }), [certificate("a", "5A", 9)], REVOKED, "revoked"],
    ["revoking before", client({ revoked: "keyCompromise" }), [certificate("a", "5A", 100)], {}, "revoking"],
    [
      "revoking when it is reissued",
      client({ reissue: { before: NOW, reason: "keyCompromise" } }),
      [certificate("a", "5A", 100)],
      {},
      "revoking",
    ],
    ["renewing when it is renamed", client({ previously: "b" }), [certificate("b", "5A", 100)], {}, "renewing"],
    [
      "missing when the certificate is another's",
      client(),
      [certificate("a", "5A", 100, { kind: "server" })],
      {},
      "removed,missing",
    ],
  ])("is %s", (_, one, certificates, marks, expected) => {
    expect(stateOf(registry({ a: one }), state(certificates, marks), NOW).join()).toBe(expected);
  });

  it("is external for a server that brings its own certificate", () => {
    const ours = registry({}, { servers: new Map([["pkg", server]]) });
    expect(statusOf(ours, state([]), NOW).identities).toMatchObject([
      { state: "external", repositories: ["bookworm"] },
    ]);
  });

  it("is removed for who left with a good certificate, and nothing for who left with none", () => {
    const certificates = [certificate("gone", "5A", 100), certificate("past", "5B", -1), certificate("out", "5C", 100)];
    const { identities } = statusOf(registry({}), state(certificates, { revoked: ["5C"] }), NOW);
    expect(identities).toMatchObject([{ name: "gone", state: "removed", repositories: [] }]);
  });
});

const CLIENTS = registry({
  calm: client(),
  late: client({ groups: ["subscribers"] }),
  later: client(),
  bare: client({ groups: ["subscribers"] }),
  away: client({ suspended: true }),
});
const STATE = state(
  [
    certificate("calm", "5A", 300),
    certificate("later", "5B", 20),
    certificate("late", "5C", 10),
    certificate("calm", "5D", 40),
  ],
  { revoked: ["5D"] },
);
const filter = (parts: Partial<StatusFilter>) => statusOf(CLIENTS, STATE, NOW, { ...EVERYTHING, ...parts });

describe("the list", () => {
  it("begins with the soonest trouble", () => {
    expect(statusOf(CLIENTS, STATE, NOW).identities.map(({ name }) => name)).toEqual([
      "bare",
      "late",
      "later",
      "calm",
      "away",
    ]);
  });

  it.each([
    ["by client", { client: "late" }, ["late"]],
    ["by repository, as the registry gives it", { repository: "packages-dev" }, ["later", "calm"]],
    ["by both", { client: "late", repository: "packages-dev" }, []],
    ["by serial", { serial: "5C".repeat(16) }, ["late"]],
    ["by an unknown serial", { serial: "00" }, []],
  ])("is narrowed %s", (_, parts, names) => {
    expect(filter(parts).identities.map(({ name }) => name)).toEqual(names);
  });

  it("says of a serial what became of that very certificate", () => {
    expect(filter({ serial: "5D".repeat(16) }).identities).toMatchObject([{ state: "revoked", repositories: [] }]);
    expect(filter({ serial: "5A".repeat(16) }).identities).toMatchObject([{ state: "valid", services: ["postgres"] }]);
  });

  it("falls back on what was carried out when the registry cannot be read", () => {
    const carried = {
      ...STATE,
      carriedOut: { registry: registry({ late: client() }), format: 1, version: "1", number: 1 },
    };
    expect(statusOf(null, carried, NOW, { ...EVERYTHING, client: "late" }).identities).toMatchObject([
      { state: "renewing" },
    ]);
    expect(stateOf(null, STATE, NOW)).toEqual(["valid", "valid", "valid"]);
  });
});

it("JSON has the fields of the contract in their order, instants as text", () => {
  expect(statusJson(filter({ client: "late" }))).toMatchInlineSnapshot(`
    "{
      "asOf": "2026-11-21T12:00:00Z",
      "authority": {
        "subject": "CN=CA, O=Example Ltd",
        "notAfter": "2036-11-18T12:00:00Z"
      },
      "crl": {
        "number": 1795262400,
        "thisUpdate": "2026-11-21T12:00:00Z",
        "nextUpdate": "2026-12-21T12:00:00Z"
      },
      "identities": [
        {
          "name": "late",
          "kind": "client",
          "serial": "5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C",
          "notAfter": "2026-12-01T12:00:00Z",
          "state": "renewing",
          "repositories": [
            "bookworm"
          ],
          "services": []
        }
      ]
    }
    "
  `);
  const empty = statusOf(registry({}), { ...state([]), authority: null, crl: null }, NOW);
  expect(JSON.parse(statusJson(empty))).toEqual({
    asOf: "2026-11-21T12:00:00Z",
    authority: null,
    crl: null,
    identities: [],
  });
});

describe("text", () => {
  const text = (rows: number | null = null, parts: Partial<StatusFilter> = {}) =>
    statusText(filter(parts), { style: PLAIN, width: 80, rows });

  it("is one screen", () =>
    expect(text()).toMatchInlineSnapshot(`
    "Authority  CN=CA, O=Example Ltd, ends 2036-11-18T12:00:00Z, in 3,650 days
    CRL        number 1795262400, ends 2026-12-21T12:00:00Z, in 30 days

    5 identities: 1 missing, 2 renewing, 1 valid, 1 suspended

    state      ends        kind    name   repositories and services
    missing                client  bare   bookworm
    renewing   2026-12-01  client  late   bookworm
    renewing   2026-12-11  client  later  bookworm, packages-dev and postgres
    valid      2027-09-17  client  calm   bookworm, packages-dev and postgres
    suspended              client  away   -
    "
  `));
  it("shows a single identity in full", () =>
    expect(text(null, { client: "late" })).toMatchInlineSnapshot(`
      "Authority  CN=CA, O=Example Ltd, ends 2036-11-18T12:00:00Z, in 3,650 days
      CRL        number 1795262400, ends 2026-12-21T12:00:00Z, in 30 days

      Name         late (client)
      State        renewing
      Serial       5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C5C
      Certificate  ends 2026-12-01T12:00:00Z, in 10 days
      Reaches      bookworm
      Next         renew: its certificate ends 2026-12-01T12:00:00Z
      "
    `));
  it("says so when nobody is found", () => expect(text(null, { client: "nobody" })).toContain("Nobody."));

  it("is loud about a CRL that has ended", () => {
    const late = statusOf(CLIENTS, STATE, NOW + 31 * DAY);
    const words = statusText(late, { style: PLAIN, width: 80, rows: null }).replace(/\s+/g, " ");
    expect(words).toContain("ended 2026-12-21T12:00:00Z: every client is locked out");
  });

  it("shows a terminal those in trouble, and how many are left", () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`client${n}`, client()]));
    const status = statusOf(registry(many), state([certificate("client0", "5A", 300)]), NOW);
    const lines = statusText(status, { style: PLAIN, width: 80, rows: ROWS_ON_TERMINAL }).split("\n");
    expect(lines.length).toBeLessThan(50);
    expect(lines.join("\n")).toContain("10,000 identities: 9,999 missing, 1 valid");
    expect(lines.join("\n")).toContain("… and 9,960 more");
    expect(statusText(status, { style: PLAIN, width: 80, rows: null }).split("\n").length).toBeGreaterThan(10_000);
  });

  it("stays within 80 columns, whatever the names", () => {
    const long = "x".repeat(63);
    const groups = new Map([
      ["staff", { repositories: Array.from({ length: 30 }, (_, n) => `repo${n}`), services: [], sensitive: false }],
    ]);
    const status = statusOf(registry({ [long]: client(), short: client() }, { groups }), state([]), NOW);
    const lines = statusText(status, { style: PLAIN, width: 80, rows: null }).split("\n");
    expect(lines.filter((line) => line.length > 80 && !line.includes(long))).toEqual([]);
  });
});
