import { describe, expect, test } from "vitest";
import { canonicalListener } from "../../scripts/servers/listen.ts";
import { renderNginx } from "../../scripts/servers/nginx/files.ts";
import { mapHashSizes } from "../../scripts/servers/nginx/maps.ts";
import { quote } from "../../scripts/servers/nginx/text.ts";
import { literal } from "../../scripts/servers/text.ts";
import { Rendered } from "./nginx-reader.ts";
import { render, SAMPLE } from "./nginx-sample.ts";
import { client, group, registry, repository, serial, server } from "./nginx-samples.ts";

describe("a server's file", () => {
  const rendered = new Rendered(render());
  const own = rendered.text("servers/pkg.example.com.conf");
  const foreign = rendered.text("include/pkg.example.com.conf");

  test("begins, on every socket, with the server that rejects unknown names", () => {
    const [first = ""] = own.split("\n}\n");
    expect(first).toMatch(/^#.*\nserver \{\n/);
    expect(first).toContain("ssl_reject_handshake on;");
    const sockets = (text: string) =>
      new Set([...text.matchAll(/listen (\S+?);|listen (\S+) ssl;/g)].map(([all]) => all));
    expect(sockets(first)).toEqual(sockets(own));
  });

  test("names its certificate beside the configuration, wherever that lies", () => {
    expect(own).toContain('ssl_certificate "../issued/pkg.example.com.crt";');
    expect(own).toContain('ssl_certificate_key "../private/pkg.example.com.key";');
  });

  test("names a certificate of the server's own by its path", () => {
    const files = { certificate: { file: "/etc/tls/a.crt", key: "/etc/tls/a.key", ca: null } };
    const servers = new Map([["own", server({ names: ["own.example.com"], ...files })]]);
    const text = new Rendered(render({ registry: { ...SAMPLE, servers }, issuedServers: [] })).text("servers/own.conf");
    expect(text).toContain('ssl_certificate "/etc/tls/a.crt";');
  });

  test("holds no server while its certificate is missing, and the other's stays as it is", () => {
    const waiting = new Rendered(render({ issuedServers: ["apt.example.com"] }));
    for (const directory of ["servers", "include"]) {
      expect(waiting.text(`${directory}/pkg.example.com.conf`)).not.toMatch(/^[^#\n]/m);
    }
    expect(waiting.text("servers/apt.example.com.conf")).toBe(rendered.text("servers/apt.example.com.conf"));
  });

  test("does not depend on the other servers' names: a release holds one file", () => {
    const servers = new Map([...SAMPLE.servers].filter(([name]) => name === "pkg.example.com"));
    expect(new Rendered(render({ registry: { ...SAMPLE, servers } })).text("servers/pkg.example.com.conf")).toBe(own);
  });

  test("for a foreign http {} sets there only maps and a log format with our prefix", () => {
    const heads = `${foreign}${rendered.text("reasons.conf")}`.split("\n").filter((line) => /^[a-z]/.test(line));
    for (const head of heads)
      expect(head).toMatch(
        /^(?:map \S+ \$gatehouse_\w+ \{|include gatehouse\/nginx\/(?:reasons|generation[*])[.]conf;|log_format gatehouse(?:_refused)? escape=json|server \{)$/,
      );
    expect(foreign).not.toMatch(/default_server|^\s*map_hash/m);
    expect(foreign).toMatch(/^ {4}ssl_crl gatehouse\/crl\.pem;$/m);
  });

  test("limits requests where its rate says so, and knows nothing of it elsewhere", () => {
    const rate = { requests: 20, per: "s", burst: 40 } as const;
    const servers = new Map([
      ["a.example.com", server({ names: ["a.example.com"], rate })],
      ["b.example.com", server({ names: ["b.example.com"] })],
    ]);
    const files = new Rendered(render({ registry: { ...SAMPLE, servers }, issuedServers: [...servers.keys()] }));
    for (const directory of ["servers", "include"]) {
      const limited = files.text(`${directory}/a.example.com.conf`);
      expect(limited).toMatch(/^limit_req_zone \$gatehouse_client zone=gatehouse_a[.]example[.]com:10m rate=20r\/s;$/m);
      expect(limited).toMatch(/^ {4}limit_req zone=gatehouse_a[.]example[.]com burst=40 nodelay;$/m);
      expect(files.text(`${directory}/b.example.com.conf`)).not.toContain("limit_req");
    }
  });

  test("has a variable for its names that no other server has", () => {
    const names = ["a-b.c", "a.b-c", "a_b.c", "a.db", "a_db", "ahb.c", "a.b.c"];
    const servers = new Map(names.map((name) => [name, server({ names: ["x.example.com"] })]));
    const files = new Rendered(render({ registry: { ...SAMPLE, servers }, issuedServers: names }));
    const variables = names.map(
      (name) => /map \$ssl_server_name (\$\w+) \{/.exec(files.text(`servers/${name}.conf`))?.[1],
    );
    expect(new Set(variables).size).toBe(names.length);
  });

  test("does not redirect on a socket where a server speaks TLS", () => {
    const servers = new Map([
      ["a", server({ names: ["a.example.com"], listen: ["8443"], redirect: ["0.0.0.0:443", "80"] })],
      ["b", server({ names: ["b.example.com"], listen: ["443"], redirect: [] })],
    ]);
    const files = new Rendered(render({ registry: { ...SAMPLE, servers }, issuedServers: ["a", "b"] }));
    expect(files.text("servers/a.conf")).not.toMatch(/:443/);
    expect(files.text("servers/b.conf")).not.toContain("return 301");
  });
});

test("the maps grow with clients and with groups times repositories, not with clients times repositories", () => {
  const size = (clients: number, repositories: number) => {
    const names = Array.from({ length: repositories }, (_, n) => `r${n}`);
    const people = Array.from({ length: clients }, (_, n) => `c${n}`);
    const big = registry({
      repositories: Object.fromEntries(
        names.map((name) => [name, repository({ path: `/${name}/`, root: `/srv/${name}` })]),
      ),
      groups: { g: group(names) },
      clients: Object.fromEntries(people.map((name) => [name, client({ groups: ["g"] })])),
      servers: { s: server({ names: ["s.example.com"], repositories: names }) },
    });
    const admitted = people.map((name, n) => ({ client: name, serial: serial(n) }));
    const files = renderNginx({ registry: big, admitted, issuedServers: ["s"] });
    return files.reduce((sum, file) => sum + ("text" in file ? file.text.length : 0), 0);
  };
  const both = size(400, 400) - size(0, 0);
  const apart = size(400, 0) - size(0, 0) + (size(0, 400) - size(0, 0));
  expect(Math.abs(both - apart)).toBeLessThan(1000);
});

test.each([
  ["443", "0.0.0.0:443"],
  ["*:443", "0.0.0.0:443"],
  ["0.0.0.0:443", "0.0.0.0:443"],
  ["127.0.0.1:8443", "127.0.0.1:8443"],
  ["[::]:443", "[::]:443"],
  ["[0:0::0]:443", "[::]:443"],
  ["[2001:DB8::1]:80", "[2001:db8::1]:80"],
])("listener %s is the socket %s", (text, expected) => {
  expect(canonicalListener(text)).toBe(expected);
});

test.each([[0], [6], [1000], [50_000]])("%i entries get a hash of a power of two with room for them", (entries) => {
  const { maxSize, bucketSize } = mapHashSizes(entries);
  expect(Number.isInteger(Math.log2(maxSize))).toBe(true);
  expect(maxSize).toBeGreaterThanOrEqual(4 * entries);
  expect(bucketSize).toBeGreaterThanOrEqual(1024);
});

test.each(['a"b', "a$b", "a\\b", "a\nb", "ä"])("text that could end or rewrite a string is refused: %j", (text) => {
  expect(() => quote(text)).toThrow("not fit for an nginx configuration");
});

test("a name in a pattern means itself only", () => {
  const pattern = new RegExp(`^${literal("a.b-c")}$`);
  expect([pattern.test("a.b-c"), pattern.test("axb-c")]).toEqual([true, false]);
  expect(() => literal("a|b")).toThrow("not a name");
});

test("a serial number that two clients hold, or that is none, is refused: nginx would not start", () => {
  const twice = [
    { serial: serial(1), client: "alice" },
    { serial: serial(1), client: "bob" },
  ];
  expect(() => render({ admitted: twice })).toThrow("belongs to two clients");
  expect(() => render({ admitted: [{ serial: "5f;", client: "alice" }] })).toThrow("not a serial number");
});

describe("the location for renewals", () => {
  const rendered = new Rendered(render());

  test.each(["servers/pkg.example.com.conf", "include/pkg.example.com.conf"])(
    "stands in %s, chooses by the certificate alone, and is stored nowhere",
    (name) => {
      const location =
        /location = \/\.gatehouse\/certificate \{\n[\s\S]+?\n {4}\}/.exec(rendered.text(name))?.[0] ?? "";
      expect(location).toContain('add_header Cache-Control "no-store" always;');
      expect([...location.matchAll(/\$\{?(\w+)/g)].map(([, variable]) => variable)).toEqual([
        "gatehouse_renewal",
        "gatehouse_renewal",
        "gatehouse_renewal_2",
        "gatehouse_renewal_3",
      ]);
      for (const variable of ["renewal", "renewal_2", "renewal_3"]) {
        const file = name.startsWith("servers/") ? "nginx.conf" : name;
        expect(rendered.text(file)).toMatch(new RegExp(`map \\$gatehouse_serial \\$gatehouse_${variable} \\{`));
      }
    },
  );
});
