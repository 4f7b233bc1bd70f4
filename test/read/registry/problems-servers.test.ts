import { describe, expect, test } from "vitest";
import { at, below, problemsOf, repository, section } from "./below.ts";

const server = (fields: string) => below(`clients: {}\nservers:\n  pkg.example.com: { ${fields} }\n`);

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
