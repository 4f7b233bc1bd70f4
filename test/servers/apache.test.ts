import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reach } from "../../scripts/model/access.ts";
import type { Registry } from "../../scripts/model/registry.ts";
import { renderApache } from "../../scripts/servers/apache/files.ts";
import { socketsOf } from "../../scripts/servers/apache/listen.ts";
import { encode, encodeWord, familyOf } from "../../scripts/servers/apache/text.ts";
import { Rendered } from "./apache-reader.ts";
import { client, group, registry, repository, serial, server } from "./nginx-samples.ts";

const apache = (name: string, fields: Partial<Parameters<typeof server>[0]> = {}) =>
  server({ names: [name], software: "apache", ...fields });

const SAMPLE: Registry = registry({
  repositories: {
    packages: repository({ path: "/packages/", root: "/srv/packages" }),
    cpp: repository({ path: "/c++/v1.0/", root: "/srv/cpp" }),
  },
  groups: { staff: group(["packages", "cpp"]), subscribers: group(["cpp"]) },
  clients: {
    alice: client({ groups: ["staff", "subscribers"], home: "packages" }),
    bob: client({ groups: ["subscribers"] }),
    carol: client(),
    held: client({ groups: ["staff"], suspended: true }),
  },
  servers: {
    "pkg.example.com": apache("pkg.example.com", { repositories: ["packages", "cpp"] }),
    "own.example.com": apache("own.example.com", {
      certificate: { file: "/etc/tls/a.crt", key: "/etc/tls/a.key", ca: null },
      repositories: ["packages"],
    }),
    "web.example.com": server({ names: ["web.example.com"], repositories: ["packages"] }),
  },
});
const ADMITTED = ["alice", "bob", "carol", "held", "nobody"].map((name, n) => ({ client: name, serial: serial(n) }));

const render = (input: Partial<Parameters<typeof renderApache>[0]> = {}) =>
  renderApache({ registry: SAMPLE, admitted: ADMITTED, issuedServers: ["pkg.example.com"], ...input });

