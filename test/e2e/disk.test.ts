import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, statfsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { observeOperations } from "../../scripts/system/operation.ts";
import { blocking, reconcileHere } from "./support/in-process.ts";
import { certificates, readCrl, serialOf, serialsOf } from "./support/judges.ts";
import { clientsYaml, Repository, runProgram, scriptOf } from "./support/repository.ts";

const BEFORE = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }", carol: "{ groups: [guests] }" };
const AFTER = { alice: BEFORE.alice, carol: "{ groups: [guests], suspended: true }", fred: "{ groups: [guests] }" };
const THEN = "2026-11-22T12:00:00Z";

/** Carried out and committed; bob is to go, carol to be held, fred to come. */
let ready: Repository;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(BEFORE));
  ready.write("clients.yaml", clientsYaml(AFTER));
});
afterEach(() => observeOperations(null));
afterAll(() => ready?.[Symbol.dispose]());

/** As if nothing had been in the way: each change once. */
async function insistOnTheEnd(twin: Repository): Promise<void> {
  const names = certificates(twin).map(({ identity }) => identity);
  expect(names.sort()).toEqual(["alice", "bob", "carol", "fred", "pkg.example.com"]);
  const crl = readCrl(twin);
  expect(crl.number).toBeGreaterThan(readCrl(ready).number);
  expect([...crl.entries.keys()].sort()).toEqual([serialOf(twin, "bob"), serialOf(twin, "carol")].sort());
  expect(await blocking(twin, THEN)).toEqual([]);
}

/** Nothing that has its final name is cut short. */
function insistOnWholeFiles(root: string): void {
  const cut = execFileSync(
    "sh",
    ["-c", 'grep -L -e "-----END" $(find pki -name "*.pem" -o -name "*.crt" -o -name "*.key") || :'],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  expect(cut).toBe("");
}

class DiskError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

describe("a disk that fails", () => {
  it("at any file operation: exit 1 with path and cause, nothing cut short, and the next run does the rest", async () => {
    for (let failing = 1; ; failing += 6) {
      using twin = ready.copy();
      let count = 0;
      observeOperations(() => {
        if (++count >= failing) throw new DiskError("EIO");
      });
      const failed = await reconcileHere(twin, THEN).then(
        () => null,
        (error: unknown) => error,
      );
      observeOperations(null);
      if (failed === null) {
        expect(failing).toBeGreaterThan(30);
        return;
      }
      expect(failed).toMatchObject({
        name: "UserError",
        message: expect.stringMatching(/^cannot \w+ \S+: the disk failed$/),
      });
      insistOnWholeFiles(twin.root);
      expect((await reconcileHere(twin, THEN)).refusals).toEqual([]);
      await insistOnTheEnd(twin);
    }
  });

  it("when it puts a finished file in its place: the same", async () => {
    using twin = ready.copy();
    observeOperations((operation, path) => {
      if (operation === "rename" && path === "pki/crl.pem") throw new DiskError("EIO");
    });
    await expect(reconcileHere(twin, THEN)).rejects.toThrow("cannot rename pki/crl.pem: the disk failed");
    observeOperations(null);
    expect(twin.read("pki/crl.pem")).toBe(ready.read("pki/crl.pem"));
    expect(twin.list("pki").filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await reconcileHere(twin, THEN);
    await insistOnTheEnd(twin);
  });
});

/** A copy on a file system of its own, gone in the end. */
function mounted(repository: Repository): { root: string; top: string; [Symbol.dispose](): void } {
  const top = repository.beside("disk");
  mkdirSync(top);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "none", top]);
  const dispose = () => void execFileSync("umount", [top]);
  const root = join(top, "work");
  try {
    // The filter's Node may be a hard link, which a copy would make 130 MB of.
    const node = ".git/gatehouse/filter/node";
    const filter = (path: string) => path !== repository.at(node);
    cpSync(repository.root, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter });
    symlinkSync(process.execPath, join(root, node));
  } catch (error) {
    dispose();
    throw error;
  }
  return { root, top, [Symbol.dispose]: dispose };
}

