import { expect, test } from "vitest";
import { kindsFor } from "../../scripts/clients/index.ts";
import { sampleContext } from "./samples.ts";

test("a client's servers are those that serve something it reaches, each with only that", async () => {
  const { servers } = await sampleContext("bob");
  const seen = servers.map(({ name, repositories, services }) => [name, repositories.map(({ url }) => url), services]);
  expect(seen).toEqual([
    ["pkg.example.com", ["https://pkg.example.com/images/"], []],
    ["own.example.com", ["https://own.example.com/images/"], []],
  ]);
});

test("ports, trust and services are as the registry has them", async () => {
  const { servers, serverCa } = await sampleContext("alice");
  expect(servers.map(({ host, port, ca }) => [host, port, ca])).toEqual([
    ["pkg.example.com", 443, "ours"],
    ["apt.example.com", 8443, "system"],
    ["own.example.com", 443, "file"],
    ["tunnel.example.com", 5000, "ours"],
  ]);
  expect(servers.at(-1)?.services).toEqual([{ name: "db", sni: "db.example.com", port: 5432 }]);
  expect(serverCa).toBe(true);
});

test("the public half of a repository's signature comes with it", async () => {
  const { servers } = await sampleContext("alice");
  const packages = servers[0]?.repositories.find(({ name }) => name === "packages");
  expect(packages?.signing).toEqual({ file: "packages.pub", data: Buffer.from("bytes of pki/signing/packages.pub\n") });
});

test("home is where its repository is served", async () => {
  expect((await sampleContext("alice")).homes).toEqual(["https://pkg.example.com/home/"]);
  expect((await sampleContext("bob")).homes).toEqual([]);
});

test("a certificate is renewed where the client goes anyway, or else anywhere; never at a tunnel", async () => {
  expect((await sampleContext("carol")).renewal?.url).toBe("https://pkg.example.com/.gatehouse/certificate");
  expect((await sampleContext("alice")).renewal).toEqual({
    server: "pkg.example.com",
    url: "https://pkg.example.com/.gatehouse/certificate",
    ca: "ours",
  });
});

test.each([
  ["alice", ["pkg", "apt", "pkgsrc", "stunnel", "curl"]],
  ["bob", ["curl"]],
  ["carol", ["curl"]],
  ["nobody", ["curl"]],
])("the kinds for %s follow from what it reaches: %s", async (name, kinds) => {
  expect(kindsFor(await sampleContext(name))).toEqual(kinds);
});
