import { describe, expect, test } from "vitest";
import { formatProblem } from "../../../scripts/model/problem.ts";
import { parseInstant } from "../../../scripts/model/time.ts";
import { checkRegistry } from "../../../scripts/read/registry.ts";

const NOW = parseInstant("2026-11-21T12:00:00Z") ?? 0;

/** Line 1: version; 2: authority; 3: repositories; 4–5; 6: groups; 7–8. Sections of a case come after, from line 9. */
const BASE = `version: 1
authority: { common_name: Example CA, organization: Example Ltd }
repositories:
  dev: { type: pkg, path: /dev/, root: /srv/dev }
  deb: { type: apt, path: /deb/, root: /srv/deb, suite: bookworm }
groups:
  staff: { repositories: [dev] }
  all: { repositories: [dev, deb] }
`;

function problemsOf(text: string | Uint8Array): string[] {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const result = checkRegistry(bytes, {
    now: NOW,
    hasRequest: (name) => name === "brings",
    hasSigning: (file) => file === "pki/signing/dev.pub",
  });
  return result.ok ? [] : result.problems.map(formatProblem);
}

function at(place: string, message: string | RegExp): unknown {
  const start = `clients.yaml:${place}: `;
  if (typeof message === "string") return start + message;
  const { source } = message;
  return expect.stringMatching(
    new RegExp(source.startsWith("^") ? `^${start}${source.slice(1)}` : `^${start}.*${source}`),
  );
}
/** Below BASE: what is wrong with it, or nothing. */
const below = (text: string) => problemsOf(BASE + text);
const client = (fields: string) => below(`clients:\n  alice: { ${fields} }\n`);
const server = (fields: string) => below(`clients: {}\nservers:\n  pkg.example.com: { ${fields} }\n`);
const repository = (fields: string) =>
  problemsOf(`${BASE.replace("  deb:", `  new: { ${fields} }\n  deb:`)}clients: {}\n`);
const section = (text: string) => below(`clients: {}\n${text}\n`);

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

