import { describe, expect, test } from "vitest";
import { at, BASE, below, problemsOf, section } from "./below.ts";

describe("the other sections", () => {
  test.each([
    [
      "signers: { build: { repository: dex } }",
      "10:33",
      'repository: there is no repository "dex" (did you mean dev?)',
    ],
    [
      "signers: { build: { renew_before: 90d } }",
      "10:21",
      "renew_before (90d) of signers.build must be below its lifetime (90d)",
    ],
    ["services: { db: { sni: a_b, connect: 'a:1' } }", "10:24", /^sni must be a DNS name/],
    ["services: { db: { sni: a.b, connect: a } }", "10:38", /^connect must be a host and a port/],
    ["services: { db: { sni: a.b, connect: 'a:70000' } }", "10:38", /^connect must be a host and a port/],
    [
      "services: { a: { sni: a.b, connect: 'a:1' }, b: { sni: A.B, connect: 'a:1' } }",
      "10:56",
      "sni a.b is already that of a",
    ],
    ["certificates: { lifetime: 20d }", "10:17", "renew_before (30d) of certificates must be below its lifetime (20d)"],
    ["certificates: { overlap: 400d }", "10:17", "overlap (400d) of certificates must be below its lifetime (365d)"],
    ["certificates: { lifetime: 11y }", "10:17", "lifetime (4015d) of certificates is beyond the authority's (3650d)"],
    ["crl: { lifetime: 10d }", "10:8", "renew_before (15d) of crl must be below its lifetime (10d)"],
    ["crl: { renew_before: 30d }", "10:8", "renew_before (30d) of crl must be below its lifetime (30d)"],
    ["limits: { lose: 25 }", "10:17", 'lose must be a percentage from 0% to 100%, such as 25%, not "25"'],
    ["limits: { lose: 101% }", "10:17", /^lose must be a percentage/],
    ["limits: { allow: { lose: -1, until: 2027-01-01 } }", "10:26", /^lose must be a whole number/],
    ["limits: { allow: { lose: 3 } }", "10:18", "allow lacks until"],
    ["limits: { signed: 'true' }", "10:19", 'signed must be true or false, not "true"'],
    ["grups: {}", "10:1", 'there is no section "grups" (did you mean groups?)'],
    ["clients: {}", "10:1", 'the file has the key "clients" twice'],
  ])("refuse %j", (text, place, message) => {
    const problems = section(text);
    expect(problems).toEqual([at(place, message)]);
  });

  test.each([
    ["{ common_name: A }", "2:1", "authority lacks organization"],
    [`{ common_name: ${"a".repeat(65)}, organization: B }`, "2:27", "common_name may have 64 characters at most"],
    [
      "{ common_name: A, organization: B, root: offline }",
      "2:53",
      "root: offline comes in a later version (write root: self)",
    ],
    ["{ common_name: A, organization: B, country: D }", "2:56", /^country must be two letters/],
    ["{ common_name: A, organization: ' B' }", "2:44", /^organization must be text without/],
    [
      "{ common_name: A, organization: B, lifetime: 200d }",
      "2:1",
      "lifetime (365d) of certificates is beyond the authority's (200d)",
    ],
  ])("refuse the authority %j", (authority, place, message) => {
    const problems = problemsOf(`version: 1\nauthority: ${authority}\nclients: {}\n`);
    expect(problems).toEqual([at(place, message)]);
  });

  test("that must be there are missed, all at once", () => {
    expect(problemsOf("{}\n")).toEqual([
      at("1:1", "the file lacks the section version (write version: 1)"),
      at("1:1", "the file lacks the section authority"),
      at("1:1", "the file lacks the section clients"),
    ]);
    expect(problemsOf(`${BASE.replace("version: 1", "version: 2")}clients:\n`)).toEqual([
      at("1:10", "version must be 1"),
    ]);
  });
});

describe("the file", () => {
  test("tells all errors at once, in the order of its lines", () => {
    const problems = below("clients:\n  b: { groups: [x] }\n  a: { home: y, csr: maybe }\nfoo: 1\n");
    expect(problems.map((problem) => problem.split(":").slice(1, 3).join(":"))).toEqual([
      "10:17",
      "11:14",
      "11:22",
      "12:1",
    ]);
  });

  test.each([
    ["a: [", /1:4: this \[ is not closed/],
    ["a: b: c\n", /1:5: there is a second colon/],
    ["--- \na: 1\n--- \nb: 1\n", /3:1: a second YAML document begins here/],
    ["%YAML 1.2\n---\na: 1\n", /1:1: directives such as %YAML/],
    ["a: !evil b\n", /1:\d+: the tag "!evil" is not used here/],
    ["a: !!timestamp 2001-01-01\n", /the tag .* is not used here/],
    ["a: *nowhere\n", /1:4: the alias "\*nowhere" names no anchor before it/],
    ["a: &x [*x]\n", /the alias "\*x" stands inside what it names/],
    ["a\u0000b: 1\n", /1:2: the character U\+0000 may not be in this file/],
    ["a: 1 # \u202e\n", /1:8: the character U\+202E/],
    ["a: 1\rb: 1\n", /1:5: this line ends in CR alone/],
    ["", /lacks the section version/],
    ["just text\n", /the file must be a mapping, not "just text"/],
    ["- a\n", /the file must be a mapping, not a list/],
    ["[".repeat(100), /nested more than 32 deep/],
    ["- ".repeat(100), /nested more than 32 deep/],
  ])("%j is refused", (text, message) => {
    expect(problemsOf(text)).toContainEqual(expect.stringMatching(message));
  });

  test("that is not UTF-8 is refused with its line", () => {
    expect(problemsOf(new Uint8Array([0x61, 0x0a, 0x62, 0xff]))).toEqual([
      at("2:1", "this line is not UTF-8 (save the file as UTF-8)"),
    ]);
  });

  test("over 8 MiB is refused unread", () => {
    expect(problemsOf(new Uint8Array(8 * 1024 * 1024 + 1))).toEqual([
      expect.stringMatching(/8 MiB \(8388608\) is the limit/),
    ]);
  });

  test("may begin with a byte order mark, and end its lines with CRLF", () => {
    expect(
      problemsOf(`\ufeff${BASE.replaceAll("\n", "\r\n")}clients:\r\n  alice: { groups: [staff] } # x\r\n`),
    ).toEqual([]);
  });

  test("may use anchors, aliases and merge keys in measure", () => {
    const text = `clients:
  alice: &staff { groups: [staff], lifetime: 90d }
  bob: { <<: *staff, lifetime: 60d }
  carol: *staff
`;
    expect(below(text)).toEqual([]);
  });

  test("says what is wrong in an anchor once, however many aliases it has", () => {
    expect(below("clients:\n  a: &a { groups: [x] }\n  b: *a\n  c: *a\n")).toHaveLength(1);
  });

  test("shows nothing of itself that a terminal would act on", () => {
    const problems = below('clients:\n  "\\e[31m": { "\\u202e": 1 }\n');
    expect(problems).toHaveLength(2);
    expect(problems.join("|")).not.toMatch(/\p{C}/u);
  });
});
