import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import { holdsKey, MANIFEST, type Release } from "../model/release.ts";
import { type Git, hasRemote, openGit } from "../system/git.ts";
import { catFile } from "../system/objects.ts";
import { writeRelease } from "./staging.ts";
import type { Errand, Report, Transport } from "./transport.ts";

const REMOTE = "origin";

/**
 * The release becomes one signed commit on a branch of releases, pushed to origin; the server fetches it when its
 * timer comes. Nothing is checked out, and a key never goes this way.
 */
export const pullTransport: Transport<"pull"> = async ({ branch }, task, errand) => {
  const { name, git } = errand;
  const report = (fields: Pick<Report, "state" | "message">): Report => ({
    name,
    release: task.release?.id ?? null,
    narration: "",
    ...fields,
  });
  if (task.release === null) {
    throw new UserError("a server that fetches its releases is not reached from here", "on it, run: activate rollback");
  }
  const { release } = task;
  if (holdsKey(release)) throw new UserError("a release with a key is never pushed", `give ${name} csr: true`);
  await insistOnSigning(git);
  const tip = await tipOf(git, branch);
  if (tip !== null) await insistOnForward(git, tip, branch, errand);
  const tree = await writeReleaseTree(git, release);
  if (tip !== null && (await git.raw(["rev-parse", `${tip}^{tree}`])).trim() === tree) {
    return report({ state: "unchanged", message: `${branch} holds it already` });
  }
  if (task.word === "check") return report({ state: "unchanged", message: `would be pushed to ${branch}` });
  await push(git, branch, tip, await commit(git, release, tree, tip));
  return report({ state: "active", message: `pushed to ${branch}; the server fetches it` });
};

/** Where the branch is at origin, its commit fetched; null where there is none yet. */
async function tipOf(git: Git, branch: string): Promise<string | null> {
  if (!(await hasRemote(git, REMOTE)))
    throw new UserError("there is no remote origin to push to", "name it: git remote add origin URL");
  const full = `refs/heads/${branch}`;
  const listing = await git.raw(["ls-remote", REMOTE, full]);
  const tip = listing.split("\n").find((line) => line.endsWith(`\t${full}`));
  if (tip === undefined) return null;
  const id = tip.slice(0, tip.indexOf("\t"));
  if ((await git.resolve(id)) === null) {
    await git.raw(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", REMOTE, full]);
  }
  return id;
}

/**
 * What is on the branch must be this server's releases, and none that is newer: the server would refuse what goes
 * back, and a branch with something else on it is somebody's work.
 */
async function insistOnForward(git: Git, tip: string, branch: string, { name, lineage }: Errand): Promise<void> {
  const manifest = (await catFile(git, tip, MANIFEST))?.toString("utf8") ?? "";
  const word = (key: string) => new RegExp(`^${key} (\\S+)$`, "m").exec(manifest)?.[1];
  if (!manifest.startsWith("gatehouse-release ") || word("server") !== name) {
    throw new UserError(`${branch} at origin is not a branch of releases of ${name}`, "name another branch");
  }
  const commit = word("commit") ?? "";
  if (lineage.includes(commit)) return;
  throw new UserError(
    `${branch} at origin has a release of ${commit.slice(0, 12)}, which is not behind this commit`,
    "bring this clone up to date: git pull",
  );
}

async function commit(git: Git, release: Release, tree: string, parent: string | null): Promise<string> {
  const message = `Release ${release.id} for ${release.server}\n\ncommit ${release.commit}\ncrl ${release.crl}\n`;
  const parents = parent === null ? [] : ["-p", parent];
  return (await git.raw(["commit-tree", "-S", tree, ...parents], message)).trim();
}

/** What git says when the branch is not where it was, found out here or there. */
const MOVED = /stale info|fetch first|non-fast-forward|cannot lock ref|incorrect old value|failed to update ref/;

/** The lease: origin's branch is still where it was when the release was put on top of it. */
async function push(git: Git, branch: string, tip: string | null, commit: string): Promise<void> {
  const full = `refs/heads/${branch}`;
  try {
    await git.raw(["push", "--quiet", `--force-with-lease=${full}:${tip ?? ""}`, REMOTE, `${commit}:${full}`]);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!MOVED.test(error.message)) throw error;
    throw new UserError(`somebody else pushed to ${branch} meanwhile`, "run the same command again");
  }
}

/** The server believes ssh signatures only. Throws UserError where git would make none. */
async function insistOnSigning(git: Git): Promise<void> {
  const config = async (key: string) => (await git.ask(["config", "--get", key]))?.trim() ?? "";
  const signs = (await config("gpg.format")) === "ssh";
  const named = (await config("user.signingkey")) !== "" || (await config("gpg.ssh.defaultKeyCommand")) !== "";
  if (signs && named) return;
  throw new UserError(
    "releases on a branch are signed, and git has no ssh key to sign with here",
    "git config gpg.format ssh && git config user.signingkey FILE.pub",
    "the server lists that key in its allowed_signers",
  );
}

/** Writes a release's files into git's objects, by way of an index of our own; returns the tree's id. */
async function writeReleaseTree(git: Git, release: Release): Promise<string> {
  const place = mkdtempSync(join(tmpdir(), "gatehouse-tree-"));
  try {
    const directory = join(place, "release");
    writeRelease(directory, release);
    const names = release.files.map(({ path }) => join(directory, path));
    const listing = await git.raw(["hash-object", "-w", "--no-filters", "--stdin-paths"], `${names.join("\n")}\n`);
    const ids = listing.trim().split("\n");
    const entries = release.files.map(({ path }, index) => `100644 ${ids[index]}\t${path}\n`);
    const aside = openGit(git.root, { GIT_INDEX_FILE: join(place, "index") });
    await aside.raw(["update-index", "--index-info"], entries.join(""));
    return (await aside.raw(["write-tree"])).trim();
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