describe("a repository", () => {
  test.each([
    ["path: /new/, root: /srv/new", "5:3", "repositories.new lacks type"],
    ["type: files, root: /srv/new", "5:3", "repositories.new lacks path"],
    ["type: deb, path: /new/, root: /srv/new", "5:16", /^type must be one of pkg, apt, pkgsrc, files, not "deb"/],
    ["type: apt, path: /new/, root: /srv/new", "5:3", "repositories.new lacks suite"],
    [
      "type: pkg, path: /new/, root: /srv/new, suite: x",
      "5:50",
      "suite is for repositories of type apt, and this is pkg",
    ],
    ["type: pkg, path: /new, root: /srv/new", "5:27", /^path must be a URL path with a slash at both ends/],
    ["type: pkg, path: new/, root: /srv/new", "5:27", /^path must be a URL path/],
    ["type: pkg, path: /, root: /srv/new", "5:27", /^path must be a URL path/],
    ["type: pkg, path: /a//b/, root: /srv/new", "5:27", /^path must be a URL path/],
    ["type: pkg, path: /a/../b/, root: /srv/new", "5:27", "path may not have . or .. as a part of the path"],
    ["type: pkg, path: /./, root: /srv/new", "5:27", "path may not have . or .. as a part of the path"],
    ["type: pkg, path: /home/x/, root: /srv/new", "5:27", "path may not be under /home/, which Gatehouse keeps"],
    ["type: pkg, path: /home/, root: /srv/new", "5:27", "path may not be under /home/, which Gatehouse keeps"],
    [
      "type: pkg, path: /.gatehouse/a/, root: /srv/new",
      "5:27",
      "path may not be under /.gatehouse/, which Gatehouse keeps",
    ],
    ["type: pkg, path: /dev/, root: /srv/new", "5:27", "path /dev/ is the same as /dev/, the path of dev"],
    ["type: pkg, path: /DEV/, root: /srv/new", "5:27", "path /DEV/ is the same as /dev/, the path of dev"],
    ["type: pkg, path: /dev/x/, root: /srv/new", "5:27", "path /dev/x/ is inside /dev/, the path of dev"],
    ["type: pkg, path: /new/, root: /srv/dev", "5:40", "root /srv/dev is the same as /srv/dev, the root of dev"],
    ["type: pkg, path: /new/, root: /srv/dev/x/", "5:40", "root /srv/dev/x is inside /srv/dev, the root of dev"],
    ["type: pkg, path: /new/, root: srv/new", "5:40", /^root must be an absolute path/],
    ["type: pkg, path: /new/, root: /", "5:40", /^root must be an absolute path/],
    ["type: pkg, path: /new/, root: /srv/../etc", "5:40", "root may not have . or .. as a part of the path"],
    ["type: pkg, path: /new/, root: /srv/$x", "5:40", /^root must be .* \(it has a \$\)$/],
    ["type: pkg, path: /new/, root: /srv/a;b", "5:40", /^root must be .* \(it has a ;\)$/],
    ["type: pkg, path: /new/, root: '/srv/a b'", "5:40", /^root must be an absolute path/],
    ["type: pkg, path: /new/, root: /srv/new, signing: x.pub", "5:59", /^signing must be a file in pki\/signing\//],
    ["type: pkg, path: /new/, root: /srv/new, signing: pki/signing/../ca.crt", "5:59", /^signing must be a file/],
    [
      "type: pkg, path: /new/, root: /srv/new, signing: pki/signing/x.pub",
      "5:59",
      "signing: there is no file pki/signing/x.pub (add it beside this change)",
    ],
    ["type: apt, path: /new/, root: /srv/new, suite: a;b", "5:57", /^suite must be the name of a suite/],
    ["type: apt, path: /new/, root: /srv/new, suite: a, components: []", "5:72", "components may not be empty"],
    ["type: apt, path: /new/, root: /srv/new, suite: 12", "5:57", /put it in quotes: "12"/],
  ])("with %j is refused", (fields, place, message) => {
    const problems = repository(fields);
    expect(problems).toEqual([at(place, message)]);
  });

  test("beside another with a like name and path is accepted", () => {
    expect(repository("type: files, path: /dev2/, root: /srv/dev2, signing: pki/signing/dev.pub")).toEqual([]);
  });
});

describe("a server", () => {
  test.each([
    ["software: ngnix", "11:32", /did you mean nginx\?\)$/],
    ["names: []", "11:29", "names may not be empty"],
    ["names: [a_b.example]", "11:30", /^names must be a DNS name/],
    ["names: ['*.example.com']", "11:30", /^names must be a DNS name/],
    ["names: [a.example, A.example]", "11:41", 'names has "a.example" twice'],
    [
      "names: [192.0.2.1]",
      "11:30",
      "192.0.2.1: nginx servers are known by DNS names; addresses are for apache and stunnel",
    ],
    ["names: [192.0.2.256]", "11:30", "names is neither a DNS name nor an IP address"],
    ["certificate: own", "11:35", 'certificate must be issued, not "own"'],
    ["certificate: { file: /a }", "11:35", "certificate lacks key"],
    ["certificate: { file: /a, key: b }", "11:52", /^key must be an absolute path/],
    [
      "certificate: { file: /a, key: /b }, csr: true",
      "11:58",
      "csr cannot stand beside a certificate of the server's own",
    ],
    ["csr: true", "11:3", /there is no pki\/reqs\/pkg\.example\.com\.req/],
    ["listen: [0]", "11:31", /^listen must be a port or address:port/],
    ["listen: [65536]", "11:31", /^listen must be/],
    ["listen: ['example.com:443']", "11:31", /^listen must be/],
    ["listen: [443, 443]", "11:36", 'listen has "443" twice'],
    ["listen: [443, '0.0.0.0:443']", "11:22", "listen 0.0.0.0:443 is the same socket as listen 443"],
    ["listen: [80]", "11:22", "redirect 80 is the same socket as listen 80"],
    ["url: http://a.example", "11:27", /^url must be a URL such as https/],
    ["url: 'https://a.example/x'", "11:27", /^url must be a URL/],
    ["repositories: [devv]", "11:37", 'repositories: there is no repository "devv" (did you mean dev?)'],
    ["deploy: { to: sh }", "11:36", /did you mean ssh\?\)$/],
    ["deploy: { to: ssh }", "11:30", "deploy to ssh lacks host"],
    ["deploy: { to: ssh, host: '-oProxyCommand=x' }", "11:47", /^host must be \[user@\]host/],
    [
      "deploy: { to: ssh, host: a@b, directory: /etc/../x }",
      "11:63",
      "directory may not have . or .. as a part of the path",
    ],
    ["deploy: { to: local, branch: x }", "11:43", "branch is not for deploy to local"],
    [
      "deploy: { to: pull, branch: a..b }, certificate: { file: /a, key: /b }",
      "11:50",
      "branch must be the name of a git branch",
    ],
    ["deploy: { to: pull, branch: main }", "11:22", /^deploy to pull never carries a key/],
  ])("with %j is refused", (fields, place, message) => {
    const problems = server(fields);
    expect(problems).toEqual([at(place, message)]);
  });

  const CLIENTS = `clients:
  alice: { groups: [staff] }
  brings: { groups: [staff], csr: true }
  mallory: { revoked: keyCompromise }
  carl: { groups: [staff], suspended: true }
`;
  const USABLE = "name a client with a key made here and access";

  test.each([
    ["{ to: local, canary: alic }", "15:51", 'canary: there is no client "alic" (did you mean alice?)'],
    ["{ to: local, canary: pkg.example.com }", "15:51", /^canary: there is no client "pkg\.example\.com"/],
    ["{ to: ssh, host: a, canary: brings }", "15:58", `canary: brings keeps its own key (${USABLE})`],
    ["{ to: ssh, host: a, canary: mallory }", "15:58", `canary: mallory is revoked (${USABLE})`],
    ["{ to: local, canary: carl }", "15:51", `canary: carl is suspended (${USABLE})`],
    ["{ to: local, canary: [alice] }", "15:51", /^canary must be the name of a client, not a list/],
    ["{ to: pull, branch: x, canary: alice }", "15:53", "canary is not for deploy to pull"],
  ])("with deploy: %j is refused among these clients", (deploy, place, message) => {
    const text = `${CLIENTS}servers:\n  pkg.example.com: { deploy: ${deploy} }\n`;
    const problems = below(text).filter((problem) => /canary/.test(problem));
    expect(problems).toEqual([at(place, message)]);
  });

  test("may have addresses with apache, services with stunnel, files of its own", () => {
    const text = `services:
  db: { sni: DB.example.com, connect: "[::1]:5432" }
servers:
  a.example: { software: apache, names: [a.example, 192.0.2.1, "2001:DB8::1"], listen: [8443, "[::]:8443"] }
  b.example: { software: stunnel, services: [db], deploy: { to: ssh, host: "deploy@b.example:22" } }
  c.example: { certificate: { file: /etc/ssl/c.pem, key: /etc/ssl/c.key }, deploy: { to: pull, branch: releases/c } }`;
    expect(section(text)).toEqual([]);
  });

  test("of nginx has no services", () => {
    const text = `services: { db: { sni: db.example.com, connect: "a:1" } }\nservers:\n  a.example: { services: [db] }`;
    expect(section(text)).toEqual([at("12:16", "services are for stunnel, and this server is nginx")]);
  });

  test("shares no DNS name with another, whatever the case", () => {
    const text = `servers:\n  a.example:\n  b.example: { names: [b.example, A.Example] }`;
    expect(section(text)).toEqual([at("12:35", "a.example is already a name of the server a.example")]);
  });

  test("whose name is no DNS name says what it is reached by", () => {
    expect(section("servers:\n  web_1:")).toEqual([
      at("11:3", "servers.web_1 is no DNS name (say what it is reached by: names: [pkg.example.com])"),
    ]);
    expect(section("servers:\n  web_1: { names: [a.example] }")).toEqual([]);
  });
});

