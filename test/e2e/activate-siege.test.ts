import { expect, test } from "vitest";
import { Host, World } from "./support/activation.ts";
import { Fetching } from "./support/fetching.ts";

test("twenty activations in turn, and not one request fails", async () => {
  using world = await World.create();
  await using host = await Host.serving(world, "siege", world.release(0));
  await using fetching = new Fetching(world);
  for (let commit = 1; commit <= 20; commit += 1) {
    const release = world.release(commit, { pki: world.after });
    expect((await host.activate("install", release.path)).last).toBe(`active ${release.id}`);
  }
  await fetching.stop();
  expect(fetching.failures).toEqual([]);
  expect(fetching.requests).toBeGreaterThan(100);
  expect(await host.status(world.frank)).toBe(400);
});
