import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { check } from "../../scripts/flows/check.ts";
import { planToShow } from "../../scripts/flows/plan-to-show.ts";
import { parseInstant } from "../../scripts/model/time.ts";
import { reconcileHere } from "./support/in-process.ts";
import { clientsYaml, NOON, Repository } from "./support/repository.ts";

/*
 * A process of git's costs a large process like ours 5 to 20 ms, several times what git then does: a run that asks one
 * more is slower for everybody, and nothing else tells of it.
 */

const now = parseInstant(NOON) ?? 0;
let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml({ alice: "{ groups: [staff] }" }));
  for (const group of ["guests", "staff"]) {
    ready.write("clients.yaml", clientsYaml({ alice: `{ groups: [${group}] }` }));
    await reconcileHere(ready, NOON);
    ready.commit(`Let alice be in ${group}`);
  }
  ready.git("init", "--quiet", "--bare", ready.beside("origin.git"));
  ready.git("remote", "add", "origin", ready.beside("origin.git"));
  for (const tip of ["HEAD~1", "HEAD"]) ready.git("push", "--quiet", "origin", `${tip}:refs/heads/main`);
});
afterAll(() => ready?.[Symbol.dispose]());

/** What git was started for meanwhile, as its own trace has it. */
async function startedBy(repository: Repository, work: () => Promise<unknown>): Promise<string[]> {
  const directory = repository.beside("trace");
  mkdirSync(directory);
  vi.stubEnv("GIT_TRACE2_EVENT", directory);
  try {
    await work();
  } finally {
    vi.unstubAllEnvs();
  }
  return readdirSync(directory).map((name) => {
    const [, start = ""] = readFileSync(join(directory, name), "utf8").split("\n");
    return /"argv":\[(.*?)\]/.exec(start)?.[1] ?? "";
  });
}

const COMMANDS: Readonly<Record<string, (repository: Repository) => Promise<unknown>>> = {
  plan: ({ root }) => planToShow({ root, now, checkClock: false, allowLosses: null, base: null, head: null }),
  reconcile: (repository) => reconcileHere(repository, NOON),
  check: ({ root }) => check({ root, now, checkClock: false, progress: () => ({ tick() {}, done() {} }) }),
};

const note = (twin: Repository, revision: string) =>
  twin.write(".git/gatehouse/facts-seen", twin.git("rev-parse", revision));

describe("of git's processes", () => {
  test.each<[command: string, when: string, prepare: (twin: Repository) => void, most: number]>([
    ["plan", "nothing is noted yet", () => {}, 9],
    ["plan", "all but the last commit was looked at", (twin) => note(twin, "HEAD~1"), 9],
    ["plan", "everything was looked at", (twin) => note(twin, "HEAD"), 8],
    ["plan", "there is no origin", (twin) => twin.git("remote", "remove", "origin"), 8],
    ["plan", "HEAD is on no branch", (twin) => twin.git("checkout", "--quiet", "--detach"), 7],
    ["reconcile", "there is nothing to do", () => {}, 9],
    ["check", "all is well", () => {}, 17],
  ])("%s starts few where %s", async (command, _, prepare, most) => {
    using twin = ready.copy();
    prepare(twin);
    const started = await startedBy(twin, async () => COMMANDS[command]?.(twin));
    expect(started.length, started.join("\n")).toBeLessThanOrEqual(most);
    expect(started).not.toEqual([]);
    expect(started.filter((argv) => /"(?:HEAD\^\{commit\}|symbolic-ref)"/.test(argv))).toHaveLength(1);
  });
});
