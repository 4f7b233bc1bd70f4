import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readRegistry } from "../../../scripts/read/registry.ts";
import { check, EVERYTHING, NOW, registryOf, TEMPLATE } from "./samples.ts";

const DAY = 86_400;

describe("the template", () => {
  test("is a registry without any request or signature file", async () => {
    const none = new Set<string>();
    const result = await readRegistry(new TextEncoder().encode(TEMPLATE), { now: NOW, requests: none, signing: none });
    expect(result).toMatchObject({ ok: true });
  });

  test("shows a pkg, an apt and a files repository, three groups, six clients with a contact, one nginx", () => {
    const registry = registryOf(TEMPLATE);
    const clients = [...registry.clients.values()];
    expect([...registry.repositories.values()].map(({ type }) => type)).toEqual(["pkg", "apt", "files"]);
    expect(registry.groups.size).toBe(3);
    expect(clients.length).toBeGreaterThanOrEqual(6);
    expect(clients.filter(({ csr, suspended, contact }) => csr || suspended || contact === null)).toEqual([]);
    expect([...registry.servers.values()]).toMatchObject([{ software: "nginx", certificate: "issued" }]);
  });

  test("names the schema in its first line", () => {
    expect(TEMPLATE.split("\n")[0]).toBe("# yaml-language-server: $schema=./scripts/clients.schema.json");
  });
});

describe("defaults", () => {
  const registry = registryOf(`version: 1
authority: { common_name: A, organization: B, country: DE }
repositories: { dev: { type: pkg, path: /dev/, root: /srv/dev }, deb: { type: apt, path: /deb/, root: /deb, suite: x } }
services: { db: { sni: a.b, connect: "a:1" } }
groups: { staff: }
clients: { alice: }
servers: { a.example: , b.example: { software: stunnel, listen: ["127.0.0.1:8443"] } }
signers: { build: }
`);
  const settings = { key: "ec-p256", lifetime: 365 * DAY, renewBefore: 30 * DAY, overlap: null, shorten: false };

  test("of the authority, the CRL and the limits", () => {
    expect(registry.authority).toEqual({
      commonName: "A",
      organization: "B",
      country: "DE",
      key: "ec-p384",
      lifetime: 3650 * DAY,
      root: "self",
      custody: "vault",
    });
    expect(registry.crl).toEqual({ lifetime: 30 * DAY, renewBefore: 15 * DAY });
    expect(registry.limits).toEqual({ lose: 25, allow: null, signed: false });
  });

  test("of repositories and groups", () => {
    expect(registry.repositories.get("dev")).toEqual({
      type: "pkg",
      path: "/dev/",
      root: "/srv/dev",
      suite: null,
      components: [],
      signing: null,
    });
    expect(registry.repositories.get("deb")?.components).toEqual(["main"]);
    expect(registry.groups.get("staff")).toEqual({ repositories: [], services: [], sensitive: false });
  });

  test("of clients and signers", () => {
    const nothing = {
      csr: false,
      expires: null,
      home: null,
      previously: null,
      suspended: false,
      reissue: null,
      revoked: null,
      contact: null,
    };
    expect(registry.clients.get("alice")).toEqual({
      ...settings,
      ...nothing,
      groups: [],
      organization: "B",
      country: "DE",
    });
    expect(registry.signers.get("build")).toEqual({ ...settings, lifetime: 90 * DAY, repository: null, csr: false });
  });

  test.each([
    ["short, since pkg_install reads no CRL", "", "", 90],
    ["what certificates says", "certificates: { lifetime: 200d }", "", 200],
    ["that of everybody who renews earlier", "certificates: { renew_before: 120d }", "", 365],
    ["that of everybody with a longer overlap", "certificates: { overlap: 100d }", "", 365],
    ["its own", "certificates: { lifetime: 200d }", "lifetime: 60d", 60],
  ])("of a signer's lifetime: %s", (_, certificates, own, days) => {
    const text = `version: 1\nauthority: { common_name: A, organization: B }\n${certificates}\nclients: {}\n`;
    const { signers } = registryOf(`${text}signers: { build: { ${own} } }\n`);
    expect(signers.get("build")?.lifetime).toBe(days * DAY);
  });

  test("of servers: all repositories, or for stunnel all services", () => {
    const common = {
      ...settings,
      certificate: "issued",
      csr: false,
      redirect: ["80", "[::]:80"],
      deploy: { to: "local", directory: null, canary: null, said: false },
      rate: null,
      backend: null,
      home: null,
    };
    expect(registry.servers.get("a.example")).toEqual({
      ...common,
      software: "nginx",
      names: ["a.example"],
      listen: ["443", "[::]:443"],
      url: "https://a.example",
      repositories: ["dev", "deb"],
      services: [],
    });
    expect(registry.servers.get("b.example")).toMatchObject({
      url: "https://b.example:8443",
      repositories: [],
      services: ["db"],
    });
  });
});

