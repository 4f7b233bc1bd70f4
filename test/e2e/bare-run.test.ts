import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bareYaml, edit, removeKey, Served } from "./support/bare.ts";
import { certificates } from "./support/judges.ts";
import { until } from "./support/ports.ts";
import { environment } from "./support/repository.ts";

/** Far enough apart that edits of some of them merge. */
const NAMES = Array.from({ length: 20 }, (_, at) => `client${String(at).padStart(2, "0")}`);
const CLIENTS = Object.fromEntries(NAMES.map((name) => [name, "{ groups: [staff] }"]));

let served: Served;
beforeAll(async () => {
  served = await Served.create(bareYaml(CLIENTS));
  // The first run makes the private clone and begins the log.
  expect(await served.run()).toMatchObject({ code: 0 });
});
afterAll(() => served?.[Symbol.dispose]());

let count = 0;
/** A new client, and their name. */
function newcomer(clone = served.clone()): { readonly name: string; readonly clone: ReturnType<Served["clone"]> } {
  count += 1;
  const name = `newcomer${count}`;
  edit(clone, `${clone.read("clients.yaml")}  ${name}: { groups: [guests] }\n`, `Add ${name}`);
  return { name, clone };
}

const ofWork = () => {
  const clone = served.clone();
  return certificates(clone);
};

/** Of what the log has after so many characters: each run begins after the one before has ended. */
function expectOneAtATime(from: number): void {
  const marks = [
    ...served
      .read("gatehouse/log")
      .slice(from)
      .matchAll(/^\S+Z (carrying out|ended|failed)/gm),
  ].map(([, word]) => word);
  expect(marks.length).toBeGreaterThan(2);
  for (const [at, word] of marks.entries()) expect(word === "carrying out").toBe(at % 2 === 0);
}

it("deploys nothing to its own machine where clients.yaml does not say so, and says what it leaves out", async () => {
  const there = existsSync("/etc/gatehouse");
  // Two that nobody said how to get to, and each would be the machine that carries out.
  const servers = "servers:\n  one.example.com: {}\n  two.example.com: {}\n";
  using silent = await Served.create(bareYaml({ alice: "{ groups: [staff] }" }, servers));
  const { clone } = newcomer(silent.clone());
  const { code, stderr } = await silent.push(clone);
  expect(code).toBe(0);
  for (const name of ["one", "two"])
    expect(stderr).toContain(`${name}.example.com: not deployed: clients.yaml does not say how to get there.`);
  expect(stderr).not.toMatch(/activate|active/);
  expect(stderr).toContain("gatehouse: done");
  expect(existsSync("/etc/gatehouse")).toBe(there);
});

