import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificates } from "./support/judges.ts";
import { clientsYaml, environment, Repository, runProgram, scriptOf } from "./support/repository.ts";

const MANY = Object.fromEntries(Array.from({ length: 3 }, (_, n) => [`c${n}`, "{ groups: [guests], key: rsa-4096 }"]));

let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml({ alice: "{ groups: [staff] }" }));
  ready.write("clients.yaml", clientsYaml({ alice: "{ groups: [staff] }", ...MANY }));
});
afterAll(() => ready?.[Symbol.dispose]());

interface Busy {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
}

/** A reconcile that makes RSA keys for a while, stopped (SIGSTOP) while it holds the lock. */
async function holdingTheLock(repository: Repository): Promise<Busy> {
  const line = [scriptOf("reconcile"), "--root", repository.root, "--now", "2026-11-22T12:00:00Z"];
  const child = spawn(process.execPath, line, { env: environment(), stdio: "ignore" });
  const ended = new Promise<number | null>((done) => child.once("close", (code) => done(code)));
  while (!repository.list(".git/gatehouse").includes("lock")) {
    if (child.exitCode !== null) throw new Error("it ended before anybody saw its lock");
    await new Promise((done) => setTimeout(done, 2));
  }
  child.kill("SIGSTOP");
  return { child, ended };
}

describe("a second reconcile", () => {
  it("is kept out while one runs, and told who it is; afterwards there is nothing left to do", async () => {
    using twin = ready.copy();
    const { child, ended } = await holdingTheLock(twin);
    const before = twin.fingerprint("pki");
    const second = await twin.run("reconcile", "--now", "2026-11-22T12:00:00Z");
    const plan = await twin.run("plan", "--now", "2026-11-22T12:00:00Z");
    expect(twin.fingerprint("pki")).toEqual(before);
    child.kill("SIGCONT");
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`another run holds this repository: reconcile, process ${child.pid} on `);
    expect(plan.code).toBe(0);
    expect(await ended).toBe(0);
    expect(twin.list(".git/gatehouse")).not.toContain("lock");
    const quiet = await twin.run("plan", "--now", "2026-11-22T12:00:00Z", "--detailed-exitcode");
    expect(quiet).toMatchObject({ code: 0 });
  });

  it("takes over from one that was killed", async () => {
    using twin = ready.copy();
    const { child, ended } = await holdingTheLock(twin);
    child.kill("SIGKILL");
    await ended;
    expect(readFileSync(twin.at(".git/gatehouse/lock"), "utf8")).toContain(`"pid":${child.pid}`);
    expect(await twin.run("reconcile", "--now", "2026-11-22T12:00:00Z")).toMatchObject({ code: 0 });
    expect(twin.list(".git/gatehouse")).not.toContain("lock");
    expect(certificates(twin)).toHaveLength(2 + 3);
  });

  it("is kept out from another worktree of the same repository, too", async () => {
    using twin = ready.copy();
    const { child, ended } = await holdingTheLock(twin);
    twin.git("worktree", "add", "--quiet", "--no-checkout", twin.beside("second"));
    const second = await runProgram(process.execPath, [scriptOf("reconcile"), "--root", twin.beside("second")]);
    child.kill("SIGKILL");
    await ended;
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("another run holds this repository");
  });
});
