import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocking, createHere, findings } from "./support/in-process.ts";
import { makeRequest } from "./support/judges.ts";
import { clientsYaml, environment, NOON, Repository } from "./support/repository.ts";

const LATER = "2026-11-22T12:00:00Z";
const REGISTRY = clientsYaml({ alice: "{ groups: [staff] }", dora: "{ groups: [guests], csr: true }" });

let ready: Repository;
beforeAll(async () => {
  ready = Repository.fresh(REGISTRY);
  makeRequest(ready, "dora");
  const { code, stderr } = await ready.run("start", "--now", NOON);
  if (code !== 0) throw new Error(stderr);
  ready.commit("Make the authority");
  ready.git("config", "core.hooksPath", "/dev/null");
});
afterAll(() => ready?.[Symbol.dispose]());

const head = (repository: Repository, revision = "HEAD") => repository.git("rev-parse", revision).trim();
const inShell = (repository: Repository, command: string) =>
  execFileSync("sh", ["-ec", command], { cwd: repository.root, env: environment(), stdio: "pipe" });

interface Loss {
  readonly lose: (twin: Repository) => unknown;
  /** What brings the authority back, by the commit that holds it. */
  readonly advice: (holding: string) => string;
}

/** The branch goes back to before the authority, and origin had it, or has. */
function withOrigin(twin: Repository, forced: boolean): void {
  const bare = twin.beside("origin.git");
  execFileSync("git", ["clone", "--quiet", "--bare", twin.root, bare], { env: environment() });
  twin.git("remote", "add", "origin", bare);
  twin.git("fetch", "--quiet", "origin");
  if (forced) {
    twin.git("push", "--quiet", "--force", "origin", "HEAD~1:main");
    twin.git("reflog", "expire", "--expire=now", "HEAD");
  }
  twin.git("reset", "--quiet", "--hard", "HEAD~1");
}

const LOSSES: Readonly<Record<string, Loss>> = {
  "pki/ removed": {
    lose: (twin) => rmSync(twin.at("pki"), { recursive: true }),
    advice: () => "git checkout HEAD -- pki",
  },
  "pki/ removed from the index, too": {
    lose: (twin) => twin.git("rm", "-r", "--quiet", "pki"),
    advice: () => "git checkout HEAD -- pki",
  },
  "pki/ removed in a commit": {
    lose: (twin) => {
      twin.git("rm", "-r", "--quiet", "pki");
      twin.git("commit", "--quiet", "--message=Tidy up");
    },
    advice: (holding) => `git checkout ${holding.slice(0, 12)} -- pki`,
  },
  "the authority only ever staged": {
    lose: (twin) => {
      twin.git("update-ref", "-d", "HEAD");
      rmSync(twin.at(".git/logs"), { recursive: true });
      rmSync(twin.at("pki"), { recursive: true });
    },
    advice: () => "git checkout -- pki",
  },
  "the branch put back, while origin's has it": {
    lose: (twin) => withOrigin(twin, false),
    advice: (holding) => `git checkout ${holding.slice(0, 12)} -- pki`,
  },
  "origin's branch forced back, too": {
    lose: (twin) => withOrigin(twin, true),
    advice: (holding) => `git checkout ${holding.slice(0, 12)} -- pki`,
  },
};

