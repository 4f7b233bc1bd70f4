import { lstatSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { UserError } from "../model/problem.ts";
import { MANIFEST, type Release } from "../model/release.ts";
import type { Git } from "../system/git.ts";
import { replaceWith } from "../system/replace.ts";
import { writeRelease } from "./staging.ts";

/** Releases hold keys in the clear: inside the repository they may lie only where git does not look. Throws UserError. */
export async function insistOutside(git: Git, directory: string): Promise<void> {
  const place = relative(git.root, resolve(directory));
  if (place.startsWith("..")) return;
  if (place !== "" && (await git.succeeds(["check-ignore", "--quiet", "--", `${place}/`]))) return;
  throw new UserError(
    `${directory} is inside the repository, and releases hold keys in the clear`,
    "name a directory elsewhere, or one that .gitignore has",
  );
}

/** Writes DIR/NAME anew. Throws UserError where something else than a release is there. */
export function writeTo(directory: string, release: Release): string {
  const place = join(resolve(directory), release.server);
  insistReplaceable(place);
  mkdirSync(resolve(directory), { recursive: true, mode: 0o700 });
  replaceWith(place, (draft) => {
    writeRelease(draft, release);
    rmSync(place, { recursive: true, force: true });
  });
  return place;
}

function insistReplaceable(place: string): void {
  if (!lstatSync(place, { throwIfNoEntry: false })) return;
  try {
    if (readFileSync(join(place, MANIFEST), "utf8").startsWith("gatehouse-release ")) return;
  } catch {
    // no release
  }
  throw new UserError(`${place} is there already, and is no release`, "name another directory");
}
