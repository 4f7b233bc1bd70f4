import { UserError } from "../model/problem.ts";
import type { Git } from "./git.ts";

/** One entry of a tree. `size` in bytes; null for what is no blob (a submodule). */
export interface TreeEntry {
  /** `100644`, `100755`, `120000` (symlink), `160000` (submodule). */
  readonly mode: string;
  readonly id: string;
  readonly size: number | null;
  /** From the top of the repository. */
  readonly path: string;
}

/** Every entry below a directory (`""`: everything), or some, of a commit, in git's order. `commit` is a full id. */
export async function listTree(git: Git, commit: string, below: string | readonly string[]): Promise<TreeEntry[]> {
  return tree(git, commit, [below].flat(), ["-l"]);
}

/** Without `-l` sizes are null, and git need not look at each object. */
async function tree(
  git: Git,
  commit: string,
  given: readonly string[],
  options: readonly string[],
): Promise<TreeEntry[]> {
  const below = given.flatMap((directory) => (directory === "" ? [] : [`${directory.replace(/\/+$/, "")}/`]));
  return parseTree(await git.raw(["ls-tree", "-r", "-z", ...options, "--full-tree", commit, "--", ...below]));
}

/** Not a submodule, nor a directory. */
function isBlob({ mode }: Pick<TreeEntry, "mode">): boolean {
  return isFile({ mode }) || mode === "120000";
}

/** Nor a symlink, whose blob is a path and no contents. */
function isFile({ mode }: Pick<TreeEntry, "mode">): boolean {
  return mode.startsWith("100");
}

/** `MODE TYPE ID[ SIZE]TAB PATH NUL`; the size of a blob that git does not have is the word BAD. */
function parseTree(listing: string): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (const line of listing.split("\0")) {
    if (line === "") continue;
    const match = /^(\d{6}) \w+ ([0-9a-f]+)(?: +(\d+|-|BAD))?\t(.*)$/s.exec(line);
    if (!match) throw new Error("git ls-tree says what is not known of it");
    const [, mode = "", id = "", size = "-", path = ""] = match;
    if (size === "BAD") throw new MissingObject(id);
    entries.push({ mode, id, size: size === "-" ? null : Number(size), path });
  }
  return entries;
}

/** An entry of the index. */
export type StagedEntry = Pick<TreeEntry, "mode" | "id" | "path">;

/** Every entry of the index that the commit would hold, as git stores it: no filter, no textconv, no working tree. */
export async function indexEntries(git: Git): Promise<StagedEntry[]> {
  const listing = await git.raw(["ls-files", "--stage", "-z", "--full-name", ":/"]);
  return listing.split("\0").flatMap((line) => {
    const tab = line.indexOf("\t");
    const [mode = "", id = ""] = line.slice(0, tab).split(" ");
    return tab > 0 ? [{ mode, id, path: line.slice(tab + 1) }] : [];
  });
}

