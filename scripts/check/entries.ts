import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { isPrivate } from "../model/layout.ts";
import { ifThere } from "../system/if-there.ts";
import { isTemporary } from "../system/replace.ts";

/** One entry of the working tree below pki/. */
export interface Entry {
  /** From the top, with `/`. */
  readonly path: string;
  readonly kind: "file" | "directory" | "other";
  /** A leftover of a killed run. */
  readonly temporary: boolean;
  /** Permission bits below pki/private, where they matter; null elsewhere. */
  readonly mode: number | null;
}

/** Everything at and below a directory, without reading a file or following a link. */
export function entriesOf(root: string, directory = "pki"): Entry[] {
  const found: Entry[] = [];
  for (const one of list(join(root, directory))) {
    const path = `${directory}/${one.name}`;
    const kind = one.isFile() ? "file" : one.isDirectory() ? "directory" : "other";
    found.push({ path, kind, temporary: isTemporary(one.name), mode: modeOf(root, path) });
    if (kind === "directory") found.push(...entriesOf(root, path));
  }
  return found;
}

/** The same of a commit, whose files have no modes that matter. */
export function entriesOfCommit(tree: readonly { readonly path: string; readonly mode: string }[]): Entry[] {
  return tree.map(({ path, mode }) => {
    const kind = mode.startsWith("100") ? "file" : "other";
    return { path, kind, temporary: isTemporary(posix.basename(path)), mode: null };
  });
}

function modeOf(root: string, path: string): number | null {
  if (!isPrivate(path)) return null;
  const found = lstatSync(join(root, path), { throwIfNoEntry: false });
  return found === undefined ? null : found.mode & 0o777;
}

function list(directory: string): Dirent[] {
  return ifThere(directory, () => readdirSync(directory, { withFileTypes: true })) ?? [];
}