describe("a signer for pkgsrc", () => {
  const signer = (certificates: string, fields: string, type = "pkgsrc") =>
    problemsOf(`version: 1
authority: { common_name: Example CA, organization: Example Ltd }
certificates: { ${certificates} }
repositories: { nb: { type: ${type}, path: /nb/, root: /srv/nb } }
clients: {}
signers:
  brings: { ${fields} }
`);
  const refused = "brings signs for nb, a pkgsrc repository, and pkg_install verifies no ed25519 signature";

  test.each([
    ["of its own", "", "repository: nb, key: ed25519", "7:29"],
    ["by default", "key: ed25519", "repository: nb", "7:3"],
  ])("has no Ed25519 key %s", (_, certificates, fields, place) => {
    expect(signer(certificates, fields)).toEqual([at(place, `${refused} (write key: ec-p256, or rsa-3072)`)]);
  });

  test.each([
    ["another key", "key: ed25519", "repository: nb, key: rsa-3072", "pkgsrc"],
    ["a request, which is judged by its own key", "key: ed25519", "repository: nb, csr: true", "pkgsrc"],
    ["another repository", "", "repository: nb, key: ed25519", "files"],
  ])("is as good with %s", (_, certificates, fields, type) => {
    expect(signer(certificates, fields, type)).toEqual([]);
  });
});

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
