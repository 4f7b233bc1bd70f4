import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KEPT } from "./kept.ts";
import { stories } from "./operations.ts";
import { trial } from "./trial.ts";
import { World } from "./world.ts";

/** `GATEHOUSE_LAW=10000` plays so many histories; `GATEHOUSE_LAW_SEED` chooses which. */
const ASKED = process.env["GATEHOUSE_LAW"];
const RUNS = Number(ASKED ?? 120);
const SEED = Number(process.env["GATEHOUSE_LAW_SEED"] ?? 20_261_121);

/** A plan that refuses everything would keep the law. So much of all histories must be carried out, and change main. */
const CARRIED_OUT = 0.2;

let world: World;
beforeAll(async () => {
  world = await World.make();
});
afterAll(() => world?.[Symbol.asyncDispose]());

describe("the law of the plan", () => {
  it(
    "what plan says of a branch is what differs on main after it was merged and carried out, or it is refused, for every reason",
    async () => {
      const outcomes = new Map<string, number>();
      const property = fc.asyncProperty(stories, async (story) => {
        const { outcome, lies } = await trial(world, story);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        expect(lies).toEqual([]);
      });
      await fc.assert(property, { numRuns: RUNS, seed: SEED });
      const played = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
      expect(played).toBe(RUNS);
      if (ASKED) console.info(`${played} histories of seed ${SEED}:`, Object.fromEntries(outcomes));
      expect(outcomes.get("equal") ?? 0).toBeGreaterThan(CARRIED_OUT * RUNS);
      const words = new Set([...outcomes.keys()].flatMap((outcome) => outcome.split(" ")));
      for (const code of ["StateEdited", "StateDoubtful", "MergeConflict", "InvalidRegistry", "TooManyLosses"])
        expect(words).toContain(code);
    },
    60_000 + RUNS * 10_000,
  );

  it.each(KEPT.map((kept) => [kept.sentence, kept] as const))("%s", async (_, { story, outcome }) => {
    expect(await trial(world, story)).toEqual({ outcome, lies: [] });
  });
});
