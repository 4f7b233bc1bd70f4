import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../scripts/model/problem.ts";
import { blocking, findings, startHere } from "./support/in-process.ts";
import { certificates, makeRequest } from "./support/judges.ts";
import { clientsYaml, environment, NOON, Repository, runProgram } from "./support/repository.ts";

const LATER = "2026-11-22T12:00:00Z";
const CLIENTS = { alice: "{ groups: [staff] }", dora: "{ groups: [guests], csr: true }" };
const REGISTRY = clientsYaml(CLIENTS);
const RENAMED = `${REGISTRY.replace("Test CA", "New CA")}# a remark\n`;

/** With an authority that is not committed. */
let fresh: Repository;
/** The same, committed. */
let ready: Repository;
beforeAll(async () => {
  fresh = Repository.fresh(REGISTRY);
  fresh.git("config", "core.hooksPath", "/dev/null");
  makeRequest(fresh, "dora");
  const { code, stderr } = await fresh.run("start", "--now", NOON);
  if (code !== 0) throw new Error(stderr);
  ready = fresh.copy();
  ready.commit("Make the authority");
});
afterAll(() => {
  fresh?.[Symbol.dispose]();
  ready?.[Symbol.dispose]();
});

const git = (...args: readonly string[]) => execFileSync("git", args, { env: environment(), stdio: "pipe" });
const head = (repository: Repository) => repository.git("rev-parse", "HEAD").trim();
const subject = (repository: Repository) => new X509Certificate(repository.read("pki/ca.crt")).subject;

async function refused(repository: Repository): Promise<string> {
  try {
    await startHere(repository, LATER, { anew: true });
  } catch (error) {
    if (error instanceof UserError) return [error.message, ...error.hints].join("\n");
    throw error;
  }
  throw new Error("it was not refused");
}

/** One authority under the new name, everybody's certificate from it, and nothing of the old one. */
async function insistOnNew(repository: Repository): Promise<void> {
  expect(subject(repository)).toContain("CN=New CA");
  expect(
    certificates(repository)
      .map(({ identity }) => identity)
      .sort(),
  ).toEqual(["alice", "dora", "pkg.example.com"]);
  expect(repository.list("pki/private/by_serial")).toHaveLength(2);
  expect(await blocking(repository, LATER)).toEqual([]);
  expect(repository.list(".git/gatehouse")).not.toContain("beginning-anew");
}

