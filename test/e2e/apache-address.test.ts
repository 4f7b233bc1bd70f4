import { afterAll, beforeAll, expect, test } from "vitest";
import { Apache, apacheArguments } from "./support/apache.ts";
import type { Credentials } from "./support/authority.ts";
import { freePorts } from "./support/ports.ts";
import { type Ask, ask } from "./support/request.ts";
import { Scratch } from "./support/scratch.ts";
import { clock, Site } from "./support/site.ts";

const NAME = "pkg.example.com";

const registry = (tls: number, www: string) => `version: 1
authority: { common_name: Example CA, organization: Example }
repositories:
  packages: { type: files, path: /packages/, root: ${www} }
groups:
  staff: { repositories: [packages] }
servers:
  ${NAME}: { software: apache, names: [${NAME}, 127.0.0.1, "::1"], listen: ["127.0.0.1:${tls}"], redirect: [] }
clients:
  alice: { groups: [staff] }
  carol: {}
`;

let scratch: Scratch;
let site: Site | undefined;
let apache: Apache | undefined;
let alice: Credentials;
let port = 0;

beforeAll(async () => {
  scratch = new Scratch("address");
  scratch.write("www/file.txt", "packages\n");
  [port = 0] = await freePorts(1);
  site = await Site.create(registry(port, scratch.at("www")), clock());
  alice = site.take("alice");
  const run = scratch.at("run");
  apache = await Apache.start(run, apacheArguments(run, site.at("apache")), port);
});

afterAll(async () => {
  await apache?.stop();
  site?.[Symbol.dispose]();
  scratch?.[Symbol.dispose]();
});

const send = (options: Partial<Ask>) => ask({ port, sni: null, as: alice, target: "/packages/file.txt", ...options });

test.each([
  ["an address of the server, with its port", () => `127.0.0.1:${port}`],
  ["an address of the server", () => "127.0.0.1"],
  ["an IPv6 address of the server", () => `[::1]:${port}`],
])("a client that asks for %s sends no name in the handshake, and is served", async (_, host) => {
  expect(await send({ host: host() })).toMatchObject({ status: 200, body: "packages\n" });
});

test.each([
  ["the server's name without a name in the handshake", { host: NAME }],
  ["an address that is not the server's", { host: "127.0.0.2" }],
  ["an address under another name's handshake", { sni: "unknown.example.com", host: "127.0.0.1" }],
])("nobody is served who asks for %s", async (_, asked) => {
  expect(await send(asked)).toMatchObject({ status: 421, body: expect.stringContaining("another server name") });
});

test("by address too, a client needs a certificate, and a group", async () => {
  await expect(send({ host: "127.0.0.1", as: null })).rejects.toThrow(/certificate required/);
  const carol = site?.take("carol") ?? null;
  expect((await send({ host: "127.0.0.1", as: carol })).status).toBe(403);
});
