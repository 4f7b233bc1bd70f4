import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocking, findings, reconcileHere } from "./support/in-process.ts";
import { certificates, readCrl, serialOf, serialsOf } from "./support/judges.ts";
import { clientsYaml, environment, Repository } from "./support/repository.ts";

const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [staff] }", carol: "{ groups: [guests] }" };
const REDUCED = { alice: CLIENTS.alice, carol: CLIENTS.carol };
const GROWN = { ...REDUCED, fred: "{ groups: [guests] }" };
const LATER = "2026-12-20T12:00:00Z";

/** Three commits of state: alice, bob and carol let in; bob out again; fred in. The CRL is fresh at LATER. */
let ready: Repository;
let commits: Readonly<Record<"first" | "removal" | "addition", string>>;
beforeAll(async () => {
  ready = await Repository.ready(clientsYaml(CLIENTS), "2026-11-21T12:00:00Z");
  const first = ready.git("rev-parse", "HEAD").trim();
  const removal = await commit(ready, REDUCED, "2026-11-25T12:00:00Z");
  const addition = await commit(ready, GROWN, "2026-12-19T12:00:00Z");
  commits = { first, removal, addition };
  ready.git("config", "core.hooksPath", "/dev/null");
  expect(await blocking(ready, LATER)).toEqual([]);
});
afterAll(() => ready?.[Symbol.dispose]());

async function commit(repository: Repository, clients: Readonly<Record<string, string>>, now: string): Promise<string> {
  repository.write("clients.yaml", clientsYaml(clients));
  expect((await reconcileHere(repository, now)).refusals).toEqual([]);
  repository.commit("Carry out");
  return repository.git("rev-parse", "HEAD").trim();
}

const certificate = (name: string) => `pki/certs_by_serial/${serialOf(ready, name)}.pem`;
const revocation = () => `pki/revoked/${serialOf(ready, "bob")}.yaml`;

function edit(twin: Repository, path: string, from: string | RegExp, to: string): void {
  const text = twin.read(path);
  const changed = text.replace(from, to);
  expect(changed, path).not.toBe(text);
  twin.write(path, changed);
}

function swap(twin: Repository, one: string, other: string): void {
  const [a, b] = [twin.read(one), twin.read(other)];
  twin.write(one, b);
  twin.write(other, a);
}

/** Everything under pki/ as it once was, keys too. */
function rollBack(twin: Repository, to: string, path = "pki"): void {
  twin.git("rm", "-r", "--quiet", "--", path);
  twin.git("checkout", to, "--", path);
}

interface Tampering {
  readonly tamper: (twin: Repository) => unknown;
  /** What check must name, among others perhaps. */
  readonly named: () => string;
  readonly uncommitted?: true;
}

describe("what is derived, tampered with, is named by check and made anew by reconcile", () => {
  const table: Readonly<Record<string, Tampering>> = {
    "a map that lets somebody in": {
      tamper: (twin) => edit(twin, "pki/nginx/clients.map", /$/, `s${serialOf(twin, "bob")} x;\n`),
      named: () => "Drifted pki/nginx/clients.map",
    },
    "a map that is gone": {
      tamper: (twin) => rmSync(twin.at("pki/nginx/clients.map")),
      named: () => "Missing pki/nginx/clients.map",
    },
    "an index in which somebody is valid again": {
      tamper: (twin) => edit(twin, "pki/index.txt", /^R\t([^\t]+)\t[^\t]+/m, "V\t$1\t"),
      named: () => "Drifted pki/index.txt",
    },
    "an index that is gone": {
      tamper: (twin) => rmSync(twin.at("pki/index.txt")),
      named: () => "Missing pki/index.txt",
    },
    "the newest certificates of two clients swapped": {
      tamper: (twin) => swap(twin, "pki/issued/alice.crt", "pki/issued/carol.crt"),
      named: () => "Drifted pki/issued/alice.crt",
    },
    "a CRL that is gone": { tamper: (twin) => rmSync(twin.at("pki/crl.pem")), named: () => "Missing pki/crl.pem" },
    "a CRL from before somebody was revoked": {
      tamper: (twin) => rollBack(twin, commits.first, "pki/crl.pem"),
      named: () => "pki/crl.pem",
    },
  };

  it.each(Object.entries(table))("%s", async (_, { tamper, named }) => {
    using twin = ready.copy();
    tamper(twin);
    twin.commit("Nothing to see");
    expect((await blocking(twin, LATER)).join("\n")).toContain(named());
    expect((await reconcileHere(twin, LATER)).refusals).toEqual([]);
    expect(await blocking(twin, LATER)).toEqual([]);
    expect(twin.fingerprint("pki/nginx")).toEqual(ready.fingerprint("pki/nginx"));
    for (const path of ["pki/index.txt", "pki/registry.yaml"]) expect(twin.read(path)).toBe(ready.read(path));
    expect(certificates(twin)).toHaveLength(certificates(ready).length);
    insistOnBob(twin);
  });
});