const reconcileAt = (root: string) =>
  runProgram(process.execPath, [scriptOf("reconcile"), "--root", root, "--now", THEN]);

describe("a disk of its own", () => {
  it.each([0, 24, 40])(
    "full but for %i KiB: says so, cuts nothing short, and goes on once there is room",
    async (room) => {
      using twin = ready.copy();
      using disk = mounted(twin);
      const { root } = disk;
      const { bavail, bsize } = statfsSync(root);
      writeFileSync(join(root, "ballast"), Buffer.alloc(Math.max(0, bavail * bsize - room * 1024)));
      const { code, stderr } = await reconcileAt(root);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^gatehouse: cannot \w+ .+: the disk is full$/m);
      expect(stderr).toContain("make room");
      insistOnWholeFiles(root);
      rmSync(join(root, "ballast"));
      expect(await reconcileAt(root)).toMatchObject({ code: 0 });
      rmSync(twin.root, { recursive: true });
      cpSync(root, twin.root, { recursive: true, preserveTimestamps: true });
      await insistOnTheEnd(twin);
    },
  );

  it("that may only be read: says so, and plan still works", async () => {
    using twin = ready.copy();
    using disk = mounted(twin);
    const { root } = disk;
    execFileSync("mount", ["-o", "remount,ro", disk.top]);
    const { code, stderr } = await reconcileAt(root);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gatehouse: cannot .+: the file system is read-only$/m);
    const plan = await runProgram(process.execPath, [scriptOf("plan"), "--root", root, "--now", THEN]);
    expect(plan).toMatchObject({ code: 0 });
  });

  it("one directory that may only be read: what came before it is kept, and done once", async () => {
    using twin = ready.copy();
    const directory = twin.at("pki/issued");
    execFileSync("mount", ["--bind", directory, directory]);
    try {
      execFileSync("mount", ["-o", "remount,bind,ro", directory]);
      const { code, stderr } = await twin.run("reconcile", "--now", THEN);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^gatehouse: cannot \w+ pki\/issued\/\S+: the file system is read-only$/m);
    } finally {
      execFileSync("umount", [directory]);
    }
    expect(serialsOf(twin, "fred")).toHaveLength(1);
    expect(await twin.run("reconcile", "--now", THEN)).toMatchObject({ code: 0 });
    await insistOnTheEnd(twin);
  });
});

describe("a file that vanishes between planning and doing", () => {
  it.each([
    ["a certificate", () => `pki/certs_by_serial/${serialOf(ready, "alice")}.pem`],
    ["a map", () => "pki/nginx/clients.map"],
    ["the CRL", () => "pki/crl.pem"],
    ["the record of what was carried out", () => "pki/registry.yaml"],
  ])("%s: nothing is done twice, and the next run mends it or says how", async (_, path) => {
    using twin = ready.copy();
    const outcome = await reconcileHere(twin, THEN, () => rmSync(twin.at(path()))).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome.name).toBe("UserError");
    const { refusals } = await reconcileHere(twin, THEN);
    for (const { message } of refusals) expect(message).toMatch(/git (?:log|checkout)/);
    if (refusals.length > 0) twin.git("checkout", "HEAD", "--", path());
    expect((await reconcileHere(twin, THEN)).refusals).toEqual([]);
    await insistOnTheEnd(twin);
  });

  it("the authority's key: nothing is signed, and the words name it", async () => {
    using twin = ready.copy();
    const gone = () => rmSync(twin.at("pki/private/ca.key"));
    await expect(reconcileHere(twin, THEN, gone)).rejects.toThrow("pki/private/ca.key is not there");
    expect(certificates(twin)).toHaveLength(certificates(ready).length);
  });
});
