import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Host, SERVER, World } from "./support/activation.ts";
import { ProgramsAway } from "./support/programs-away.ts";
import type { Made, Wanted } from "./support/release.ts";
import { environment } from "./support/repository.ts";

const KEY = `private/${SERVER}.key`;

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(() => world?.[Symbol.dispose]());

describe.each(["dash", "busybox"] as const)("under %s", (shell) => {
  let host: Host;
  let origin: Origin;
  let current: Made;
  let commit = 0;

  beforeAll(async () => {
    origin = new Origin(world, shell);
    host = new Host(world, `pull-${shell}`, { SERVER, REPOSITORY: origin.bare, BRANCH: "releases/pkg" }, shell);
    writeFileSync(
      `${host.directory}/allowed_signers`,
      `deploy@example.com namespaces="git" ${origin.publicKey("deploy")}`,
    );
    mkdirSync(`${host.directory}/private`, { mode: 0o700 });
    cpSync(`${world.before}/${KEY}`, `${host.directory}/${KEY}`);
    await begin();
  });
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
  });

  /** A release as it goes on a branch: without its key. */
  const next = (wanted: Partial<Wanted> = {}): Made => {
    commit += 1;
    return world.release(commit, { edit: (files) => files.delete(KEY), ...wanted });
  };

  /** What every host goes through once. */
  const begin = async () => {
    current = next();
    origin.push(current.path, "deploy");
    expect((await host.run("pull", [])).last).toMatch(/^failed .*Start the server/);
    await host.start();
    expect(await host.run("pull", ["-f"])).toMatchObject({ code: 0, last: `active ${current.id}` });
  };

  test("is silent when there is nothing new, and catches up in one step", async () => {
    await host.run("pull", ["-f"]);
    expect(await host.run("pull", [])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    for (let week = 0; week < 3; week += 1) {
      current = next();
      origin.push(current.path, "deploy");
    }
    expect(await host.run("pull", [])).toMatchObject({ code: 0, last: `active ${current.id}` });
    expect([await host.generation(), await host.status(world.alice)]).toEqual([current.id, 200]);
    expect(host.remains()).toEqual(["allowed_signers", "private", "pull.git"]);
  });

  test.each([
    ["nobody signed", () => origin.push(next().path, null), "is not signed$"],
    ["a stranger signed", () => origin.push(next().path, "stranger"), "is not signed by anybody in"],
    [
      "holds a key",
      () => origin.push(next({ edit: () => {} }).path, "deploy"),
      `holds ${KEY}; a key that was pushed is a key to be replaced`,
    ],
    [
      "holds a link",
      () => {
        const { path } = next();
        symlinkSync("/etc/passwd", `${path}/nginx/link.conf`);
        origin.push(path, "deploy");
      },
      "holds more than files: nginx/link.conf",
    ],
    [
      "is older than what serves",
      () => origin.push(world.release(0, { edit: (files) => files.delete(KEY) }).path, "deploy", true),
      "does not come after the current one",
    ],
    [
      "is another server's",
      () => origin.push(next({ manifest: { server: "apt.example.com" } }).path, "deploy"),
      `it is for apt.example.com, and this is ${SERVER}`,
    ],
    [
      "leaves a file out by its attributes",
      () => {
        const { path } = next({
          edit: (files) => {
            files.delete(KEY);
            files.set("nginx/.gitattributes", "clients.map export-ignore\n");
          },
          manifest: {},
        });
        origin.push(path, "deploy");
      },
      "clients.map is missing",
    ],
  ])("refuses what %s, and serves what it has", async (_, push, said) => {
    push();
    // Whoever can write to the clone decides nothing.
    writeFileSync(`${host.directory}/pull.git/config`, '[core]\nbare = true\n[gpg "ssh"]\nprogram = true\n');
    const { code, last } = await host.run("pull", []);
    expect({ code, last }).toEqual({ code: 1, last: expect.stringMatching(new RegExp(`^failed .*${said}`)) });
    expect([await host.generation(), host.link("current")]).toEqual([current.id, current.id]);
    expect(host.remains()).toEqual(["allowed_signers", "private", "pull.git"]);
  });

  test("tries what was refused again after an hour, or when it is told to", async () => {
    origin.push(next().path, null);
    const { last } = await host.run("pull", []);
    expect(last).toMatch(/is not signed$/);
    expect(await host.run("pull", [])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect((await host.run("pull", ["-f"])).last).toBe(last);
    const hours = Date.now() / 1000 - 7200;
    utimesSync(`${host.directory}/pull.git/refused`, hours, hours);
    expect((await host.run("pull", [])).last).toBe(last);
  });

  test("says so when it cannot fetch, and goes on when it can again, over a branch that was written anew", async () => {
    const elsewhere = `${origin.bare}.away`;
    execFileSync("mv", [origin.bare, elsewhere]);
    expect(await host.run("pull", [])).toMatchObject({
      code: 1,
      last: expect.stringMatching(/^failed releases\/pkg cannot be fetched/),
    });
    execFileSync("mv", [elsewhere, origin.bare]);
    current = next();
    origin.push(current.path, "deploy", true);
    expect((await host.run("pull", [])).last).toBe(`active ${current.id}`);
  });

  test.skipIf(shell !== "dash")(
    "takes nothing wrong, whatever program is missing or fails",
    async () => {
      const away = new ProgramsAway(world.scratch.at("pull-programs"));
      current = next();
      origin.push(current.path, "deploy");
      await away.trace((path) => host.run("pull", ["-f"], { PATH: path }));
      expect(host.link("current")).toBe(current.id);
      expect(away.names).toEqual(expect.arrayContaining(["git", "grep", "ssh-keygen", "tar"]));
      const taken: string[] = [];
      for (const [what, way, push] of [
        ["a key", "failing", () => origin.push(next({ edit: () => {} }).path, "deploy")],
        ["what nobody signed", "missing", () => origin.push(next().path, null)],
      ] as const) {
        push();
        // One after the other: a second one at the same time has nothing to do.
        for (const one of away.cases([way])) {
          const { code, last } = await host.run("pull", ["-f"], { PATH: one.path });
          if (code === 0 || host.link("current") !== current.id) taken.push(`${what}, where ${one.what}: ${last}`);
        }
      }
      expect(taken).toEqual([]);
      // What stayed because rm did not work goes with the next release.
      current = next();
      origin.push(current.path, "deploy");
      expect((await host.run("pull", ["-f"])).last).toBe(`active ${current.id}`);
    },
    240_000,
  );

  test("believes nothing that others could have written", async () => {
    chmodSync(`${host.directory}/allowed_signers`, 0o666);
    expect((await host.run("pull", [])).last).toMatch(/^failed .*allowed_signers may be written by others/);
    chmodSync(`${host.directory}/allowed_signers`, 0o644);
  });
});