/** Revoked is revoked: the CRL is ours, says so, and is no older than before. */
function insistOnBob(twin: Repository): void {
  const [crl, before] = [readCrl(twin), readCrl(ready)];
  expect(crl.verified).toBe(true);
  expect([...crl.entries]).toEqual([[serialOf(ready, "bob"), "Cessation Of Operation"]]);
  expect(crl.number).toBeGreaterThanOrEqual(before.number);
}

describe("a fact, tampered with, is named by check; reconcile decides nothing, says how to bring it back, and keeps the CRL", () => {
  const table: Readonly<Record<string, Tampering>> = {
    "a certificate that says it is somebody else's": {
      tamper: (twin) => edit(twin, certificate("bob"), "identity: bob", "identity: alice"),
      named: () => certificate("bob"),
    },
    "a certificate that says, since a minute ago, that it is somebody else's": {
      tamper: (twin) => edit(twin, certificate("bob"), "identity: bob", "identity: alice"),
      named: () => certificate("bob"),
      uncommitted: true,
    },
    "a certificate that is gone, and its line in the index": {
      tamper: (twin) => {
        rmSync(twin.at(certificate("carol")));
        rmSync(twin.at("pki/index.txt"));
      },
      named: () => certificate("carol"),
    },
    "two certificates swapped": {
      tamper: (twin) => swap(twin, certificate("alice"), certificate("carol")),
      named: () => certificate("alice"),
    },
    "a revocation for a reason that lets its key come back": {
      tamper: (twin) => edit(twin, revocation(), /reason: \w+/, "reason: superseded"),
      named: revocation,
    },
    "a revocation that is gone": {
      tamper: (twin) => rmSync(twin.at(revocation())),
      named: revocation,
      uncommitted: true,
    },
    "the record of what was carried out, gone": {
      tamper: (twin) => rmSync(twin.at("pki/registry.yaml")),
      named: () => "pki/registry.yaml",
    },
    "a revocation that is gone, from index and CRL too": {
      tamper: (twin) => {
        rmSync(twin.at(revocation()));
        rollBack(twin, commits.first, "pki/index.txt");
        rollBack(twin, commits.first, "pki/crl.pem");
      },
      named: revocation,
    },
    "everything as it was before somebody was revoked": {
      tamper: (twin) => rollBack(twin, commits.first),
      named: revocation,
    },
    "everything as it was before somebody was let in": {
      tamper: (twin) => rollBack(twin, commits.removal),
      named: () => certificate("fred"),
    },
  };

  it.each(Object.entries(table))("%s", async (_, { tamper, named, uncommitted }) => {
    using twin = ready.copy();
    tamper(twin);
    if (uncommitted !== true) twin.commit("Nothing to see");
    await insistOnDoubt(twin, named());
    insistOnBob(twin);
    await mendAsTold(twin);
  });

  it("and what happened to it here is not committed: the CRL alone is", async () => {
    using twin = ready.copy();
    rmSync(twin.at(revocation()));
    rollBack(twin, commits.first, "pki/crl.pem");
    expect((await twin.run("reconcile", "--commit", "--now", LATER)).code).toBe(1);
    expect(twin.git("show", "--name-only", "--format=", "HEAD")).toBe("pki/crl.pem\n");
    expect(twin.git("ls-files", "--deleted").trim()).toBe(revocation());
    insistOnBob(twin);
    expect((await twin.run("reconcile", "--commit", "--now", LATER)).code).toBe(1);
  });

  it("a git revert of a removal, with state and clients.yaml", async () => {
    using twin = ready.copy();
    twin.git("reset", "--hard", "--quiet", commits.removal);
    twin.git("revert", "--no-edit", "HEAD");
    await insistOnDoubt(twin, revocation());
    expect([...readCrl(twin).entries.keys()]).toEqual([serialOf(ready, "bob")]);
    // Told so, bob comes back with a new certificate: what he had is revoked for good.
    await mendAsTold(twin);
    expect(serialsOf(twin, "bob")).toHaveLength(2);
    expect([...readCrl(twin).entries.keys()]).toEqual([serialOf(ready, "bob")]);
  });

  it("in a long history, of which each commit is looked at once", async () => {
    using twin = ready.copy();
    const grow = "for i in $(seq 101); do git update-ref HEAD $(git commit-tree HEAD^{tree} -p HEAD -m Quiet); done";
    execFileSync("sh", ["-ec", grow], { cwd: twin.root, env: environment() });
    expect((await reconcileHere(twin, LATER)).refusals).toEqual([]);
    expect(twin.read(".git/gatehouse/facts-seen")).toBe(twin.git("rev-parse", "HEAD"));
    rollBack(twin, commits.first);
    twin.commit("Nothing to see");
    await insistOnDoubt(twin, revocation());
    expect([...readCrl(twin).entries.keys()]).toEqual([serialOf(ready, "bob")]);
    // What was noted is no more than a saving of time.
    twin.write(".git/gatehouse/facts-seen", "nonsense");
    await insistOnDoubt(twin, revocation());
  });

  // git takes a tag for a branch of the same name, and whoever pushes may push tags.
  it.each([[[]], [["main"]], [["HEAD"]]])(
    "a force-push to last month, in a clone that saw what was there before, with the tags %j",
    async (tags) => {
      using twin = ready.copy();
      for (const tag of tags) twin.git("update-ref", `refs/tags/${tag}`, commits.first);
      const bare = twin.beside("shared.git");
      execFileSync("git", ["clone", "--quiet", "--bare", twin.root, bare], { env: environment() });
      twin.git("remote", "add", "origin", bare);
      twin.git("fetch", "--quiet", "origin");
      execFileSync("git", ["update-ref", "refs/heads/main", commits.first], { cwd: bare, env: environment() });
      twin.git("fetch", "--quiet", "origin");
      twin.git("reset", "--hard", "--quiet", "refs/remotes/origin/main");
      await insistOnDoubt(twin, revocation());
      expect([...readCrl(twin).entries.keys()]).toEqual([serialOf(ready, "bob")]);
      await mendAsTold(twin);
    },
  );
});