test("everything that can be said is read, in its canonical form", () => {
  const registry = registryOf(EVERYTHING);
  const { limits, clients } = registry;
  expect(limits).toEqual({ lose: 10, allow: { lose: 14, until: Date.UTC(2026, 11, 24) / 1000 }, signed: true });
  expect(registry.repositories.get("dev")).toMatchObject({ root: "/srv/dev", signing: "pki/signing/dev.pub" });
  expect(registry.services.get("db")).toEqual({ sni: "db.example.com", connect: "[2001:db8::1]:5432" });
  expect(registry.clients.get("zoe")).toMatchObject({
    key: "ed25519",
    csr: true,
    home: "dev",
    organization: "Zoë & Co",
    country: "FR",
  });
  expect(registry.clients.get("adam")).toMatchObject({
    key: "ec-p384",
    lifetime: 30 * DAY,
    renewBefore: 7 * DAY,
    overlap: DAY,
    previously: "eve",
  });
  const before = Date.UTC(2026, 10, 20, 18) / 1000;
  expect(clients.get("laptop7")?.reissue).toEqual({ before, reason: "keyCompromise" });
  expect(registry.servers.get("a.example")).toMatchObject({
    listen: ["8443", "[::]:8443"],
    redirect: [],
    url: "https://a.example:8443",
    deploy: { to: "ssh", host: "me@a.example:22", directory: "/opt/g" },
  });
  expect(registry.servers.get("b.example")).toMatchObject({
    names: ["b.example", "192.0.2.1", "2001:db8::1"],
    certificate: { file: "/a", key: "/b", ca: "/c" },
  });
  expect(registry.servers.get("c.example")).toMatchObject({
    url: "https://c.example:8443",
    deploy: { to: "pull", branch: "releases/c" },
  });
});

test("places say where each entry and section stands", () => {
  const result = check(EVERYTHING);
  if (!result.ok) throw new Error("refused");
  expect(result.places.get("clients.adam")).toEqual({ line: 17, column: 3 });
  expect(result.places.get("groups")).toEqual({ line: 12, column: 1 });
  expect(result.places.get("signers.build01")).toEqual({ line: 26, column: 3 });
});

test("the registry is the same through the complete parser, and through its thread", async () => {
  const unusual = EVERYTHING.replace("adam: {", "adam: &anchor {");
  expect(check(unusual)).toMatchObject({ ok: true, registry: registryOf(EVERYTHING) });
  const bytes = new TextEncoder().encode(`${unusual}${"# padding\n".repeat(10_000)}`);
  const sets = { now: NOW, requests: new Set(["zoe", "c.example"]), signing: new Set(["pki/signing/dev.pub"]) };
  const result = await readRegistry(bytes, sets);
  expect(result).toMatchObject({ ok: true, registry: registryOf(EVERYTHING) });
});

test("no bytes whatever make it throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void check(bytes)),
    { numRuns: 500 },
  );
});

/** Cuts, copies and swaps pieces of a good registry. */
const cut = fc.record({
  from: fc.nat(EVERYTHING.length),
  length: fc.nat(40),
  put: fc.constantFrom(
    "",
    "[",
    "}",
    ": ",
    "\n",
    " ",
    "&a ",
    "*a",
    "<<: ",
    "!!str ",
    "__proto__",
    "0",
    "'",
    '"',
    "- ",
    "? ",
    "#",
    "|\n",
    "\u202e",
    "\ud800",
  ),
});

test("no mutation of a good registry makes it throw, and each has a registry or problems", () => {
  fc.assert(
    fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), (cuts) => {
      let text = EVERYTHING;
      for (const { from, length, put } of cuts) text = text.slice(0, from) + put + text.slice(from + length);
      const result = check(text);
      expect(result.ok || result.problems.length > 0).toBe(true);
      if (result.ok) return;
      const order = result.problems.map(({ line, column }) => line * 1_000_000 + column);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }),
    { numRuns: 500 },
  );
});
