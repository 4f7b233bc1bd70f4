import { execFileSync, spawn } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Host, PROGRAMS, SHELLS, World } from "./support/activation.ts";
import { Fetching } from "./support/fetching.ts";
import { testConfiguration } from "./support/nginx.ts";
import type { Wanted } from "./support/release.ts";
import { environment } from "./support/repository.ts";

/** Every program that activate calls. */
const TOOLS = [
  ..."awk cat chmod cmp cp curl cut date find grep head id ln ls mkdir mv nginx readlink rm rmdir sed".split(" "),
  ..."sha256sum sleep sort sync tail tr uname wc xargs".split(" "),
];

const ENOUGH = 5_000;

/**
 * Stand-ins for programs: each reads a line (one byte) of the file that is open as 3, from where the last one stopped, and the
 * one that finds none ends its whole process group at once, before the program does anything. How many lines were
 * read is where activate was. (Nothing here is a process of its own: there are hundreds of them.)
 */
function deadlyTools(world: World, path: string): string {
  const directory = world.scratch.at("deadly");
  mkdirSync(directory);
  for (const name of TOOLS) {
    const real = execFileSync("sh", ["-c", `command -v ${name}`], { env: { PATH: path }, encoding: "utf8" }).trim();
    const text = `#!/bin/dash\nread -r _ <&3 || kill -9 0\nexec ${real} "$@"\n`;
    writeFileSync(`${directory}/${name}`, text);
    chmodSync(`${directory}/${name}`, 0o755);
  }
  return `${directory}${delimiter}${path}`;
}

/** From the moment when the release is put beside the others, so many programs are left to run. */
const LATE = 40;
/** Of those, every tenth is a place to be killed at, under either shell another one; of what comes before, every 32nd. */
function turns(count: number, offset: number): number[] {
  const all = Array.from({ length: count }, (_, n) => n + 1);
  return all.filter((turn) => (turn + offset) % (count - turn < LATE ? 10 : 32) === 0);
}

describe.each([
  ["dash", 0],
  ["busybox", 5],
] as const)("under %s", (shell, offset) => {
  let world: World;
  let host: Host;
  let path = "";
  let commit = 1;
  beforeAll(async () => {
    world = await World.create();
    path = deadlyTools(world, shell === "busybox" ? world.smallPath() : (process.env["PATH"] ?? ""));
    host = await Host.serving(world, "host", world.release(0), { WAIT: "2" }, shell);
  });
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    world?.[Symbol.dispose]();
  });

  /** Runs it in a process group of its own, to be killed at that place. How many programs it has called by then. */
  const runUntil = async (turn: number, release: string): Promise<number> => {
    const tickets = openSync(world.scratch.write("tickets", "\n".repeat(turn - 1)), "r");
    const [program, ...first] = SHELLS[shell];
    const argv = [...first, `${PROGRAMS}activate`, "-d", host.directory, "install", release];
    const env = environment({ PATH: path });
    await new Promise((done, fail) => {
      const child = spawn(program, argv, { env, stdio: ["ignore", "ignore", "ignore", tickets], detached: true });
      child.once("error", fail);
      child.once("close", done);
    });
    const left = readFileSync(tickets, "utf8").length;
    closeSync(tickets);
    return turn - 1 - left;
  };

  /** What is wrong with the host, which should serve some release, or this one. */
  const wrong = async (id?: string): Promise<string[]> => {
    const conf = `${host.directory}/current/nginx/nginx.conf`;
    const { code, said } = testConfiguration(host.prefix, conf);
    const serves = [await host.generation(), host.link("current"), host.link("good"), ...host.remains()];
    return [
      ...(code === 0 ? [] : [`current is no configuration: ${said}`]),
      ...(id === undefined || serves.join() === [id, id, id].join() ? [] : serves),
    ];
  };

  /** Kills it on its way to a release at each of these places, runs it again, and returns what is wrong after that. */
  const killedAt = async (places: readonly number[], wanted: Partial<Wanted>, said: RegExp) => {
    const failed: Record<string, string[]> = {};
    for (const turn of places) {
      commit += 1;
      const release = world.release(commit, { pki: world.after, ...wanted });
      await runUntil(turn, release.path);
      const after = await wrong();
      const { last } = await host.activate("install", release.path);
      const serves = /^\S+ (\S+)/.exec(last)?.[1] ?? "";
      const end = said.test(last) && serves.endsWith(release.id) ? [] : [last];
      const all = [...after, ...end, ...(await wrong(serves))];
      if (all.length > 0) failed[turn] = all;
    }
    return failed;
  };

  test("killed anywhere, it leaves a server that serves, and the next run ends active", async () => {
    await using fetching = new Fetching(world);
    const count = await runUntil(ENOUGH, world.release(commit, { pki: world.after }).path);
    expect(count).toBeGreaterThan(LATE);
    expect(await killedAt(turns(count, offset), {}, /^(?:active|unchanged) /)).toEqual({});
    await fetching.stop();
    expect(fetching.failures).toEqual([]);
  });

  test.runIf(shell === "dash")("nor does it matter when it is killed on its way back", async () => {
    await using fetching = new Fetching(world);
    const silent = (files: Map<string, string>) => {
      const conf = files.get("nginx/nginx.conf") ?? "";
      files.set("nginx/nginx.conf", conf.replace("include generation*.conf;", ""));
    };
    commit += 1;
    const { path } = world.release(commit, { pki: world.after, edit: silent });
    const count = await runUntil(ENOUGH, path);
    const places = [12, 60].map((left) => count - left);
    expect(await killedAt(places, { edit: silent }, /^rolled-back /)).toEqual({});
    await fetching.stop();
    expect(fetching.failures).toEqual([]);
  });
});