describe("a push to main", () => {
  it("is carried out in one commit on top, whose author is the repository's; the pusher reads along", async () => {
    const { name, clone } = newcomer();
    const { code, stderr } = await served.push(clone);
    expect(code).toBe(0);
    expect(stderr).toContain(`+ ${name} gains files`);
    expect(stderr).toMatch(/Committed and pushed as [0-9a-f]{12}\./);
    expect(stderr).toContain("gatehouse: done; for the commit that was made here: git pull");
    clone.git("pull", "--quiet", "origin", "main");
    expect(clone.git("log", "-2", "--format=%an: %s")).toBe(`Gatehouse: Issue 1\nTester: Add ${name}\n`);
    expect(clone.git("rev-parse", "HEAD").trim()).toBe(served.tip());
    expect(await clone.run("plan", "--detailed-exitcode")).toMatchObject({ code: 0 });
  });

  it("leaves a log, and keeps key and private clone to the owner", () => {
    expect(served.read("gatehouse/log")).toContain("carrying out");
    expect(statSync(served.at("gatehouse/work")).mode & 0o777).toBe(0o700);
    expect(statSync(served.at("gatehouse/key")).mode & 0o777).toBe(0o600);
  });

  it("from three clones at once ends with all three carried out, one run at a time, nobody twice", async () => {
    const { length } = served.read("gatehouse/log");
    const chosen = NAMES.filter((_, at) => at % 7 === 0);
    const clones = chosen.map((name) => ({ name, clone: served.clone() }));
    await Promise.all(
      clones.map(async ({ name, clone }) => {
        const text = clone
          .read("clients.yaml")
          .replace(`${name}: { groups: [staff] }`, `${name}: { groups: [guests] }`);
        edit(clone, text, `Move ${name}`);
        for (let attempt = 1; (await served.push(clone)).code !== 0; attempt += 1) {
          if (attempt === 30) throw new Error(`${name} is never taken`);
          clone.git("pull", "--quiet", "--rebase", "origin", "main");
        }
      }),
    );
    const clone = served.clone();
    expect(await clone.run("plan", "--detailed-exitcode")).toMatchObject({ code: 0 });
    for (const moved of chosen) expect(clone.read("pki/registry.yaml")).toMatch(new RegExp(`${moved}[^}]*guests`));
    const names = ofWork().map(({ identity }) => identity);
    expect(new Set(names).size).toBe(names.length);
    expectOneAtATime(length);
    expect(readdirSync(served.at("gatehouse/queue"))).toEqual([]);
  });

  it("is carried out though the one who pushed is gone", async () => {
    const { name, clone } = newcomer();
    const push = served.start(clone);
    await until("the run", () => served.worker());
    process.kill(-push.pid, "SIGKILL");
    await push.ended;
    await until("the end of the run", () => served.worker() === undefined || undefined);
    expect(served.show("pki/registry.yaml")).toContain(name);
  });

  it("is carried out though the run is killed, wherever", async () => {
    for (const come of [() => true, begins]) {
      const { name, clone } = newcomer();
      const push = served.start(clone);
      const worker = await until("the run", () => served.worker());
      await until("its work on the push", () => come(clone) || undefined);
      killed(worker);
      const { stderr } = await push.ended;
      expect(stderr).toContain("gatehouse: done");
      expect(served.show("pki/registry.yaml")).toContain(name);
    }
    const names = ofWork().map(({ identity }) => identity);
    expect(new Set(names).size).toBe(names.length);
  });

  it("that nobody has carried out is taken up by the next run", async () => {
    const { name, clone } = newcomer();
    const push = served.start(clone);
    const worker = await until("the run", () => served.worker());
    process.kill(-push.pid, "SIGKILL");
    killed(worker);
    await push.ended;
    expect(await served.run()).toMatchObject({ code: 0 });
    expect(served.show("pki/registry.yaml")).toContain(name);
    expect(readdirSync(served.at("gatehouse/queue"))).toEqual([]);
  });
});

/** The private clone has what was pushed: as good as halfway. */
function begins(clone: ReturnType<Served["clone"]>): boolean {
  const pushed = clone.git("rev-parse", "HEAD").trim();
  const args = ["-C", served.at("gatehouse/work"), "merge-base", "--is-ancestor", pushed, "HEAD"];
  return spawnSync("git", args, { stdio: "ignore" }).status === 0;
}

function killed(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself: a quick machine.
  }
}

describe("gatehouse/run", () => {
  it("makes no commit on a quiet day", async () => {
    const before = served.tip();
    const { code, stderr } = await served.run();
    expect(code).toBe(0);
    expect(stderr).toContain("Nothing to do");
    expect(served.tip()).toBe(before);
  });

  it("works where the private clone is locked by a killed git, or broken", async () => {
    writeFileSync(served.at("gatehouse/work/.git/index.lock"), "");
    expect(await served.run()).toMatchObject({ code: 0 });
    rmSync(served.at("gatehouse/work/.git/HEAD"));
    expect(await served.run()).toMatchObject({ code: 0 });
  });

  it("turns a large log over", async () => {
    writeFileSync(served.at("gatehouse/log"), `${"x".repeat(1_000_001)}\n`);
    const { code, stderr } = await served.run();
    expect(code).toBe(0);
    expect(stderr).toContain("Nothing to do");
    expect(stderr).not.toContain("xxx");
    expect(statSync(served.at("gatehouse/log.1")).size).toBe(1_000_002);
  });

  it("says what is missing where there is no key, or one that others can read", async () => {
    chmodSync(served.at("gatehouse/key"), 0o644);
    expect((await served.run()).stderr).toContain(`chmod 600 ${served.at("gatehouse/key")}`);
    removeKey(served);
    const { clone, name } = newcomer();
    const { code, stderr } = await served.push(clone);
    expect(code).toBe(0);
    expect(stderr).toContain("git-crypt's key is not here");
    expect(stderr).toContain(`once mended, run: ${served.at("gatehouse/run")}`);
    served.first.git("crypt", "export-key", served.at("gatehouse/key"));
    expect(await served.run()).toMatchObject({ code: 0 });
    expect(served.show("pki/registry.yaml")).toContain(name);
  });
});

