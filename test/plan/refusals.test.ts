import { describe, expect, it, test } from "vitest";
import type { Decision } from "../../scripts/model/plan.ts";
import type { Registry } from "../../scripts/model/registry.ts";
import { formatInstant } from "../../scripts/model/time.ts";
import {
  authorityRefusals,
  clockRefusals,
  doubtRefusals,
  entryRefusals,
  type LimitInput,
  limitRefusals,
  lossesOf,
  some,
} from "../../scripts/plan/refusals.ts";
import {
  authorityOf,
  certificateOf,
  clientOf,
  crlOf,
  crowdOf,
  DAY,
  groupOf,
  NOW,
  registryOf,
  revocationOf,
  type Sections,
  serialOf,
  stateOf,
} from "../support/plan-builders.ts";
import { difference } from "../views/plan/samples.ts";

const names = (count: number) => Object.keys(crowdOf(count));

/** So many of so many lose access; the limit is 25 % unless said. */
function limits(lost: number, of: number, fields: Partial<LimitInput> = {}): string[] {
  const before = registryOf({ clients: crowdOf(of) });
  const losses = { clients: names(lost), count: lost };
  const input: LimitInput = { before, after: before, limit: 25, losses, allowLosses: null, now: NOW, ...fields };
  return limitRefusals(input).map(({ code, message }) => `${code}: ${message}`);
}

const allowing = (lose: number, until: number): Registry => registryOf({ limits: { allow: { lose, until } } });

describe("too many losses", () => {
  test("are told with their number, the share, the limit, who, and what to do", () => {
    const who = "c00, c01, c02, c03, c04, c05, c06, c07, c08, c09 and 4 more";
    expect(limits(14, 40)).toEqual([
      `TooManyLosses: 14 of 40 clients (35 %) lose access, over 25 %: ${who}. If this is meant, write limits: { allow: { lose: 14, until: … } } into clients.yaml, or run with --allow-losses 14.`,
    ]);
  });

  it.each<[sentence: string, refused: boolean, lost: number, of: number, fields?: Partial<LimitInput>]>([
    ["are not the limit itself", false, 10, 40],
    ["are one more", true, 11, 40],
    ["are none among nine", false, 9, 9],
    ["are some among ten", true, 3, 10],
    ["are not a quarter of ten", false, 2, 10],
    ["are any with a limit of 0 %", true, 1, 40, { limit: 0 }],
    ["are none with a limit of 0 %, when nobody loses", false, 0, 40, { limit: 0 }],
    ["are none with a limit of 100 %", false, 40, 40, { limit: 100 }],
    ["are none when nothing was carried out before", false, 40, 40, { before: null }],
    ["may be allowed on the command line", false, 14, 40, { allowLosses: 14 }],
    ["may not be allowed with a greater number", true, 14, 40, { allowLosses: 15 }],
    ["may not be allowed with a smaller number", true, 14, 40, { allowLosses: 13 }],
    ["may be allowed in the file", false, 14, 40, { after: allowing(14, NOW + 1) }],
    ["may not be allowed in the file once the instant has come", true, 14, 40, { after: allowing(14, NOW) }],
    ["may not be allowed in the file with another number", true, 14, 40, { after: allowing(13, NOW + 1) }],
  ])("%s", (_, refused, lost, of, fields) => {
    expect(limits(lost, of, fields)).toHaveLength(refused ? 1 : 0);
  });

  test("are counted against who is admitted, not against who stands in the file", () => {
    const clients = { ...crowdOf(40, { suspended: true }), ...crowdOf(10) };
    expect(limits(3, 40, { before: registryOf({ clients }) }).join()).toContain("3 of 10 clients (30 %)");
  });
});

test("who loses a repository or is reissued loses; who only gains does not", () => {
  const access = [
    difference("alice", [], [], { reissued: "superseded" }),
    difference("bob", [], ["x"], { reissued: "keyCompromise" }),
    difference("carol", [], ["x"]),
    difference("dan", ["x"], []),
  ];
  expect(lossesOf(access)).toEqual({ clients: ["alice", "bob", "carol"], count: 3 });
});

