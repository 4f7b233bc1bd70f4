import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Host, SERVER, World } from "./support/activation.ts";
import { Backend, Haproxy } from "./support/haproxy.ts";
import type { Made, Wanted } from "./support/release.ts";

let world: World;
let backend: Backend | undefined;
let host: Host | undefined;
let haproxy: Haproxy | undefined;
beforeAll(async () => {
  world = await World.create("haproxy");
  backend = await Backend.start(world.behind, (path) => world.scratch.at("www", path.replace("/packages/", "")));
});
afterEach(async () => {
  await haproxy?.stop();
  await host?.[Symbol.asyncDispose]();
  haproxy = host = undefined;
});
afterAll(async () => {
  await backend?.stop();
  world?.[Symbol.dispose]();
});

const release = (commit: number, wanted: Partial<Wanted> = {}): Made =>
  world.release(commit, { roots: [], manifest: { software: "haproxy" }, ...wanted });

/** A host that serves a first release, with the run directory that `PREFIX` says. */
async function serving(name: string): Promise<Host> {
  const one = new Host(world, name);
  host = one;
  const first = release(0);
  expect((await one.activate("install", first.path)).last).toMatch(/^failed .*nothing answers on .*Start the server/);
  const current = `${one.directory}/current/haproxy`;
  haproxy = await Haproxy.start(one.prefix, ["-f", current, "-f", `${current}/servers`], world.tls);
  expect((await one.activate("install", first.path)).last).toBe(`active ${first.id}`);
  return one;
}

test("HAProxy takes releases as they are rendered: who is removed loses access, and a rollback does not give it back", async () => {
  const one = await serving("takes");
  const { alice, frank } = world;
  expect([await one.status(alice), await one.status(frank), await one.status(null)]).toEqual([200, 200, 400]);
  const second = release(1, { pki: world.after });
  expect((await one.activate("install", second.path)).last).toBe(`active ${second.id}`);
  expect(await one.generation()).toBe(second.id);
  expect([await one.status(alice), await one.status(frank)]).toEqual([200, 400]);
  expect((await one.activate("install", second.path)).last).toBe(`unchanged ${second.id}`);
  expect((await one.activate("rollback")).last).toMatch(/^active .+[+].+/);
  expect([await one.status(alice), await one.status(frank)]).toEqual([200, 400]);
  expect(one.remains()).toEqual([]);
});

test("a repository that is gone stays closed after a rollback", async () => {
  const one = await serving("closed");
  const without = release(1, {
    edit: (files) => {
      files.delete("haproxy/gates/packages.lst");
      const conf = `haproxy/servers/${SERVER}.cfg`;
      files.set(conf, (files.get(conf) ?? "").replace(/ !\{ [^}]*packages[.]lst" \}/, ""));
    },
  });
  expect((await one.activate("install", without.path)).last).toBe(`active ${without.id}`);
  expect((await one.activate("rollback")).last).toMatch(/^active .+[+].+/);
  expect(await one.status(world.alice)).toBe(403);
});

test.each([
  ["does not know", "    no-such-keyword", /unknown keyword 'no-such-keyword'/],
  ["warns about", "    option http-use-htx", /http-use-htx/],
])("a configuration that HAProxy %s is refused before anything is switched", async (_, line, said) => {
  const one = await serving("refuses");
  const edit = (files: Map<string, string>) =>
    files.set("haproxy/haproxy.cfg", `${files.get("haproxy/haproxy.cfg")}${line}\n`);
  const bad = release(1, { edit });
  const { last } = await one.activate("install", bad.path);
  expect(last).toMatch(/^failed this release is refused: the server's own test fails: .*nothing was switched/);
  expect(last).toMatch(said);
  expect(await one.status(world.alice)).toBe(200);
});
