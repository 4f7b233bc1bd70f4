import { realpathSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { UserError } from "../../model/problem.ts";
import { findRoot } from "../../system/checkout.ts";
import { writeFiles } from "../../system/files.ts";
import { type Git, openGit } from "../../system/git.ts";

/** A directory for bundles. Throws UserError where there is none, or where git would see the file. */
export async function placeFor(root: string, out: string, file: string): Promise<string> {
  const place = resolve(out);
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError(`${out} is not a directory`, `make it: mkdir -m 700 ${out}`);
  const real = realpathSync(place);
  const git = openGit(real);
  const inside = !relative(realpathSync(root), real).startsWith("..") || (await isInTree(git));
  if (inside && !(await git.succeeds(["check-ignore", "--quiet", "--", join(real, file)]))) {
    throw new UserError(
      `${join(out, file)} would lie inside a git repository, one \`git add\` away from everybody`,
      "name a directory elsewhere: --out DIR",
      "or one that .gitignore has",
    );
  }
  return real;
}

/** Where git fails for any other reason than that there is no repository, as with another owner's, it cannot tell. */
async function isInTree(git: Git): Promise<boolean> {
  try {
    return (await git.raw(["rev-parse", "--is-inside-work-tree"])).trim() === "true";
  } catch (error) {
    if (!isAround(git.root)) return false;
    throw error;
  }
}

function isAround(directory: string): boolean {
  try {
    findRoot(directory);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** For the owner only from the first byte, and whole or not at all. Returns where it is. */
export async function writePrivate(place: string, file: string, data: Uint8Array | string): Promise<string> {
  await writeFiles(place, [{ path: file, data, mode: 0o600 }]);
  return join(place, file);
}