describe("a sensitive group", () => {
  const groups = { staff: groupOf(["alpha"], { sensitive: true }), readers: groupOf(["beta"]) };
  const before = registryOf({ groups, clients: { bob: clientOf(), alice: clientOf() } });
  const changed = (clients: Sections["clients"] = {}, more: Sections = {}) => registryOf({ groups, clients, ...more });
  const losses = { clients: ["alice", "bob"], count: 2 };
  it.each<[sentence: string, refused: boolean, after: Registry, fields?: Partial<LimitInput>]>([
    ["may not lose its last client", true, changed()],
    ["may not lose its last client to a suspension", true, changed({ alice: clientOf({ suspended: true }) })],
    ["may not lose its last client to its end", true, changed({ alice: clientOf({ expires: NOW }) })],
    [
      "may not lose its last client and its name",
      true,
      registryOf({ groups: {}, clients: { alice: clientOf({ groups: [] }) } }),
    ],
    ["may not lose its last client and its sensitivity", true, registryOf()],
    ["may lose all but one", false, changed({ bob: clientOf() })],
    ["may change its last client for another", false, changed({ carol: clientOf() })],
    ["may lose its last client when that is allowed", false, changed(), { allowLosses: 2 }],
    [
      "may lose its last client when the file allows it",
      false,
      changed({}, { limits: { allow: { lose: 2, until: NOW + 1 } } }),
    ],
    ["that nobody was in may stay empty", false, changed(), { before: registryOf({ groups }) }],
  ])("%s", (_, refused, is, fields) => {
    const input: LimitInput = { before, after: is, limit: 25, losses, allowLosses: null, now: NOW, ...fields };
    expect(limitRefusals(input).map(({ code }) => code)).toEqual(refused ? ["LastSensitiveClient"] : []);
  });

  test("is told by name, with who was in it by theirs", () => {
    const input: LimitInput = { before, after: changed(), limit: 25, losses, allowLosses: null, now: NOW };
    expect(limitRefusals(input)[0]?.message).toMatch(
      /^sensitive group staff loses its last client \(alice, bob\)\. If/,
    );
  });
});

describe("the authority", () => {
  it.each<[sentence: string, authority: Sections["authority"], code: string[]]>([
    ["as it is is fine", {}, []],
    ["with another lifetime is fine: its certificate says how long", { lifetime: 5 }, []],
    ["with another name is another", { commonName: "X" }, ["AuthorityChanged"]],
    ["with another organization is another", { organization: "X" }, ["AuthorityChanged"]],
    ["with a country is another", { country: "DE" }, ["AuthorityChanged"]],
    ["with another type of key is another", { key: "rsa-4096" }, ["AuthorityChanged"]],
  ])("%s", (_, authority = {}, codes) => {
    expect(authorityRefusals(registryOf({ authority }), stateOf()).map(({ code }) => code)).toEqual(codes);
  });

  it("that is not there is none", () => {
    expect(authorityRefusals(registryOf(), stateOf({ authority: null }))).toMatchObject([{ code: "NoAuthority" }]);
    expect(authorityRefusals(registryOf(), stateOf({ authority: authorityOf() }))).toEqual([]);
  });
});

