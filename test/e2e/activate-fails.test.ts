import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Host, SERVER, World } from "./support/activation.ts";
import { freePorts } from "./support/ports.ts";
import type { Made } from "./support/release.ts";

const OWN = `nginx/servers/${SERVER}.conf`;

let world: World;
let first: Made;
let taken: Server;
let port = 0;
beforeAll(async () => {
  world = await World.create();
  first = world.release(0);
  [port = 0] = await freePorts(1);
  taken = createServer();
  await new Promise<void>((done) => taken.listen(port, "127.0.0.1", done));
});
afterAll(() => {
  taken?.close();
  world?.[Symbol.dispose]();
});

type Edit = (files: Map<string, string>) => void;
const change =
  (path: string, pattern: string | RegExp, by: string): Edit =>
  (files) => {
    const text = files.get(path) ?? "";
    if (text.replace(pattern, by) === text) throw new Error(`${path} has no ${pattern}`);
    files.set(path, text.replace(pattern, by));
  };

/** nginx -t finds nothing wrong with these. */
const BAD: readonly (readonly [what: string, edit: () => Edit, why: string])[] = [
  [
    "a port that is taken",
    () => change(OWN, /listen 127[^;]*;/, `$& listen 127.0.0.1:${port} ssl;`),
    "did not take it up within 2 s: on .* it answers 2026[^ ]*; its log says: bind.. to 127.0.0.1:[0-9]+ failed .*in use",
  ],
  ["no marker", () => change("nginx/nginx.conf", "include generation*.conf;", ""), "did not take it up within 2 s"],
  [
    "no gate for who has no certificate",
    () => change("nginx/nginx.conf", "ssl_verify_client on;", "ssl_verify_client optional;"),
    `without a certificate https://${SERVER}:[0-9]+/ on 127.0.0.1:[0-9]+ gives 403, not 400`,
  ],
  [
    "an answer under every name",
    () =>
      change(
        OWN,
        "ssl_reject_handshake on;",
        'ssl_certificate "../issued/pkg.example.com.crt"; ssl_certificate_key "../private/pkg.example.com.key";',
      ),
    "a name that this server does not have gets 400 on .*, not a refused handshake",
  ],
];

test.each(BAD)("a release with %s goes, and its CRL and lists stay", async (_, edit, why) => {
  await using host = await Host.serving(world, "bad", first, { WAIT: "2" });
  const bad = world.release(1, { pki: world.after, edit: edit() });
  const both = `${first.id}+${bad.id}`;
  const { code, last } = await host.activate("install", bad.path);
  expect({ code, last }).toEqual({
    code: 1,
    last: expect.stringMatching(new RegExp(`^rolled-back ${both.replace("+", "[+]")} .*${why}`)),
  });
  expect(last).toContain(`it serves the configuration of ${first.id} with the CRL and client lists of ${bad.id}`);
  expect([await host.generation(), host.link("current"), host.link("good")]).toEqual([both, both, both]);
  expect([await host.status(world.alice), await host.status(world.frank)]).toEqual([200, 400]);
  const better = world.release(2, { pki: world.after });
  expect((await host.activate("install", better.path)).last).toBe(`active ${better.id}`);
  expect(host.remains()).toEqual([]);
});

test("lists that do not work under the configuration before go as well", async () => {
  await using host = await Host.serving(world, "lists", first, { WAIT: "2" });
  const edit: Edit = (files) => {
    change("nginx/nginx.conf", "include generation*.conf;", "")(files);
    change("nginx/nginx.conf", "include homes.map;", "")(files);
    files.delete("nginx/homes.map");
  };
  const bad = world.release(1, { pki: world.after, edit });
  const { last } = await host.activate("install", bad.path);
  expect(last).toMatch(new RegExp(`^rolled-back ${first.id} .*so all is as it was`));
  expect([await host.generation(), host.link("current"), host.link("good")]).toEqual(Array(3).fill(first.id));
  expect(await host.status(world.alice)).toBe(200);
  expect(host.remains()).toEqual([]);
});

test("a repository that is gone lets nobody in when the configuration goes back", async () => {
  await using host = await Host.serving(world, "gone", first, { WAIT: "2" });
  const edit: Edit = (files) => {
    change("nginx/nginx.conf", "include generation*.conf;", "")(files);
    change(OWN, /location [^{]*"\/packages\/" \{[^}]*\}/, "")(files);
    files.delete("nginx/gates/packages.conf");
    files.delete("nginx/repositories/packages.conf");
  };
  const { last } = await host.activate("install", world.release(1, { pki: world.after, edit }).path);
  expect(last).toMatch(/^rolled-back .*[+]/);
  expect(await host.status(world.alice)).toBe(403);
});

test("a rollback to a configuration that does not come up is taken back", async () => {
  const blocked = world.release(0, { edit: change(OWN, /listen 127[^;]*;/, `$& listen 127.0.0.1:${port} ssl;`) });
  await new Promise((done) => taken.close(done));
  await using host = await Host.serving(world, "back", blocked, { WAIT: "2" });
  const next = world.release(1, { pki: world.after });
  expect((await host.activate("install", next.path)).last).toBe(`active ${next.id}`);
  taken = createServer();
  await new Promise<void>((done) => taken.listen(port, "127.0.0.1", done));
  expect(await host.activate("rollback")).toMatchObject({
    code: 1,
    last: expect.stringMatching(
      new RegExp(`^rolled-back ${next.id} the server did not take it up .*${next.id} serves again`),
    ),
  });
  expect([await host.generation(), host.link("current"), host.link("good")]).toEqual(Array(3).fill(next.id));
});