describe("create --bare", () => {
  it("changes nothing the second time", async () => {
    await served.create();
    const { code, stderr } = await served.create();
    expect(code).toBe(0);
    expect(stderr).toContain("is as it should be");
    expect(readdirSync(served.at("gatehouse/versions"))).not.toHaveLength(0);
  });

  it.each([
    ["somebody else's hook", "hooks/post-receive", "#!/bin/sh\necho theirs\n", "somebody else's hook"],
    [
      "hooks that git looks for elsewhere",
      "config",
      "[core]\n\tbare = true\n\thooksPath = /elsewhere\n",
      "core.hooksPath",
    ],
  ])("leaves %s alone", async (_, path, text, words) => {
    const other = served.first.beside(`other-${words.length}.git`);
    execFileSync("git", ["init", "--quiet", "--bare", "--template=", other]);
    mkdirSync(join(other, "hooks"));
    writeFileSync(join(other, path), text);
    const all = () => readdirSync(other, { recursive: true, encoding: "utf8" }).sort();
    const before = all();
    const { code, stderr } = await served.first.run("create", "--bare", other);
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).toContain("nothing was changed");
    expect(readFileSync(join(other, path), "utf8")).toBe(text);
    expect(all()).toEqual(before);
  });

  it("has git look in the repository where the user's settings say otherwise, and says what to type for an older one", async () => {
    const GIT_CONFIG_GLOBAL = served.first.beside("global");
    writeFileSync(GIT_CONFIG_GLOBAL, "[core]\n\thooksPath = /elsewhere\n");
    const looksIn = (bare: string) =>
      execFileSync("git", ["-C", bare, "rev-parse", "--path-format=absolute", "--git-path", "hooks"], {
        env: environment({ GIT_CONFIG_GLOBAL }),
        encoding: "utf8",
      });
    const fresh = served.first.beside("fresh.git");
    expect(await served.first.runWith({ GIT_CONFIG_GLOBAL }, "create", "--bare", fresh)).toMatchObject({ code: 0 });
    expect(looksIn(fresh)).toBe(`${fresh}/hooks\n`);
    const older = served.first.beside("it's older.git");
    execFileSync("git", ["init", "--quiet", "--bare", older], { env: environment() });
    const { code, stderr } = await served.first.runWith({ GIT_CONFIG_GLOBAL }, "create", "--bare", older);
    expect(code).toBe(1);
    const line = /^ {2}have it look in the repository, and run this again: (git .*)$/m.exec(stderr)?.[1] ?? "false";
    execFileSync("sh", ["-ec", line], { env: environment({ GIT_CONFIG_GLOBAL }) });
    expect(await served.first.runWith({ GIT_CONFIG_GLOBAL }, "create", "--bare", older)).toMatchObject({ code: 0 });
    expect(looksIn(older)).toBe(`${older}/hooks\n`);
  });

  it("names the branch as the clone does, also where a tag has the same name", async () => {
    using clone = served.first.copy();
    clone.git("tag", "main");
    const bare = clone.beside("tagged.git");
    expect(await clone.run("create", "--bare", bare)).toMatchObject({ code: 0 });
    expect(readFileSync(join(bare, "HEAD"), "utf8")).toBe("ref: refs/heads/main\n");
  });

  it("refuses what is no bare repository", async () => {
    mkdirSync(served.first.beside("full/of"), { recursive: true });
    const { code, stderr } = await served.first.run("create", "--bare", served.first.beside("full"));
    expect(code).toBe(1);
    expect(stderr).toContain("is not a bare repository; nothing was changed");
  });
});
