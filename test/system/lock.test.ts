import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { self } from "../../scripts/system/holder.ts";
import { withLock } from "../../scripts/system/lock.ts";
import { scratch } from "./scratch.ts";

const LOCK = new URL("../../scripts/system/lock.ts", import.meta.url).href;
const NODE_ARGS = ["--input-type=module-typescript", "-e"];

/** A lock file as another run would have left it. */
function leave(directory: string, changes: object): void {
  mkdirSync(join(directory, "gatehouse"), { recursive: true });
  const holder = { ...self("reconcile", 1_795_262_400), ...changes };
  writeFileSync(join(directory, "gatehouse/lock"), JSON.stringify(holder));
}

/** A process id that belongs to nobody any more. */
const deadProcess = () => spawnSync("true").pid;

describe("withLock", () => {
  test("gives back what the work gives, and leaves nothing behind", async () => {
    const directory = scratch();
    expect(await withLock(directory, "reconcile", async () => 42)).toBe(42);
    expect(readdirSync(join(directory, "gatehouse"))).toEqual([]);
  });

  test("is released when the work throws", async () => {
    const directory = scratch();
    const work = withLock(directory, "reconcile", async () => Promise.reject(new Error("no")));
    await expect(work).rejects.toThrow("no");
    expect(existsSync(join(directory, "gatehouse/lock"))).toBe(false);
  });

  test("a second run is told who holds it, and since when", async () => {
    const directory = scratch();
    await withLock(directory, "reconcile", async () => {
      const second = withLock(directory, "deploy", async () => 0);
      await expect(second).rejects.toThrow(
        new RegExp(`holds this repository: reconcile, process ${process.pid} on ${hostname()}, since 20`),
      );
    });
  });

  test.each([
    ["whose process is gone", () => ({ pid: deadProcess() })],
    ["from before the last boot", () => ({ boot: "another" })],
    ["whose process id was given out again", () => ({ started: "1" })],
  ])("a holder %s is dead: its lock is taken over", async (_, changes) => {
    const directory = scratch();
    leave(directory, changes());
    expect(await withLock(directory, "reconcile", async () => "mine")).toBe("mine");
    expect(readdirSync(join(directory, "gatehouse"))).toEqual([]);
  });

  test("a lock that nobody can read is dead", async () => {
    const directory = scratch();
    mkdirSync(join(directory, "gatehouse"));
    writeFileSync(join(directory, "gatehouse/lock"), "{}");
    expect(await withLock(directory, "reconcile", async () => "mine")).toBe("mine");
  });

  test.each([
    ["host", { host: "elsewhere" }],
    ["container", { space: "pid:[1]" }],
  ])("a holder on another %s may be alive, and the way out is told", async (_, changes) => {
    const directory = scratch();
    leave(directory, changes);
    const second = withLock(directory, "reconcile", async () => 0);
    await expect(second).rejects.toMatchObject({ hints: expect.arrayContaining([expect.stringContaining(": rm ")]) });
  });

  test("of many that find the same dead lock, never two work at once", async () => {
    const directory = scratch();
    const log = join(directory, "log");
    const script = `
      import { appendFileSync } from "node:fs";
      import { setTimeout } from "node:timers/promises";
      import { withLock } from ${JSON.stringify(LOCK)};
      const [, directory, log] = process.argv;
      // Works for a moment, so that who comes meanwhile is seen.
      await withLock(directory, "race", async () => {
        appendFileSync(log, "in\\n"); await setTimeout(20); appendFileSync(log, "out\\n");
      });
    `;
    for (let round = 0; round < 3; round += 1) {
      leave(directory, { pid: deadProcess(), round });
      const runs = Array.from({ length: 6 }, () => spawn(process.execPath, [...NODE_ARGS, script, directory, log]));
      const codes = await Promise.all(runs.map(async (child) => (await once(child, "exit"))[0]));
      expect(codes).toContain(0);
      expect(readdirSync(join(directory, "gatehouse"))).toEqual([]);
    }
    expect(readFileSync(log, "utf8").replaceAll("in\nout\n", "")).toBe("");
  });
});