/** Every path of a commit, symlinks and submodules too. */
export async function treePaths(git: Git, commit: string): Promise<string[]> {
  const listing = await git.raw(["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit]);
  return listing.split("\0").filter((path) => path !== "");
}

/**
 * Blobs by id through one `git cat-file --batch`, as they are stored: ciphertext stays ciphertext. The ids are those of
 * files that git listed: throws MissingObject where one is not there, for that is no absent file.
 */
export async function catBlobs(git: Git, ids: Iterable<string>): Promise<Map<string, Buffer>> {
  const wanted = new Set(ids);
  const blobs = new Map<string, Buffer>();
  for (const [id, { type, bytes }] of await catObjects(git, [...wanted])) if (type === "blob") blobs.set(id, bytes);
  for (const id of wanted) if (!blobs.has(id)) throw new MissingObject(id);
  return blobs;
}

/**
 * The blob that each name (`COMMIT:PATH`, of our own making) stands for; null: that commit has no file there. Throws
 * MissingObject where it has one that is not here.
 */
export async function idsOf(git: Git, names: readonly string[]): Promise<Map<string, string | null>> {
  const wanted = [...new Set(names)];
  if (wanted.length === 0) return new Map();
  const input = wanted.map((name) => `${name}\n`).join("");
  const answers = (await git.raw(["cat-file", "--batch-check"], input)).split("\n");
  const ids = new Map<string, string | null>();
  for (const [at, name] of wanted.entries()) {
    const answer = answers[at] ?? "";
    ids.set(name, /^([0-9a-f]{40,64}) blob \d+$/.exec(answer)?.[1] ?? null);
    if (answer.endsWith(" missing")) await insistOnAbsent(git, name);
  }
  return ids;
}

/** What git misses of a commit and what a commit does not have get the same word. */
async function insistOnAbsent(git: Git, name: string): Promise<void> {
  const colon = name.indexOf(":");
  const [commit, path] = [name.slice(0, colon), name.slice(colon + 1)];
  const [entry] = parseTree(await git.raw(["ls-tree", "-z", "--full-tree", commit, "--", path]));
  if (entry !== undefined && isBlob(entry)) throw new MissingObject(entry.id);
}

/** git was asked for an object that it listed, and does not have it: a damaged clone, or one that never got it. */
export class MissingObject extends UserError {
  readonly id: string;

  constructor(id: string) {
    super(`object ${id} cannot be read: git does not have it`, "fetch it, or mend the repository: git fsck");
    this.id = id;
  }
}

/** Bytes of each blob by id, without reading it. Throws as catBlobs does. */
export async function blobSizes(git: Git, ids: Iterable<string>): Promise<Map<string, number>> {
  const wanted = new Set(ids);
  const sizes = await objectSizes(git, wanted);
  for (const id of wanted) if (sizes.get(id)?.type !== "blob") throw new MissingObject(id);
  return new Map([...sizes].map(([id, { size }]) => [id, size]));
}

/** One file of a commit (a full id), as it is stored; null only where that commit has no file there. */
export async function catFile(git: Git, commit: string, path: string): Promise<Buffer | null> {
  return (await catFew(git, commit, [path])).get(path) ?? null;
}

/** The same of a few files: those that are there, by path. */
export async function catFew(git: Git, commit: string, paths: readonly string[]): Promise<Map<string, Buffer>> {
  const listing = await git.raw(["ls-tree", "-z", "--full-tree", commit, "--", ...paths]);
  return contentsOf(git, parseTree(listing).filter(isFile));
}

/**
 * Files of a commit (a full id) by path, as they are stored; what is not there, or no file, is left out. Asking
 * for `COMMIT:PATH` one by one would walk through a directory of n files n times.
 */
export async function catFiles(git: Git, commit: string, paths: Iterable<string>): Promise<Map<string, Buffer>> {
  const wanted = new Set(paths);
  const entries = (await tree(git, commit, [], [])).filter((entry) => wanted.has(entry.path) && isFile(entry));
  return contentsOf(git, entries);
}

async function contentsOf(git: Git, entries: readonly TreeEntry[]): Promise<Map<string, Buffer>> {
  const blobs = await catBlobs(
    git,
    entries.map(({ id }) => id),
  );
  return new Map(
    entries.flatMap(({ id, path }) => {
      const bytes = blobs.get(id);
      return bytes ? [[path, bytes]] : [];
    }),
  );
}

/** The blob of each file below these directories of a commit or tree (a full id), by path; none is read. */
export async function blobsBelow(git: Git, commit: string, directories: readonly string[]) {
  const listing = await git.raw(["ls-tree", "-r", "-z", "--full-tree", commit, "--", ...directories]);
  return new Map(parseTree(listing).flatMap((entry) => (isFile(entry) ? [[entry.path, entry.id] as const] : [])));
}

/** An object of any type, as `git cat-file` gives it. */
export interface GitObject {
  readonly type: string;
  readonly bytes: Buffer;
}

/** Type and size of each object by id, without reading it; absent ones are left out. */
export async function objectSizes(
  git: Git,
  ids: Iterable<string>,
): Promise<Map<string, { type: string; size: number }>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  const input = wanted.map((id) => `${id}\n`).join("");
  return parseSizes(await git.raw(["cat-file", "--batch-check"], input));
}

/** The same of every object that the repository has: packed, loose, unreachable, of alternates. */
export async function allObjectSizes(git: Git): Promise<Map<string, { type: string; size: number }>> {
  return parseSizes(await git.raw(["cat-file", "--batch-check", "--batch-all-objects", "--unordered"]));
}

function parseSizes(output: string): Map<string, { type: string; size: number }> {
  const sizes = new Map<string, { type: string; size: number }>();
  for (const line of output.split("\n")) {
    const [id = "", type = "", size] = line.split(" ");
    if (size !== undefined && type !== "missing") sizes.set(id, { type, size: Number(size) });
  }
  return sizes;
}

/**
 * Objects of any type by id through one `git cat-file --batch`; absent ones are left out. Its answers are
 * `ID SP TYPE SP SIZE LF CONTENTS LF`, or `NAME SP missing LF` (git-cat-file(1), "BATCH OUTPUT").
 */
export async function catObjects(git: Git, ids: readonly string[]): Promise<Map<string, GitObject>> {
  const objects = new Map<string, GitObject>();
  if (ids.length === 0) return objects;
  const output = await git.rawBytes(["cat-file", "--batch"], ids.map((id) => `${id}\n`).join(""));
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const [id = "", type = "", size] = output.toString("latin1", at, end).split(" ");
    at = end + 1;
    if (size === undefined) continue;
    objects.set(id, { type, bytes: output.subarray(at, at + Number(size)) });
    at += Number(size) + 1;
  }
  return objects;
}