describe("start --anew", () => {
  it("before anything is committed makes another authority, and says what it took away", async () => {
    using twin = fresh.copy();
    twin.write("clients.yaml", RENAMED);
    const said = await startHere(twin, LATER, { anew: true });
    expect(said).toMatch(
      /Took away the authority CN=Test CA, O=Test Ltd: \d+ files under pki\/, 3 certificates among them/,
    );
    await insistOnNew(twin);
    expect(twin.read("clients.yaml")).toBe(RENAMED);
    expect(twin.list("pki/reqs")).toEqual(["dora.req"]);
  });

  it("takes the authority out of commits that nobody else has, and keeps everything else of them", async () => {
    using twin = ready.copy();
    const begin = twin.git("rev-parse", "HEAD~1").trim();
    twin.write("docs.md", "Docs.\n");
    twin.write("clients.yaml", `${REGISTRY}# committed\n`);
    twin.commit("Write docs \u001b[31m");
    twin.write("clients.yaml", `${REGISTRY}# staged\n`);
    twin.git("add", "clients.yaml");
    twin.write("clients.yaml", RENAMED);
    const said = await startHere(twin, LATER, { anew: true });
    expect(said).toContain("Write docs \\u{1b}[31m");
    expect(said).toContain("Make the authority");
    await insistOnNew(twin);
    expect(head(twin)).toBe(begin);
    expect(twin.read("clients.yaml")).toBe(RENAMED);
    expect(twin.git("show", ":clients.yaml")).toBe(`${REGISTRY}# staged\n`);
    expect(twin.git("show", ":docs.md")).toBe("Docs.\n");
    expect(twin.git("ls-files", "pki").trim().split("\n")).toEqual(["pki/README.md", "pki/reqs/dora.req"]);
    twin.commit("Make another");
    expect(await blocking(twin, LATER)).toEqual([]);
  });

  it("works where the very first commit has the authority, and where nothing is left of it in the tree", async () => {
    using twin = ready.copy();
    twin.git("checkout", "--quiet", "--orphan", "other");
    twin.git("commit", "--quiet", "--message=All at once");
    twin.git("branch", "-D", "main");
    execFileSync("rm", ["-r", twin.at("pki/private"), twin.at("pki/ca.crt"), twin.at("pki/certs_by_serial")]);
    twin.write("clients.yaml", RENAMED);
    await startHere(twin, LATER, { anew: true });
    await insistOnNew(twin);
    expect(twin.git("log", "--format=%s %an").trim()).toBe("All at once Tester");
    expect(twin.git("ls-tree", "-r", "--name-only", "HEAD", "pki").trim().split("\n")).toEqual([
      "pki/README.md",
      "pki/reqs/dora.req",
    ]);
  });

  it("where there is no authority is npm start", async () => {
    using empty = Repository.fresh(clientsYaml({ alice: CLIENTS.alice }).replace("Test CA", "New CA"));
    expect(await startHere(empty, NOON, { anew: true })).toContain("There was no authority to take away.");
    expect(subject(empty)).toContain("CN=New CA");
  });

  it.each([1, 2, 3, 4, 8, 15, 25, 40, 55])(
    "killed before file operation %i, is finished by the next npm start, and loses no edit",
    async (fault) => {
      using twin = ready.copy();
      twin.write("clients.yaml", RENAMED);
      const killed = await twin.runWith({ GATEHOUSE_FAULT: String(fault) }, "start", "--anew", "--now", LATER);
      expect(killed.signal).toBe("SIGKILL");
      expect(twin.read("clients.yaml")).toBe(RENAMED);
      const begun = twin.list(".git/gatehouse").includes("beginning-anew") || !twin.list("pki").includes("ca.crt");
      await startHere(twin, LATER, { anew: !begun });
      await insistOnNew(twin);
      expect(twin.read("clients.yaml")).toBe(RENAMED);
    },
  );
});

describe("an AuthorityChanged", () => {
  it("says in plan, reconcile and check how to begin anew, as long as nobody has the authority", async () => {
    using twin = ready.copy();
    twin.write("clients.yaml", RENAMED);
    for (const command of ["plan", "reconcile"] as const)
      expect((await twin.run(command, "--json", "--now", LATER)).stdout).toContain("npm start -- --anew");
    const told = async () => (await findings(twin, LATER)).find(({ code }) => code === "AuthorityChanged")?.message;
    expect(await told()).toContain("npm start -- --anew");
    twin.git("update-ref", "refs/remotes/origin/main", "HEAD");
    expect(await told()).toContain("Put the section authority back as it was.");
    expect(await told()).not.toContain("--anew");
    expect((await twin.run("plan", "--now", LATER)).stdout).not.toContain("--anew");
  });
});

it("says what leaves no trace: a push to a URL that is no remote's, a clone, a copy", async () => {
  using twin = ready.copy();
  const bare = twin.beside("elsewhere.git");
  git("init", "--quiet", "--bare", bare);
  twin.git("push", "--quiet", bare, "HEAD:refs/heads/main");
  twin.write("clients.yaml", RENAMED);
  const unknown = "it cannot know of a push to a URL, of a clone or a copy";
  expect((await findings(twin, LATER)).find(({ code }) => code === "AuthorityChanged")?.message).toContain(unknown);
  expect(await startHere(twin, LATER, { anew: true })).toContain(unknown);
});

/** A bare repository beside the clone, as its remote. */
function origin(twin: Repository, name = "origin"): string {
  const bare = twin.beside(`${name}.git`);
  git("init", "--quiet", "--bare", bare);
  twin.git("remote", "add", name, bare);
  return bare;
}

