import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { STRAY_DIRECTORIES } from "../model/misplaced.ts";
import { openGit } from "../system/git.ts";
import { ifThere } from "../system/if-there.ts";
import { catFiles, type TreeEntry as GitEntry, listTree } from "../system/objects.ts";
import { readRegularFile, readRegularText } from "../system/read-file.ts";
import { isTemporary } from "../system/replace.ts";

/** A tree of files to read from: the working tree, or a commit that nobody checks out. Paths are from its top, with `/`. */
export interface Tree {
  /** Every entry below a directory; leftovers of killed runs are left out. */
  walk(directory: string): readonly TreeEntry[];
  /** The bytes of a file, or null when it is not there. */
  read(path: string): Buffer | null;
  /** The same as UTF-8 text, quicker. */
  readText(path: string): string | null;
}

interface TreeEntry {
  readonly path: string;
  /** What it lies in: the path up to its last `/`. */
  readonly directory: string;
  /** Symlinks, submodules, sockets and the like are `other`: nothing is ever read through them. */
  readonly kind: "file" | "other";
}

export function workingTree(root: string): Tree {
  return {
    walk: (directory) => {
      const kind = kindOf(root, directory);
      return kind === "directory" ? walk(root, directory) : kind === "absent" ? [] : [entryAt(directory, kind)];
    },
    read: (path) => readRegularFile(root, path),
    readText: (path) => readRegularText(root, path),
  };
}

function entryAt(path: string, kind: TreeEntry["kind"]): TreeEntry {
  return { path, directory: path.slice(0, Math.max(0, path.lastIndexOf("/"))), kind };
}

/** Of what a walk begins with: below it, a directory's own entries say what they are. Never through a symlink above it. */
function kindOf(root: string, path: string): "directory" | "absent" | "other" {
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    if (!isDirectory(join(root, path.slice(0, at)))) return "absent";
  }
  const found = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (!found) return "absent";
  return found.isDirectory() ? "directory" : "other";
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function walk(root: string, directory: string, found: TreeEntry[] = []): TreeEntry[] {
  for (const entry of readDirectory(join(root, directory))) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) walk(root, path, found);
    else if (!isTemporary(entry.name)) found.push({ path, directory, kind: entry.isFile() ? "file" : "other" });
  }
  return found;
}

function readDirectory(directory: string): Dirent[] {
  return ifThere(directory, () => readdirSync(directory, { withFileTypes: true })) ?? [];
}

/**
 * A commit or tree (a full id): everything below some directories and the files named are read at once, by one git
 * process. Nothing is read through a symlink. Of directories that people put requests into by mistake only names are known.
 */
export async function commitTree(
  root: string,
  commit: string,
  files: readonly string[],
  directories: readonly string[] = ["pki"],
): Promise<Tree> {
  const git = openGit(root);
  const entries = await listTree(git, commit, [...directories, ...STRAY_DIRECTORIES]);
  const isRead = ({ path }: Pick<GitEntry, "path">) => directories.some((one) => path.startsWith(`${one}/`));
  const contents = await catFiles(git, commit, [...entries.filter(isRead).map(({ path }) => path), ...files]);
  const isFile = (entry: GitEntry) => (isRead(entry) ? contents.has(entry.path) : entry.mode.startsWith("100"));
  const listed = entries.map((entry) => entryAt(entry.path, isFile(entry) ? "file" : "other"));
  return {
    walk: (directory) => listed.filter((entry) => entry.path.startsWith(`${directory}/`)),
    read: (path) => contents.get(path) ?? null,
    readText: (path) => contents.get(path)?.toString("utf8") ?? null,
  };
}