describe("an authority that git has and the tree has not", () => {
  it.each(Object.entries(LOSSES))("%s: create makes no other, and what it says brings it back", async (_, loss) => {
    using twin = ready.copy();
    const [holding, certificate] = [head(twin), twin.read("pki/ca.crt")];
    loss.lose(twin);
    const before = twin.git("status", "--porcelain", "--untracked-files=all");
    const refusal = await createHere(twin, LATER).catch((error: unknown) => error);
    const advice = loss.advice(holding);
    expect(refusal).toMatchObject({
      message: expect.stringContaining("there is an authority already"),
      hints: [expect.stringMatching(new RegExp(`: ${advice}$`))],
    });
    expect(twin.git("status", "--porcelain", "--untracked-files=all")).toBe(before);
    const told = await findings(twin, LATER);
    expect(told.filter(({ level }) => level === "block").map(({ fix }) => fix?.startsWith(advice))).toContain(true);
    inShell(twin, advice);
    expect(twin.read("pki/ca.crt")).toBe(certificate);
    expect((await findings(twin, LATER)).filter(({ code, level }) => level === "block" && code !== "Mode")).toEqual([]);
  });

  it("start, plan, reconcile, status and check give the same advice, and none says what to do next", async () => {
    using twin = ready.copy();
    rmSync(twin.at("pki"), { recursive: true });
    for (const command of ["start", "plan", "reconcile", "status", "check"] as const) {
      const { code, stdout, stderr } = await twin.run(command, "--now", LATER);
      expect({ command, code }).toEqual({ command, code: command === "status" ? 0 : 1 });
      expect(stdout + stderr).toContain("git checkout HEAD -- pki");
      expect(stdout + stderr).not.toMatch(/npm start(?! -- --exported)|Next:|NoAuthority|reqs/);
    }
    expect(twin.list("pki")).toEqual([]);
  });

  it("check asks for everything back with one command, which does it", async () => {
    using twin = ready.copy();
    rmSync(twin.at("pki"), { recursive: true });
    const told = (await findings(twin, LATER)).filter(({ level }) => level === "block");
    expect(told).toMatchObject([
      { code: "FilesLost", path: "pki", fix: expect.stringMatching(/^git checkout HEAD -- pki &&/) },
    ]);
    inShell(twin, told[0]?.fix ?? "");
    expect(await blocking(twin, LATER)).toEqual([]);
  });
});

describe("a refusal", () => {
  it("is the last word of start: no next steps, nothing to commit and push", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", REGISTRY.replace("Test CA", "Another CA"));
    const { code, stdout, stderr } = await twin.run("start", "--now", LATER);
    expect(code).toBe(1);
    expect(stdout).toContain("AuthorityChanged");
    expect(stderr).not.toMatch(/Next:|git push/);
  });
});

describe("many lost files", () => {
  it("come back with one command, and what differs beside them stays", async () => {
    using twin = ready.copy();
    rmSync(twin.at("pki/certs_by_serial"), { recursive: true });
    rmSync(twin.at("pki/private/by_serial"), { recursive: true });
    twin.write("pki/README.md", "Changed here.\n");
    const told = (await findings(twin, LATER)).filter(({ level }) => level === "block");
    expect(told.map(({ code, path }) => `${code} ${path}`)).toEqual(["FilesLost pki"]);
    inShell(twin, told[0]?.fix ?? "");
    expect(await blocking(twin, LATER)).toEqual([]);
    expect(twin.read("pki/README.md")).toBe("Changed here.\n");
  });

  it("that a commit dropped come back from the one before it", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", clientsYaml({ a: "{}", b: "{}", c: "{}", d: "{}", e: "{}" }));
    expect(await twin.run("reconcile", "--commit", "--now", LATER)).toMatchObject({ code: 0 });
    const holding = head(twin);
    twin.git("rm", "-r", "--quiet", "pki/certs_by_serial");
    twin.git("commit", "--quiet", "--message=Tidy up");
    const told = (await findings(twin, LATER)).filter(({ level }) => level === "block");
    expect(told.map(({ code, path, fix }) => `${code} ${path}: ${fix}`)).toEqual([
      `FilesLost pki: git checkout ${holding.slice(0, 12)} -- pki/certs_by_serial pki/revoked`,
    ]);
    inShell(twin, told[0]?.fix ?? "");
    expect(await blocking(twin, LATER)).toEqual([]);
  });
});

describe("a git that cannot be asked", () => {
  it.each([
    ["a stranger's checkout", (twin: Repository) => execFileSync("chown", ["-R", "12345", twin.root]), {}],
    ["a branch whose file is empty", (twin: Repository) => writeFileSync(twin.at(".git/refs/heads/main"), ""), {}],
    ["no git at all", (twin: Repository) => mkdirSync(twin.beside("bin")), { PATH: "bin" }],
  ])("%s: create and start make nothing", async (_, spoil, variables) => {
    using twin = ready.copy();
    rmSync(twin.at("pki"), { recursive: true });
    spoil(twin);
    const extra = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, twin.beside(value)]));
    for (const command of ["create", "start"] as const) {
      const { code, stderr } = await twin.runWith(extra, command, "--now", LATER);
      expect({ code, stderr }).toMatchObject({ code: 1 });
      expect(stderr).not.toContain("    at ");
      expect(twin.list("pki")).toEqual([]);
    }
  });
});
