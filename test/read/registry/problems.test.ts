import { describe, expect, test } from "vitest";
import { at, below, client, section } from "./below.ts";

describe("a client", () => {
  test.each([
    ["groups: [staf]", "10:21", 'groups: there is no group "staf" (did you mean staff?)'],
    ["groups: [qqqqqq]", "10:21", 'groups: there is no group "qqqqqq" (groups are staff, all)'],
    ["groups: staff", "10:20", 'groups must be a list, not "staff" (in brackets: [staff])'],
    ["groups: [staff, staff]", "10:28", 'groups has "staff" twice'],
    ["grups: [staff]", "10:12", 'clients.alice has no key "grups" (did you mean groups?)'],
    ["constructor: 1", "10:12", /^clients\.alice has no key "constructor"/],
    ["__proto__: {}", "10:12", /^clients\.alice has no key "__proto__"/],
    ["csr: true", "10:3", "alice has csr: true, and there is no pki/reqs/alice.req (add its certificate request)"],
    ["csr: yes", "10:17", 'csr must be true or false, not "yes"'],
    ["csr: false, csr: false", "10:24", 'clients.alice has the key "csr" twice'],
    ["expires: soon", "10:21", /^expires must be a date such as 2027-06-30, .* not "soon"$/],
    ["expires: 2027-02-30", "10:21", /^expires must be a date/],
    ["expires: 2027-06-30T12:00:00", "10:21", /^expires must be a date.*with its zone/],
    ["groups: [staff], home: deb", "10:35", 'home: alice may not reach "deb" (its groups give it dev)'],
    ["home: dev", "10:18", 'home: alice may not reach "dev" (its groups give it no repository)'],
    ["groups: [staff], home: dv", "10:35", 'home: there is no repository "dv" (did you mean dev?)'],
    ["previously: alice", "10:24", "previously: alice cannot have been itself"],
    ["previously: Alice", "10:24", /^previously must be a name: lower-case/],
    ["suspended: 1", "10:23", 'suspended must be true or false, not "1"'],
    ["reissue: {}", "10:21", "reissue lacks before"],
    ["reissue: { before: 2026-11-21T12:00:01Z }", "10:31", "before is in the future: it is 2026-11-21T12:00:00Z now"],
    [
      "reissue: { before: 2026-11-20, reason: keyCompromised }",
      "10:51",
      /^reason must be one of .* \(did you mean keyCompromise\?\)$/,
    ],
    ["reissue: 2026-11-20", "10:21", /^reissue must be a mapping, not "2026-11-20"/],
    ["revoked: stolen", "10:21", /^revoked must be one of keyCompromise, .* not "stolen"$/],
    ["revoked: certificateHold", "10:21", /^revoked must be one of/],
    ["revoked: keyCompromise, groups: [staff]", "10:36", '"groups" cannot stand beside revoked (only contact may)'],
    ["revoked: keyCompromise, lifetime: 90d", "10:36", '"lifetime" cannot stand beside revoked (only contact may)'],
    ["contact: 12", "10:21", 'contact must be text, and "12" is read as a number (put it in quotes: "12")'],
    ["contact: true", "10:21", 'contact must be text, and "true" is read as a boolean (put it in quotes: "true")'],
    ["contact: ", "10:22", /^contact must be text without quotes.*, not nothing$/],
    ["contact: 'a\"b'", "10:21", /^contact must be text .* \(it has a "\)$/],
    ["contact: a;b", "10:21", /\(it has a ;\)$/],
    ["contact: a$b", "10:21", /\(it has a \$\)$/],
    ["contact: 'a{b'", "10:21", /\(it has a \{\)$/],
    ["contact: 'a\\b'", "10:21", /\(it has a \\\)$/],
    ['contact: "a\\nb"', "10:21", "contact may not hold the character U+000A, which is not seen"],
    ['contact: "a\\x1b[31m"', "10:21", "contact may not hold the character U+001B, which is not seen"],
    ['contact: "a\\x85b"', "10:21", "contact may not hold the character U+0085, which is not seen"],
    ['contact: "a\\u202eb"', "10:21", "contact may not hold the character U+202E, which is not seen"],
    ["contact: a\u200bb", "10:21", "contact may not hold the character U+200B, which is not seen"],
    ["contact: a\u00adb", "10:21", "contact may not hold the character U+00AD, which is not seen"],
    [`organization: ${"o".repeat(65)}`, "10:26", "organization may have 64 characters at most"],
    ["country: de", "10:21", 'country must be two letters, A to Z, such as DE, not "de"'],
    ["country: DEU", "10:21", "country may have 2 characters at most"],
    ["key: rsa-2048", "10:17", /^key must be one of ec-p256, .* not "rsa-2048"$/],
    ["lifetime: 0d", "10:22", /^lifetime must be a duration such as 90m.*above zero.*, not "0d"$/],
    ["lifetime: -5d", "10:22", /^lifetime must be a duration/],
    ["lifetime: 365", "10:22", /^lifetime must be a duration/],
    ["lifetime: 101y", "10:22", /up to 100y, not "101y"$/],
    ["lifetime: 11y", "10:12", "lifetime (4015d) of clients.alice is beyond the authority's (3650d)"],
    ["lifetime: 30d", "10:12", "renew_before (30d) of clients.alice must be below its lifetime (30d)"],
    ["renew_before: 365d", "10:12", "renew_before (365d) of clients.alice must be below its lifetime (365d)"],
    ["overlap: 1y", "10:12", "overlap (365d) of clients.alice must be below its lifetime (365d)"],
    ["overlap: 0h", "10:21", /^overlap must be a duration/],
  ])("with %j is refused at %s", (fields, place, message) => {
    const problems = client(fields);
    expect(problems).toEqual([at(place, message)]);
  });

  test.each([
    "",
    "groups: [staff, all], home: deb",
    "revoked: keyCompromise, contact: ops@example.com",
    "contact: Jörg Müller <joerg@example.com>, organization: 'Example, Inc.'",
    `organization: ${"ö".repeat(64)}`,
    "reissue: { before: 2026-11-21T12:00:00Z }",
    "expires: 2027-06-30T12:00:00+02:00, previously: bob, suspended: true",
    "lifetime: 7d, renew_before: 1d, overlap: 6d",
  ])("with %j is accepted", (fields) => {
    expect(client(fields)).toEqual([]);
  });
});

describe("names", () => {
  test.each([
    ["  Alice:\n", "10:3", /^clients: "Alice" is no name: .* \(did you mean alice\?\)$/],
    ["  a..b:\n", "10:3", /^clients: "a\.\.b" is no name/],
    ["  '../x':\n", "10:3", /^clients: "\.\.\/x" is no name/],
    [`  ${"a".repeat(64)}:\n`, "10:3", /is no name/],
    ["  ca:\n", "10:3", 'clients: the name "ca" is reserved'],
    ["  include:\n", "10:3", 'clients: the name "include" is reserved'],
    ["  alice:\n  alice:\n", "11:3", 'clients has the key "alice" twice'],
    ['  alice:\n  "alice":\n', "11:3", 'clients has the key "alice" twice'],
    ["  __proto__:\n", "10:3", /^clients: "__proto__" is no name/],
    ["  [a]: {}\n", "10:3", "a key must be text, not a list or mapping"],
    ["  alice: []\n", "10:10", "clients.alice must be a mapping, not a list"],
    ["  alice: staff\n", "10:10", 'clients.alice must be a mapping, not "staff"'],
  ])("%j among clients are refused", (lines, place, message) => {
    expect(below(`clients:\n${lines}`)).toEqual([at(place, message)]);
  });

  test("such as constructor, 2020, true and tostring are names like others", () => {
    expect(
      below("clients:\n  constructor: { groups: [all] }\n  2020:\n  true:\n  hasownproperty: {}\n  valueof:\n"),
    ).toEqual([]);
  });

  test("that differ only in case are refused with the other", () => {
    expect(below("clients:\n  alice:\n  ALICE:\n")).toEqual([
      expect.stringMatching(/11:3: clients: "ALICE" is no name/),
      at("11:3", 'clients: "ALICE" differs only in case from clients.alice'),
    ]);
  });

  test("of two identities are refused across clients, servers and signers", () => {
    const text = "clients:\n  a.example: {}\nservers:\n  a.example: {}\nsigners:\n  a.example: {}\n";
    expect(below(text)).toEqual([
      at("12:3", 'servers: "a.example" is already the name of clients.a.example'),
      at("14:3", 'signers: "a.example" is already the name of clients.a.example'),
    ]);
  });

  test("of a service that are a repository's are refused", () => {
    expect(section('services:\n  dev: { sni: db.example.com, connect: "127.0.0.1:1" }')).toEqual([
      at("11:3", 'services: "dev" is already the name of repositories.dev'),
    ]);
  });

  test("that a client had before may not be there any more, nor be claimed twice", () => {
    const text = `clients:
  a: { previously: old }
  b: { previously: old }
  c: { previously: d }
  d: { revoked: superseded }
  e: { previously: pkg.example.com }
servers:
  pkg.example.com:
`;
    const gone = "(a rename takes the old entry out)";
    expect(below(text)).toEqual([
      at("11:20", 'previously: "old" is already claimed by a'),
      at("12:20", `previously: "d" is still in the file ${gone}`),
      at("14:20", `previously: "pkg.example.com" is still in the file ${gone}`),
    ]);
  });
});