describe("Apache's files", () => {
  const rendered = new Rendered(render());

  test("are named by what they are about, sorted, Apache servers only", () => {
    expect(rendered.names).toEqual([
      "clients.map",
      "gates.conf",
      "gates/cpp.conf",
      "gates/packages.conf",
      "homes.map",
      "httpd.conf",
      "include/own.example.com.conf",
      "include/pkg.example.com.conf",
      "modules.conf",
      "pages.conf",
      "pages.txt",
      "renewals.map",
      "repositories/cpp.conf",
      "repositories/packages.conf",
      "roles.map",
      "servers/own.example.com.conf",
      "servers/pkg.example.com.conf",
      "tls.conf",
    ]);
  });

  test("are none where no server runs Apache", () => {
    expect(render({ registry: { ...SAMPLE, servers: new Map() } })).toEqual([]);
  });

  test("have the successor that the holder of a certificate may fetch, and no list of them", () => {
    const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const one = new Rendered(render({ renewals: [{ serial: serial(1), pem }] }));
    expect([...one.map("renewals.map")]).toEqual([[serial(1), `${serial(1)}.pem`]]);
    expect(one.text(`renewals/${serial(1)}.pem`)).toBe(pem);
  });

  test.each(rendered.names)("%s begins with where to change it, is ASCII, and ends in one newline", (name) => {
    expect(rendered.text(name)).toMatch(
      /^# Made by Gatehouse from clients\.yaml: change it there[^\n]*\n[\x20-\x7e\n]*[^\n]\n$/,
    );
  });

  test("list who is admitted, each group of each, and homes", () => {
    expect([...rendered.map("clients.map").values()]).toEqual(["alice", "bob", "carol"]);
    expect([...rendered.map("roles.map").keys()]).toEqual([
      `${serial(0)}/staff`,
      `${serial(0)}/subscribers`,
      `${serial(1)}/subscribers`,
    ]);
    expect([...rendered.map("homes.map").values()]).toEqual(["/packages/", "/c++/v1.0/"]);
  });

  test("stay within mod_rewrite's lines, in however many groups a client is", () => {
    const names = Array.from({ length: 60 }, (_, n) => `g${n}`.padEnd(63, "x"));
    const clients = new Map([["alice", client({ groups: names })]]);
    const groups = new Map(names.map((name) => [name, group(["packages"])]));
    const many = new Rendered(render({ registry: { ...SAMPLE, clients, groups } }));
    expect(many.map("roles.map").size).toBe(60);
    expect(many.map("pages.txt").size).toBeGreaterThan(5);
  });

  test("name certificates beside the configuration, and a server's own by path", () => {
    expect(rendered.text("servers/pkg.example.com.conf")).toContain(
      'SSLCertificateFile "${gatehouse_pki}/issued/pkg.example.com.crt"',
    );
    expect(rendered.text("servers/own.example.com.conf")).toContain('SSLCertificateKeyFile "/etc/tls/a.key"');
  });

  test("hold no server while its certificate is missing", () => {
    const waiting = new Rendered(render({ issuedServers: [] }));
    for (const directory of ["servers", "include"]) {
      expect(waiting.text(`${directory}/pkg.example.com.conf`)).not.toMatch(/^[^#\n]/m);
      expect(waiting.text(`${directory}/own.example.com.conf`)).toContain("VirtualHost");
    }
  });

  test("do not depend on the other servers' names: a release holds one file", () => {
    const servers = new Map([...SAMPLE.servers].filter(([name]) => name === "pkg.example.com"));
    const alone = new Rendered(render({ registry: { ...SAMPLE, servers } }));
    const name = "servers/pkg.example.com.conf";
    expect(alone.text(name)).toBe(rendered.text(name));
  });

  test("check the CRL wherever they ask for certificates, and trust nobody else's CAs in a host with other sites", () => {
    expect(rendered.text("tls.conf")).toMatch(/SSLCARevocationCheck chain\nSSLVerifyClient require\n/);
    const own = rendered.text("servers/pkg.example.com.conf");
    expect(own.match(/SSLCertificateFile/g)?.length).toBe(own.match(/tls[.]conf"/g)?.length);
    expect(rendered.text("include/pkg.example.com.conf")).toMatch(/SSLCACertificatePath "\$\{gatehouse_apache\}/);
  });

  test("open no socket in a host with other sites, and set nothing outside of the server but two names", () => {
    const outside = rendered.text("include/pkg.example.com.conf").replace(/<VirtualHost[\s\S]*<\/VirtualHost>\n/, "");
    const directives = outside.split("\n").map((line) => line.trim().split(" ")[0] ?? "");
    expect(new Set(directives.filter((word) => !["", "#"].includes(word)))).toEqual(
      new Set(["<IfDefine", "Define", "</IfDefine>", "IncludeOptional"]),
    );
  });

  test("match a path as it is written", () => {
    const text = rendered.text("repositories/cpp.conf");
    const pattern = /^RewriteRule "(.+?)" /m.exec(text)?.[1] ?? "none";
    expect(["/c++/v1.0/x", "/ccc/v1.0/x", "/c++/v1x0/x"].map((path) => new RegExp(pattern).test(path))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

test.each([
  [["443", "[::]:443"], ["443"], "*:443"],
  [["443"], ["0.0.0.0:443"], "*:443"],
  [["[::]:443"], ["[::]:443"], "*:443"],
  [["127.0.0.1:8443", "443"], ["0.0.0.0:443", "127.0.0.1:8443"], "*:443 127.0.0.1:8443"],
  [["127.0.0.1:443", "443"], ["0.0.0.0:443"], "*:443 127.0.0.1:443"],
  [["127.0.0.1:443", "[::1]:443"], ["127.0.0.1:443", "[::1]:443"], "127.0.0.1:443 [::1]:443"],
])("sockets %j are opened once each", (listen, opened, hosts) => {
  const one = apache("a.example.com", { listen, redirect: [] });
  expect(socketsOf(one, [one]).tls).toEqual({ listen: opened, hosts });
});

test("text that a string of Apache's could not hold comes back from its encoding", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
      expect(decodeURIComponent(encode(text))).toBe(text);
      expect(decodeURIComponent(encodeWord(text))).toBe(text);
      expect(encode(text)).not.toMatch(/["'\\${}\n]/);
      expect(encodeWord(text)).not.toMatch(/\s/);
    }),
  );
});

test.each([
  ["127.0.0.1", "IPv4"],
  ["::1", "IPv6"],
  ["1.example.com", null],
])("the name %s is of the family %s", (name, family) => {
  expect(familyOf(name)).toBe(family);
});

/** Names that are parts of one another, or that a careless pattern would take for one another. */
const GROUPS = ["a", "ab", "a.b", "a-b", "axb", "staff", "staff.x", "constructor"];
const REPOSITORIES = ["r", "r1", "r.1", "rx1"];
const CLIENTS = ["alice", "bob", "carol", "toString"];
const some = <T>(values: readonly T[]) => fc.subarray([...values]);

const registries: fc.Arbitrary<Registry> = fc
  .record({
    groups: fc.array(some(REPOSITORIES), { minLength: GROUPS.length, maxLength: GROUPS.length }),
    clients: fc.array(fc.record({ groups: some(GROUPS), home: fc.option(fc.constantFrom(...REPOSITORIES)) }), {
      minLength: CLIENTS.length,
      maxLength: CLIENTS.length,
    }),
    served: some(REPOSITORIES),
  })
  .map(({ groups, clients, served }) =>
    registry({
      repositories: Object.fromEntries(
        REPOSITORIES.map((name) => [name, repository({ path: `/${name}/`, root: `/srv/${name}` })]),
      ),
      groups: Object.fromEntries(GROUPS.map((name, n) => [name, group(groups[n] ?? [])])),
      clients: Object.fromEntries(CLIENTS.map((name, n) => [name, client(clients[n] ?? {})])),
      servers: { some: apache("some.example.com", { repositories: served }) },
    }),
  );

test("no client reaches a repository that the registry does not give it, each reaches those that it does, in any order", () => {
  fc.assert(
    fc.property(registries, fc.boolean(), (given, turned) => {
      const all = [...CLIENTS, "ghost"].map((name, n) => ({ serial: serial(n + 1), client: name }));
      const admitted = turned ? all.toReversed() : all;
      const files = renderApache({ registry: given, admitted, issuedServers: ["some"] });
      const rendered = new Rendered(files);
      const served = given.servers.get("some")?.repositories ?? [];
      for (const one of all) {
        const whole = reach(given, one.client, 0).repositories;
        const allowed = whole.filter((name) => served.includes(name));
        const wanted = given.clients.get(one.client)?.home ?? (whole.length === 1 ? whole[0] : undefined) ?? "";
        expect(rendered.reach("some", one.serial)).toEqual({
          paths: allowed,
          home: allowed.includes(wanted) ? wanted : null,
        });
      }
      expect(rendered.reach("some", serial(99))).toEqual({ paths: [], home: null });
      expect(files).toEqual(renderApache({ registry: given, admitted: all, issuedServers: ["some"] }));
    }),
    { numRuns: 100 },
  );
});
