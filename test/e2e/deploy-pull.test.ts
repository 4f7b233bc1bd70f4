import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { chapters } from "./support/chapters.ts";
import { begin, CLIENTS, carryOut, deployed, keep, PKG, Place, registryAt, type Wanted } from "./support/deployed.ts";
import { makeRequest } from "./support/judges.ts";
import { CHECKOUT, environment, type Repository } from "./support/repository.ts";
import { Scratch } from "./support/scratch.ts";

const BRANCH = "releases/pkg";
const PULL = join(CHECKOUT, "scripts/deploy/server/pull");
const WAY: Wanted = { deploy: `to: pull, branch: ${BRANCH}`, server: "    csr: true\n" };

let scratch: Scratch;
let place: Place;
let repository: Repository;

const git = (...args: readonly string[]) =>
  execFileSync("git", args, { cwd: scratch.at("origin.git"), env: environment(), encoding: "utf8", stdio: "pipe" });
const registry = (wanted: Wanted = {}) => registryAt((name) => repository.beside(name), place, { ...WAY, ...wanted });

/** What a server does: the one who signed must be among those it knows. */
function verify(revision: string): string {
  const config = ["-c", "gpg.format=ssh", "-c", `gpg.ssh.allowedSignersFile=${scratch.at("allowed_signers")}`];
  return git(...config, "verify-commit", revision);
}

/** What the server's timer does. */
function pull(): string {
  const { stdout, stderr } = spawnSync("sh", [PULL, "-d", place.directory], { encoding: "utf8", env: environment() });
  return `${stdout}${stderr}`;
}

beforeAll(async () => {
  scratch = new Scratch("pull");
  place = await Place.make(
    scratch.at("gatehouse"),
    `REPOSITORY='file://${scratch.at("origin.git")}'\nBRANCH=${BRANCH}`,
  );
  execFileSync("git", ["init", "--quiet", "--bare", scratch.at("origin.git")], { env: environment() });
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", scratch.at("signer")]);
  scratch.write("allowed_signers", `ci@example.com ${readFileSync(scratch.at("signer.pub"), "utf8")}`);
  repository = await begin((beside) => registryAt(beside, place));
  const key = makeRequest(repository, PKG);
  mkdirSync(join(place.directory, "private"), { mode: 0o700 });
  copyFileSync(key, join(place.directory, `private/${PKG}.key`));
  copyFileSync(scratch.at("allowed_signers"), join(place.directory, "allowed_signers"));
  await carryOut(repository, registry());
  repository.git("remote", "add", "origin", scratch.at("origin.git"));
  repository.git("push", "--quiet", "origin", "main");
});
afterAll(() => {
  for (const one of [place, repository, scratch]) one[Symbol.dispose]();
});

const chapter = chapters("a server that pulls goes through all that becomes of its branch, from the first release on");

chapter("an unsigned release is not even made: the server would not believe it", async () => {
  const { code, servers } = await deployed(repository);
  expect(servers).toMatchObject([{ state: "failed", message: /no ssh key to sign with.*git config gpg\.format ssh/ }]);
  expect(code).toBe(1);
  repository.git("config", "gpg.format", "ssh");
  repository.git("config", "user.signingkey", scratch.at("signer.pub"));
});

chapter("--dry-run says what would be pushed, and pushes nothing", async () => {
  const { code, servers } = await deployed(repository, ["--dry-run"]);
  expect(servers).toMatchObject([{ state: "unchanged", message: `would be pushed to ${BRANCH}` }]);
  expect(code).toBe(0);
  expect(git("branch", "--list", BRANCH)).toBe("");
});

chapter("a release is one signed commit without a key, and nothing else moves", async () => {
  const main = git("rev-parse", "main");
  const { code, servers } = await deployed(repository);
  expect(servers).toMatchObject([{ state: "active", message: `pushed to ${BRANCH}; the server fetches it` }]);
  expect(code).toBe(0);
  expect(() => verify(BRANCH)).not.toThrow();
  expect(git("log", "--format=%s%n%b", BRANCH)).toContain(`Release ${servers[0]?.release} for ${PKG}\ncommit `);
  const files = git("ls-tree", "-r", "--name-only", BRANCH).trim().split("\n");
  expect(files).toEqual(expect.arrayContaining(["manifest", "crl.pem", `issued/${PKG}.crt`, "nginx/nginx.conf"]));
  expect(files.filter((file) => /private|\.key$/.test(file))).toEqual([]);
  expect(git("show", `${BRANCH}:manifest`)).toMatch(new RegExp(`^gatehouse-release 1\nid ${servers[0]?.release}\n`));
  expect(git("rev-parse", "main")).toBe(main);
  expect(repository.git("status", "--porcelain")).toBe("");
});

