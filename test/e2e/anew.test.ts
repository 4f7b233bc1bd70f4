import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../scripts/model/problem.ts";
import { readState } from "../../scripts/read/state.ts";
import { workingTree } from "../../scripts/read/tree.ts";
import { observeOperations } from "../../scripts/system/operation.ts";
import { CLIENTS, git, head, LATER, REFUSALS, REGISTRY } from "./support/anew-refusals.ts";
import { blocking, findings, startHere } from "./support/in-process.ts";
import { certificates, makeRequest } from "./support/judges.ts";
import { clientsYaml, NOON, Repository } from "./support/repository.ts";

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

describe("start --anew, on its way", () => {
  const taken = async (twin: Repository): Promise<string[]> => {
    const removed: string[] = [];
    observeOperations((operation, path) => {
      if (operation === "remove" && path.startsWith("pki/")) removed.push(path);
    });
    await startHere(twin, LATER, { anew: true }).finally(() => observeOperations(null));
    return removed;
  };

  it("never leaves a certificate whose revocation or hold is gone, and nothing to tell of it", async () => {
    using twin = fresh.copy();
    const change = async (text: string) => {
      twin.write("clients.yaml", text);
      await startHere(twin, NOON, { anew: false });
    };
    await change(clientsYaml({ ...CLIENTS, dora: "{ revoked: keyCompromise }" }));
    await change(clientsYaml({ alice: "{ groups: [staff], suspended: true }", dora: "{ revoked: keyCompromise }" }));
    const whole = readState(workingTree(twin.root));
    const out = new Set([...whole.revocations.keys(), ...whole.holds.keys()]);
    expect(out.size).toBe(2);
    const copy = twin.copy();
    const silent: string[] = [];
    for (const path of await taken(twin)) {
      rmSync(copy.at(path));
      const { certificates, revocations, holds, doubts } = readState(workingTree(copy.root));
      const admitted = [...out].some((one) => certificates.has(one) && !revocations.has(one) && !holds.has(one));
      if (admitted && doubts.length === 0) silent.push(path);
    }
    copy[Symbol.dispose]();
    expect(silent).toEqual([]);
  });

  it("takes away what lies among Gatehouse's files, and leaves what lies elsewhere", async () => {
    using twin = fresh.copy();
    const [among, elsewhere] = [
      ["pki/revoked/note.txt", "pki/certs_by_serial/old/x.pem", "pki/nginx/old.conf"],
      ["pki/note.txt", "pki/private/own.key"],
    ];
    for (const path of [...among, ...elsewhere]) twin.write(path, "text\n");
    const removed = await taken(twin);
    expect(removed).toEqual(expect.arrayContaining(among));
    for (const path of elsewhere) expect(removed).not.toContain(path);
  });
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
