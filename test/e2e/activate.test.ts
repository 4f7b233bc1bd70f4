import { mkdirSync, statSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Host, World } from "./support/activation.ts";
import type { Made } from "./support/release.ts";

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(() => world?.[Symbol.dispose]());

describe.each(["dash", "busybox"] as const)("under %s", (shell) => {
  test("a first release waits for somebody to start the server, and is active when it serves", async () => {
    await using host = new Host(world, "first", {}, shell);
    const first = world.release(0);
    expect(await host.activate("status")).toMatchObject({ code: 0, last: "none" });
    expect(await host.activate("install", first.path)).toMatchObject({
      code: 1,
      last: expect.stringMatching(/^failed .*Start the server: it will serve/),
    });
    await host.start();
    expect(await host.activate("install", first.path)).toMatchObject({ code: 0, last: `active ${first.id}` });
    expect(await host.activate("status")).toMatchObject({
      code: 0,
      stderr: "",
      last: expect.stringMatching(`^active ${first.id} commit ${first.commit} crl [0-9]+$`),
    });
    expect([await host.generation(), host.link("current"), host.link("good")]).toEqual(Array(3).fill(first.id));
    expect(host.remains()).toEqual([]);
  });

  test("the next one takes frank's access away, the same again changes nothing, and a rollback gives him nothing back", async () => {
    const first = world.release(0);
    const second = world.release(1, { pki: world.after });
    await using host = await Host.serving(world, "next", first, {}, shell);
    expect([await host.status(world.alice), await host.status(world.frank)]).toEqual([200, 200]);
    expect(await host.activate("check", second.path)).toMatchObject({
      code: 0,
      last: `active ${second.id} would be activated`,
    });
    expect([await host.generation(), host.link("current"), host.releases()]).toEqual([first.id, first.id, [first.id]]);
    expect(await host.activate("install", second.path)).toMatchObject({ code: 0, last: `active ${second.id}` });
    expect([await host.status(world.alice), await host.status(world.frank)]).toEqual([200, 400]);
    const workers = statSync(`${host.prefix}/nginx.pid`).mtimeMs;
    expect(await host.activate("install", second.path)).toMatchObject({ stderr: "", last: `unchanged ${second.id}` });
    expect(statSync(`${host.prefix}/nginx.pid`).mtimeMs).toBe(workers);

    const both = `${first.id}+${second.id}`;
    expect(await host.activate("rollback")).toMatchObject({
      code: 0,
      last: `active ${both} the configuration of ${first.id}, with the CRL and client lists of ${second.id}`,
    });
    expect([await host.status(world.alice), await host.status(world.frank)]).toEqual([200, 400]);
    expect((await host.activate("status")).last).toMatch(`active ${both} commit ${second.commit} crl`);
    expect(host.read("current/manifest")).toContain(`config-commit ${first.commit}\n`);
    expect(await host.activate("rollback")).toMatchObject({
      code: 1,
      last: expect.stringContaining("no release before"),
    });
    expect(host.remains()).toEqual([]);
  });

  test("of two at once one waits for the other, and the newer one ends active", async () => {
    const second = world.release(1);
    const third = world.release(2);
    await using host = await Host.serving(world, "two", world.release(0), {}, shell);
    const [older, newer] = await Promise.all([
      host.activate("install", second.path),
      host.activate("install", third.path),
    ]);
    expect(newer.last).toBe(`active ${third.id}`);
    expect(older.last).toMatch(new RegExp(`^(?:active ${second.id}|failed .*does not come after)`));
    expect([await host.generation(), host.link("current"), host.link("good")]).toEqual(Array(3).fill(third.id));
    expect(older.stderr + newer.stderr).toContain("waiting for another activation");
    expect(host.remains()).toEqual([]);
  });
});

test("the last ones that served are kept, and what a dead process holds and has left is taken over", async () => {
  const made: Made[] = Array.from({ length: 4 }, (_, commit) => world.release(commit));
  await using host = await Host.serving(world, "keep", world.release(0), { KEEP: "2" });
  symlinkSync("4194303", `${host.directory}/lock`);
  mkdirSync(`${host.directory}/incoming/receive.4194303`);
  for (const { path } of made.slice(1)) await host.activate("install", path);
  expect(host.releases()).toEqual(made.slice(-2).map(({ id }) => id));
  expect(host.remains()).toEqual([]);
});