/** A forge, and the clone of whoever deploys. */
class Origin {
  readonly bare: string;
  readonly #work: string;
  readonly #keys: string;

  constructor(world: World, name: string) {
    this.bare = world.scratch.at(`${name}-origin.git`);
    this.#work = world.scratch.at(`${name}-work`);
    this.#keys = world.scratch.at(`${name}-key`);
    this.#run("git", "init", "--quiet", "--bare", this.bare);
    this.#run("git", "init", "--quiet", "--initial-branch=releases/pkg", this.#work);
    for (const who of ["deploy", "stranger"]) {
      this.#run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", `${this.#keys}-${who}`);
    }
  }

  publicKey(who: string): string {
    return readFileSync(`${this.#keys}-${who}.pub`, "utf8");
  }

  /** What is in this directory becomes the next commit, signed by somebody or nobody; or the first of a new history. */
  push(directory: string, who: string | null, anew = false): void {
    const git = (...args: readonly string[]) => this.#run("git", "-C", this.#work, ...args);
    for (const name of execFileSync("ls", ["-A", this.#work], { encoding: "utf8" }).trim().split("\n")) {
      if (name !== ".git") rmSync(`${this.#work}/${name}`, { recursive: true });
    }
    if (anew) git("update-ref", "-d", "HEAD");
    cpSync(directory, this.#work, { recursive: true, verbatimSymlinks: true });
    git("add", "--all", "--force");
    const sign = who === null ? [] : ["-c", "gpg.format=ssh", "-c", `user.signingkey=${this.#keys}-${who}.pub`];
    git(...sign, "commit", "--quiet", "--message=Release", ...(who === null ? [] : ["--gpg-sign"]));
    git("push", "--quiet", "--force", this.bare, "releases/pkg");
  }

  #run(program: string, ...args: readonly string[]): void {
    execFileSync(program, args, { env: environment(), stdio: "pipe" });
  }
}