// A clone notes nothing of where a branch was when it was made.
it("a first force-push after a fresh clone is noticed by what was there before", async () => {
  using twin = ready.copy();
  const bare = twin.beside("shared.git");
  execFileSync("git", ["clone", "--quiet", "--bare", twin.root, bare], { env: environment() });
  twin.git("remote", "add", "origin", bare);
  twin.git("-c", "core.logAllRefUpdates=false", "update-ref", "refs/remotes/origin/main", "HEAD");
  expect(twin.git("rev-list", "--walk-reflogs", "refs/remotes/origin/main", "--")).toBe("");
  expect((await reconcileHere(twin, LATER)).refusals).toEqual([]);
  execFileSync("git", ["update-ref", "refs/heads/main", commits.first], { cwd: bare, env: environment() });
  twin.git("fetch", "--quiet", "origin");
  twin.git("reset", "--hard", "--quiet", "refs/remotes/origin/main");
  await insistOnDoubt(twin, revocation());
});

/** check exits 1 and names it; reconcile refuses with the same name, and issues, revokes and renders nothing. */
async function insistOnDoubt(twin: Repository, path: string): Promise<void> {
  expect((await blocking(twin, LATER)).join("\n")).toContain(path);
  const before = twin.fingerprint("pki");
  const { refusals } = await reconcileHere(twin, LATER);
  const told = refusals.filter(({ code }) => code === "StateDoubtful").map(({ message }) => message);
  expect(told.join("\n")).toContain(path);
  expect(told.join("\n")).toMatch(/git (?:checkout|log)/);
  const after = new Map([...twin.fingerprint("pki")].filter(([name]) => name !== "crl.pem"));
  expect(after).toEqual(new Map([...before].filter(([name]) => name !== "crl.pem")));
}

/** What check says, done as a person would until it says no more; or what reconcile says, where that is more. */
async function mendAsTold(twin: Repository): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const fixes = (await findings(twin, LATER)).map(({ fix }) => fix ?? "");
    const { refusals } = await reconcileHere(twin, LATER);
    const told = refusals.map(({ message }) => /Bring it back: (git checkout \S+ -- \S+)$/.exec(message)?.[1] ?? "");
    const lines = [...fixes, ...told].filter((one) => /^(?:git checkout|chmod) /.test(one));
    if (lines.length === 0) break;
    for (const line of lines) execFileSync("sh", ["-ec", line], { cwd: twin.root, env: environment(), stdio: "pipe" });
  }
  expect((await reconcileHere(twin, LATER)).refusals).toEqual([]);
  expect(await blocking(twin, LATER)).toEqual([]);
}
