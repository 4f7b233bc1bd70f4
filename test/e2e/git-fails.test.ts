import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { inventory } from "../../scripts/flows/deploy.ts";
import { loadToShow } from "../../scripts/flows/load.ts";
import { planToShow } from "../../scripts/flows/plan-to-show.ts";
import { provenanceOf } from "../../scripts/flows/provenance.ts";
import { guardStaged } from "../../scripts/guard/index.ts";
import { guardRange } from "../../scripts/guard/range.ts";
import { UserError } from "../../scripts/model/problem.ts";
import { parseInstant } from "../../scripts/model/time.ts";
import { blocking, reconcileHere } from "./support/in-process.ts";
import { clientsYaml, environment, NOON, Repository, scriptOf } from "./support/repository.ts";

/*
 * The state of a client that was revoked is put back as it was before, as a bad merge or a restored disk would do it:
 * git's history alone knows better. Then git is broken, in one way after the other.
 */

const now = parseInstant(NOON) ?? 0;
const BOB = { alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" };

let back: Repository;
/** git's hash of the file by which bob was revoked, and the commit that wrote it. */
let revocation = "";
beforeAll(async () => {
  back = await Repository.ready(clientsYaml(BOB));
  back.write("clients.yaml", clientsYaml({ alice: BOB.alice }));
  await reconcileHere(back, NOON);
  back.commit("Remove bob");
  const [name = ""] = back.list("pki/revoked").filter((file) => file.endsWith(".yaml"));
  revocation = back.git("rev-parse", `HEAD:pki/revoked/${name}`).trim();
  back.git("checkout", "--quiet", "HEAD~1", "--", "clients.yaml", "pki");
  rmSync(back.at(`pki/revoked/${name}`));
});
afterAll(() => back?.[Symbol.dispose]());

beforeEach(() => {
  for (const [name, value] of Object.entries(environment())) if (name.startsWith("GIT_")) vi.stubEnv(name, value);
  return () => vi.unstubAllEnvs();
});

/** What each command says, in a form that can be compared. */
const COMMANDS: Readonly<Record<string, (repository: Repository) => Promise<unknown>>> = {
  reconcile: async (repository) => {
    const { changes, refusals } = await reconcileHere(repository, NOON);
    return {
      changes: changes.length,
      refusals: [...new Set(refusals.map(({ code }) => code))],
      list: lets(repository),
    };
  },
  check: async (repository) => blocking(repository, NOON),
  plan: async ({ root }) => {
    const { plan } = await planToShow({ ...PREVIEW, root });
    return plan?.digest;
  },
  "plan --head": async ({ root }) => {
    const { plan } = await planToShow({ ...PREVIEW, root, base: "HEAD~1", head: "HEAD" });
    return plan?.digest;
  },
  guard: async ({ root }) => guardStaged(root, now),
  "guard --range": async ({ root }) => guardRange(root, "HEAD~1..HEAD", { now }),
  status: async ({ root }) => {
    const { state } = await loadToShow(root, now);
    return [[...state.certificates.keys()], state.revocations.size];
  },
  "status --serial": async ({ root }) => {
    const { state } = await loadToShow(root, now);
    return Promise.all([...state.certificates.values()].map((certificate) => provenanceOf(root, certificate)));
  },
  deploy: async ({ root }) => inventory({ root, now, say: () => {} }),
};

const PREVIEW = { now, checkClock: false, allowLosses: null, base: null, head: null } as const;

function lets(repository: Repository): boolean {
  return /"bob"/.test(repository.read("pki/nginx/clients.map"));
}

const loose = (id: string) => `.git/objects/${id.slice(0, 2)}/${id.slice(2)}`;

function drop(repository: Repository, id: string): void {
  const packs = repository.list(".git/objects/pack").filter((name) => name.endsWith(".pack"));
  for (const name of packs) {
    const pack = repository.beside(name);
    renameSync(repository.at(`.git/objects/pack/${name}`), pack);
    execFileSync("git", ["unpack-objects", "-q"], { cwd: repository.root, input: readFileSync(pack) });
  }
  rmSync(repository.at(loose(id)));
}

/** A git of one's own, first in PATH. */
function insteadOfGit(repository: Repository, script: string): void {
  const directory = repository.beside("bin");
  mkdirSync(directory);
  writeFileSync(join(directory, "git"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${directory}:${process.env["PATH"]}`);
}

/** What is broken, how, and which commands at least must say so; the others may not need it. */
const BROKEN: readonly (readonly [
  what: string,
  how: (repository: Repository) => void,
  told: readonly string[] | "by all that ask git",
])[] = [
  ["the checkout is another user's", () => vi.stubEnv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1"), "by all that ask git"],
  ["the branch's file is empty", (one) => one.write(".git/refs/heads/main", ""), "by all that ask git"],
  ["the branch's file holds no id", (one) => one.write(".git/refs/heads/main", "no id\n"), "by all that ask git"],
  ["the branch's file is gone", (one) => rmSync(one.at(".git/refs/heads/main")), "by all that ask git"],
  [
    "a directory is in its place",
    (one) => {
      rmSync(one.at(".git/refs/heads/main"));
      mkdirSync(one.at(".git/refs/heads/main"));
    },
    "by all that ask git",
  ],
  ["there is no git", () => vi.stubEnv("PATH", "/nowhere"), "by all that ask git"],
  ["git is killed", (one) => insteadOfGit(one, "kill -9 $$"), "by all that ask git"],
  ["git fails without a word", (one) => insteadOfGit(one, "exit 1"), "by all that ask git"],
  ["there is no repository", (one) => rmSync(one.at(".git"), { recursive: true }), "by all that ask git"],
  ["HEAD is damaged", (one) => one.write(".git/HEAD", "damaged\n"), "by all that ask git"],
  ["HEAD is empty", (one) => one.write(".git/HEAD", ""), "by all that ask git"],
  ["the configuration is damaged", (one) => one.write(".git/config", "[dam\n"), "by all that ask git"],
  [
    "packed-refs is damaged",
    (one) => {
      one.git("pack-refs", "--all");
      one.write(".git/packed-refs", "damaged\n");
    },
    "by all that ask git",
  ],
  [
    "packed-refs is empty",
    (one) => {
      one.git("pack-refs", "--all");
      one.write(".git/packed-refs", "");
    },
    "by all that ask git",
  ],
  ["HEAD's commit is missing", (one) => drop(one, one.git("rev-parse", "HEAD").trim()), "by all that ask git"],
  [
    "a commit before it is missing",
    (one) => drop(one, one.git("rev-parse", "HEAD~1").trim()),
    ["reconcile", "check", "plan --head", "guard --range", "status --serial", "deploy"],
  ],
  [
    "the tree of HEAD's pki/ is missing",
    (one) => drop(one, one.git("rev-parse", "HEAD:pki").trim()),
    ["reconcile", "check", "plan --head", "guard", "guard --range", "status --serial", "deploy"],
  ],
  [
    "a revocation is missing in git",
    (one) => drop(one, revocation),
    ["reconcile", "plan --head", "guard --range", "deploy"],
  ],
  [
    "the registry as carried out is missing in git",
    (one) => drop(one, one.git("rev-parse", "HEAD:pki/registry.yaml").trim()),
    ["plan --head", "guard --range", "deploy"],
  ],
  ["the index is damaged", (one) => one.write(".git/index", "damaged\n"), ["reconcile", "check", "guard"]],
  [
    "HEAD is on a branch of its own, without a commit",
    (one) => one.git("symbolic-ref", "HEAD", "refs/heads/orphan"),
    ["reconcile", "check", "plan", "plan --head", "guard --range", "status --serial", "deploy"],
  ],
  ["the note of what was seen is a directory", (one) => mkdirSync(one.at(".git/gatehouse/facts-seen")), ["reconcile"]],
  [
    ".git/gatehouse is a file",
    (one) => {
      rmSync(one.at(".git/gatehouse"), { recursive: true });
      one.write(".git/gatehouse", "");
    },
    ["reconcile"],
  ],
];

/** `status` reads files alone. */
const ASK_GIT = Object.keys(COMMANDS).filter((command) => command !== "status");

describe("with a git that is whole", () => {
  test("reconcile and check know that bob was revoked", async () => {
    using twin = back.copy();
    expect(await COMMANDS["reconcile"]?.(twin)).toMatchObject({ refusals: ["StateDoubtful"], list: true });
    expect(await COMMANDS["check"]?.(twin)).toContainEqual(expect.stringMatching(/^RevocationLost /));
  });
});

describe("git fails, and no command takes that for silence:", () => {
  const whole = new Map<string, unknown>();
  beforeAll(async () => {
    for (const [command, run] of Object.entries(COMMANDS)) {
      using twin = back.copy();
      whole.set(command, await run(twin));
    }
  });

  test.each(BROKEN)("%s", async (_, spoil, told) => {
    using twin = back.copy();
    const before = twin.fingerprint("pki");
    spoil(twin);
    const said = new Map<string, string>();
    for (const [command, run] of Object.entries(COMMANDS)) {
      const answer = await run(twin).catch((error: unknown) => error);
      if (answer instanceof UserError) said.set(command, answer.message);
      else expect([command, answer]).toEqual([command, whole.get(command)]);
    }
    expect([...said.keys()]).toEqual(expect.arrayContaining(told === "by all that ask git" ? ASK_GIT : [...told]));
    expect([...said.values()].filter((words) => !/\S/.test(words))).toEqual([]);
    const after = twin.fingerprint("pki");
    for (const path of ["nginx/clients.map", "ca.crt", "registry.yaml"]) expect(after.get(path)).toBe(before.get(path));
  });
});

describe("as a command", () => {
  test.each([
    ["reconcile", 1],
    ["check", 1],
    ["plan", 1],
    ["guard", 2],
    ["deploy", 1],
  ] as const)("%s exits %i, and says git's own words on standard error", async (command, code) => {
    using twin = back.copy();
    twin.write(".git/refs/heads/main", "");
    const ran = await twin.run(command);
    expect(ran).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(/^gatehouse: git: fatal: .*main/) });
  });
});

/** Somebody else than the one that runs the tests, or nobody, where only root can be another. */
const OTHER = process.getuid?.() === 0 ? 12_345 : null;

describe("what may not be read is not what is not there:", () => {
  test.each([
    [".git/gatehouse", ["reconcile", "unlock"]],
    [".git/gatehouse/facts-seen", ["reconcile"]],
    [".git/git-crypt", ["reconcile", "check", "guard"]],
    ["pki/private", ["reconcile", "check", "plan"]],
  ] as const)("%s", (path, commands) => {
    using twin = back.copy();
    if (!existsSync(twin.at(path))) twin.write(path, "");
    if (OTHER !== null) execFileSync("chown", ["-R", String(OTHER), twin.root]);
    if (OTHER !== null) execFileSync("chown", ["0", twin.at(path)]);
    chmodSync(twin.at(path), OTHER === null ? 0 : 0o700);
    for (const command of commands) {
      const script = scriptOf("plan").replace(/plan\.ts$/, `${command}.ts`);
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--root", twin.root, "--now", NOON], {
        ...(OTHER === null ? {} : { uid: OTHER, gid: OTHER }),
        env: environment({ HOME: "/nonexistent" }),
        encoding: "utf8",
      });
      const said = expect.stringMatching(
        /^gatehouse: cannot (?:read|write|make) .*(?:EACCES|permission denied)\n {2}become the owner/,
      );
      expect({ command, status, stdout, stderr }).toEqual({
        command,
        status: command === "guard" ? 2 : 1,
        stdout: "",
        stderr: said,
      });
    }
    chmodSync(twin.at(path), 0o700);
  });
});

describe("a branch without a commit is no failure", () => {
  test("everything works before the first commit, a second time too", async () => {
    using fresh = Repository.fresh(clientsYaml(BOB));
    rmSync(fresh.at(".git"), { recursive: true });
    fresh.git("init", "--quiet", "--initial-branch=main");
    for (let time = 1; time <= 2; time += 1) {
      const { code, stderr } = await fresh.run("start", "--now", NOON);
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    }
    expect(await blocking(fresh, NOON)).toEqual([]);
    expect((await reconcileHere(fresh, NOON)).changes).toEqual([]);
    expect(await guardStaged(fresh.root, now)).toEqual([]);
    await expect(COMMANDS["deploy"]?.(fresh)).rejects.toThrow("nothing is committed yet");
  });

  test("the guard looks at a new branch beside others, as for pages", async () => {
    using twin = back.copy();
    twin.git("symbolic-ref", "HEAD", "refs/heads/pages");
    expect(await guardStaged(twin.root, now)).toEqual([]);
  });
});

describe("a linked worktree and a detached HEAD", () => {
  test("have the same witness", async () => {
    using twin = back.copy();
    twin.git("checkout", "--quiet", "--detach");
    expect(await COMMANDS["reconcile"]?.(twin)).toMatchObject({ refusals: ["StateDoubtful"] });
  });
});