chapter("the server that fetches it lets in who may", async () => {
  expect(pull()).toMatch(/^active \S+$/m);
  expect(place.current).toBe(/^id (.*)$/m.exec(git("show", `${BRANCH}:manifest`))?.[1]);
  expect(await place.status(repository, "alice", "/pkg/file.txt")).toBe(200);
  expect(await place.status(repository, null, "/pkg/file.txt")).toBe(400);
});

chapter("the same again makes no commit; a change makes one on top", async () => {
  const tip = git("rev-parse", BRANCH).trim();
  const bob = keep(repository, "bob");
  expect(await deployed(repository)).toMatchObject({ code: 0, servers: [{ state: "unchanged" }] });
  expect(git("rev-parse", BRANCH).trim()).toBe(tip);
  await carryOut(repository, registry({ clients: { alice: CLIENTS.alice } }));
  expect(await deployed(repository)).toMatchObject({ code: 0, servers: [{ state: "active" }] });
  expect(git("rev-parse", `${BRANCH}^`).trim()).toBe(tip);
  expect(() => verify(BRANCH)).not.toThrow();
  expect(await place.status(repository, bob, "/files/file.txt")).toBe(200);
  expect(pull()).toMatch(/^active \S+$/m);
  expect(await place.status(repository, bob, "/files/file.txt")).toBe(400);
});

chapter("a clone that is behind what was released pushes nothing", async () => {
  using behind = repository.copy();
  behind.git("reset", "--quiet", "--hard", "HEAD~1");
  const tip = git("rev-parse", BRANCH);
  const { code, servers } = await deployed(behind);
  expect(servers).toMatchObject([{ state: "failed", message: /not behind this commit; .*git pull/ }]);
  expect(code).toBe(1);
  expect(git("rev-parse", BRANCH)).toBe(tip);
});

chapter("a branch with something else on it is left alone", async () => {
  await carryOut(repository, registry({ deploy: "to: pull, branch: main" }));
  const main = git("rev-parse", "main");
  const { servers } = await deployed(repository);
  expect(servers).toMatchObject([{ state: "failed", message: /main at origin is not a branch of releases of pkg/ }]);
  expect(git("rev-parse", "main")).toBe(main);
  await carryOut(repository, registry());
});

chapter("when somebody else pushes to the branch meanwhile, nothing of theirs is overwritten", async () => {
  const hook = scratch.write(
    "hooks/pre-push",
    `#!/bin/sh\nexec git --git-dir='${scratch.at("origin.git")}' update-ref refs/heads/${BRANCH} refs/heads/main\n`,
  );
  chmodSync(hook, 0o755);
  repository.git("config", "core.hooksPath", scratch.at("hooks"));
  const tip = git("rev-parse", BRANCH).trim();
  const { code, servers } = await deployed(repository);
  expect(servers).toMatchObject([
    { state: "failed", message: /somebody else pushed to releases\/pkg meanwhile; run the/ },
  ]);
  expect(code).toBe(1);
  expect(git("rev-parse", BRANCH)).toBe(git("rev-parse", "main"));
  repository.git("config", "--unset", "core.hooksPath");
  git("update-ref", `refs/heads/${BRANCH}`, tip);
});

chapter("a clone that has only main finds what is on the branch", async () => {
  using clone = repository.copy();
  clone.git("clone", "--quiet", "--single-branch", "--branch=main", `file://${clone.root}`, clone.beside("single"));
  const single = { root: clone.beside("single") };
  const inSingle = (...args: readonly string[]) => clone.git("-C", single.root, ...args);
  inSingle("remote", "set-url", "origin", scratch.at("origin.git"));
  inSingle("config", "gpg.format", "ssh");
  inSingle("config", "user.signingkey", scratch.at("signer.pub"));
  const { code, servers } = await deployed(single);
  expect(servers).toMatchObject([{ state: "active" }]);
  expect(code).toBe(0);
  expect(() => verify(BRANCH)).not.toThrow();
});

chapter("from here it is not rolled back", async () => {
  const { code, servers } = await deployed(repository, ["--rollback"]);
  expect(servers).toMatchObject([{ state: "failed", message: /not reached from here; on it, run: activate rollback/ }]);
  expect(code).toBe(1);
});
