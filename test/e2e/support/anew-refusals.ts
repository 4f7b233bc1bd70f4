import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { clientsYaml, environment, type Repository, runProgram } from "./repository.ts";

export const LATER = "2026-11-22T12:00:00Z";
export const CLIENTS = { alice: "{ groups: [staff] }", dora: "{ groups: [guests], csr: true }" };
export const REGISTRY = clientsYaml(CLIENTS);

export const git = (...args: readonly string[]) => execFileSync("git", args, { env: environment(), stdio: "pipe" });
export const head = (repository: Repository) => repository.git("rev-parse", "HEAD").trim();

/** A bare repository beside the clone, as its remote. */
function origin(twin: Repository, name = "origin"): string {
  const bare = twin.beside(`${name}.git`);
  git("init", "--quiet", "--bare", bare);
  twin.git("remote", "add", name, bare);
  return bare;
}

export const REFUSALS: Readonly<
  Record<string, readonly [spoil: (twin: Repository) => unknown, words: string | RegExp]>
> = {
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
      const program = new URL("../../../scripts/deploy.ts", import.meta.url).pathname;
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
      const program = new URL("../../../scripts/lock.ts", import.meta.url).pathname;
      execFileSync(process.execPath, [program, "--root", twin.root], { env: environment(), stdio: "pipe" });
    },
    "this clone is locked",
  ],
};
