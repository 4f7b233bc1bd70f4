import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import type { Release } from "../model/release.ts";
import { type Git, openGit } from "../system/git.ts";
import { writeRelease } from "./staging.ts";

/** The server believes ssh signatures only. Throws UserError where git would make none. */
export async function insistOnSigning(git: Git): Promise<void> {
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
export async function writeReleaseTree(git: Git, release: Release): Promise<string> {
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