const REFUSALS: Readonly<Record<string, readonly [spoil: (twin: Repository) => unknown, words: string | RegExp]>> = {
  "it was pushed": [
    (twin) => {
      origin(twin);
      twin.git("push", "--quiet", "origin", "main");
    },
    "it was pushed: origin/main has it",
  ],
  "a remote has it that this clone never asked": [
    (twin) => {
      const bare = origin(twin, "backup");
      git("clone", "--quiet", twin.root, twin.beside("colleague"));
      git("-C", twin.beside("colleague"), "push", "--quiet", bare, "HEAD:refs/heads/theirs");
    },
    "it was pushed: the remote backup has it",
  ],
  "a remote has it below commits that are not here": [
    (twin) => {
      const bare = origin(twin);
      const colleague = twin.beside("colleague");
      git("clone", "--quiet", twin.root, colleague);
      git("-C", colleague, "commit", "--quiet", "--allow-empty", "--message=On top");
      git("-C", colleague, "push", "--quiet", bare, "HEAD:refs/heads/main");
    },
    "it was pushed: the remote origin has it",
  ],
  "a remote cannot be asked": [
    (twin) => twin.git("remote", "add", "origin", twin.beside("nowhere.git")),
    /the remote origin cannot be asked whether the authority was pushed there: .*nowhere\.git/,
  ],
  "the key was exported": [
    (twin) => twin.run("start", "--exported", twin.exportKey(), "--now", LATER),
    "git-crypt's key was exported",
  ],
  "releases were built": [
    async (twin) => {
      mkdirSync(twin.beside("out"));
      const program = new URL("../../scripts/deploy.ts", import.meta.url).pathname;
      const ran = await runProgram(process.execPath, [program, "--root", twin.root, "--build", twin.beside("out")]);
      expect(ran).toMatchObject({ code: 0 });
    },
    "it was deployed, or a bundle was made: others have its certificates",
  ],
  "a directory here has a release of it": [
    async (twin) => {
      const directory = twin.beside("etc");
      const server = `pkg.example.com: { software: nginx, deploy: { to: local, directory: ${directory} } }`;
      twin.write("clients.yaml", REGISTRY.replace("pkg.example.com: { software: nginx }", server));
      expect(await twin.run("reconcile", "--commit", "--now", LATER)).toMatchObject({ code: 0 });
      mkdirSync(`${directory}/current`, { recursive: true });
      writeFileSync(`${directory}/current/manifest`, `gatehouse-release 1\ncommit ${head(twin)}\n`);
    },
    /it was deployed: \S+\/etc has a release of commit [0-9a-f]{12}/,
  ],
  "another branch has it": [(twin) => twin.git("branch", "feature"), "refs/heads/feature has the authority too"],
  "the stash has it": [
    (twin) => {
      twin.write("pki/README.md", "Changed.\n");
      twin.git("stash", "--quiet");
    },
    "refs/stash has the authority too",
  ],
  "a merge came after it": [
    (twin) => {
      twin.git("checkout", "--quiet", "-b", "side", "HEAD~1");
      twin.write("side.md", "Side.\n");
      twin.git("add", "side.md");
      twin.git("commit", "--quiet", "--message=Side");
      twin.git("checkout", "--quiet", "main");
      twin.git("merge", "--quiet", "--no-ff", "--message=Merge", "side");
    },
    "merges, or commits that others have, came after",
  ],
  "a merge is under way": [
    (twin) => {
      twin.git("checkout", "--quiet", "-b", "side", "HEAD~1");
      twin.git("commit", "--quiet", "--allow-empty", "--message=Side");
      twin.git("checkout", "--quiet", "main");
      twin.git("merge", "--quiet", "--no-ff", "--no-commit", "side");
    },
    "a merge, rebase or the like is under way",
  ],
  "clients.yaml has errors": [(twin) => twin.write("clients.yaml", "version: 2\n"), "clients.yaml has errors"],
  "the clone is locked": [
    (twin) => {
      const program = new URL("../../scripts/lock.ts", import.meta.url).pathname;
      execFileSync(process.execPath, [program, "--root", twin.root], { env: environment(), stdio: "pipe" });
    },
    "this clone is locked",
  ],
};

describe("start --anew is refused, and changes nothing, where", () => {
  it.each(Object.entries(REFUSALS))("%s", async (_, [spoil, words]) => {
    using twin = ready.copy();
    await spoil(twin);
    const before = { pki: twin.fingerprint("pki"), head: head(twin), index: twin.git("ls-files", "--stage") };
    expect(await refused(twin)).toMatch(words);
    expect({ pki: twin.fingerprint("pki"), head: head(twin), index: twin.git("ls-files", "--stage") }).toEqual(before);
    expect(twin.list(".git/gatehouse")).not.toContain("beginning-anew");
  });
});