describe("the clock", () => {
  const crl = crlOf();
  const revocations = [revocationOf(serialOf(1), { at: NOW - 50 })];
  const certificates = [certificateOf({ issued: NOW - 40 })];
  const state = stateOf({ crl, revocations, certificates });
  it.each<[sentence: string, now: number, given: ReturnType<typeof stateOf>, code: string[], about: string]>([
    ["is right at the second of what was signed last", NOW - 40, state, [], ""],
    [
      "is behind a certificate",
      NOW - 41,
      state,
      ["ClockBehind"],
      `certificate ${serialOf(1)} is from ${formatInstant(NOW - 40)}`,
    ],
    [
      "is behind a revocation",
      NOW - 51,
      stateOf({ crl, revocations }),
      ["ClockBehind"],
      `the revocation of ${serialOf(1)}`,
    ],
    [
      "is right before a certificate that a clock ahead made, once that is on a CRL",
      NOW - 45,
      stateOf({
        crl: crlOf({ entries: new Map([[serialOf(1), { serial: serialOf(1), at: NOW + DAY, reason: "superseded" }]]) }),
        revocations: [revocationOf(serialOf(1), { at: NOW + DAY })],
        certificates,
      }),
      [],
      "",
    ],
    ["is behind the CRL", crl.thisUpdate - 1, stateOf({ crl }), ["ClockBehind"], "the last CRL is from"],
    ["is right a year after the CRL's end", crl.nextUpdate + 366 * DAY, state, [], ""],
    ["is ahead a second later", crl.nextUpdate + 366 * DAY + 1, state, ["ClockAhead"], "run once with --now"],
    ["is right whatever it says where nothing was signed", 0, stateOf(), [], ""],
  ])("%s", (_, now, given, codes, about) => {
    const refusals = clockRefusals(given, now);
    expect(refusals.map(({ code }) => code)).toEqual(codes);
    expect(refusals.map(({ message }) => message).join()).toContain(about);
  });
});

describe("the state is doubted", () => {
  it("for what could not be read, with where and why", () => {
    const doubts = [{ path: "pki/crl.pem", message: "is cut short" }];
    expect(doubtRefusals(stateOf({ doubts }))).toEqual([
      { code: "StateDoubtful", message: "pki/crl.pem: is cut short" },
    ]);
  });
});

const decidedOn = (list: readonly Decision[]) => ({ list, review: { sound: new Map(), refused: new Map() } });

describe("one entry is refused", () => {
  it.each<[sentence: string, lost: boolean, given: ReturnType<typeof stateOf>, now?: number]>([
    ["for a live managed certificate without its key", true, stateOf({ certificates: [certificateOf()], keys: [] })],
    ["not for one with its key", false, stateOf({ certificates: [certificateOf()] })],
    ["not for a requested one", false, stateOf({ certificates: [certificateOf({ key: "request" })], keys: [] })],
    [
      "not for a revoked one",
      false,
      stateOf({ certificates: [certificateOf()], keys: [], revocations: [revocationOf(serialOf(1))] }),
    ],
    [
      "not for one that has ended",
      false,
      stateOf({ certificates: [certificateOf()], keys: [] }),
      certificateOf().notAfter + 1,
    ],
  ])("%s", (_, lost, given, now = NOW) => {
    expect(entryRefusals(given, now, decidedOn([])).map(({ code }) => code)).toEqual(lost ? ["KeyLost"] : []);
  });

  it("for what has its file's place, and once where that is its key's", () => {
    const key = `pki/private/by_serial/${serialOf(1)}.key`;
    const given = stateOf({ certificates: [certificateOf()], keys: [], blocked: { [key]: "is a directory" } });
    expect(entryRefusals(given, NOW, decidedOn([]))).toMatchObject([
      { code: "PathBlocked", message: expect.stringContaining(`${key}: is a directory`) },
    ]);
  });

  it("not for a lost key whose certificate is revoked in this very plan", () => {
    const given = stateOf({ certificates: [certificateOf()], keys: [] });
    const { serial, identity } = certificateOf();
    const revoke = { kind: "revoke", due: "registry", identity, serial, message: "" } as const;
    const reissued = { ...revoke, reason: "keyCompromise", cause: "Reissued" } as const;
    expect(entryRefusals(given, NOW, decidedOn([reissued]))).toEqual([]);
  });
});

it("ten names are told, and how many more", () => {
  expect(some(names(10))).toBe("c00, c01, c02, c03, c04, c05, c06, c07, c08, c09");
  expect(some(names(11))).toMatch(/c09 and 1 more$/);
});
