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

/** Every entry below a directory (`""`: everything) of a commit, in git's order. `commit` is a full id. */
export async function listTree(git: Git, commit: string, directory: string): Promise<TreeEntry[]> {
  return tree(git, commit, directory, ["-l"]);
}

/** Without `-l` sizes are null, and git need not look at each object. */
async function tree(git: Git, commit: string, directory: string, options: readonly string[]): Promise<TreeEntry[]> {
  const below = directory === "" ? [] : [`${directory.replace(/\/+$/, "")}/`];
  const listing = await git.raw(["ls-tree", "-r", "-z", ...options, "--full-tree", commit, "--", ...below]);
  const entries: TreeEntry[] = [];
  for (const line of listing.split("\0")) {
    const match = /^(\d{6}) \w+ ([0-9a-f]+)(?: +(\d+|-))?\t(.*)$/s.exec(line);
    if (!match) continue;
    const [, mode = "", id = "", size = "-", path = ""] = match;
    entries.push({ mode, id, size: size === "-" ? null : Number(size), path });
  }
  return entries;
}

/** Blobs by id through one `git cat-file --batch`, as they are stored: ciphertext stays ciphertext. Absent ids are left out. */
export async function catBlobs(git: Git, ids: Iterable<string>): Promise<Map<string, Buffer>> {
  const wanted = [...new Set(ids)];
  const blobs = new Map<string, Buffer>();
  for (const [index, bytes] of (await catBatch(git, wanted)).entries()) {
    const id = wanted[index];
    if (bytes !== null && id !== undefined) blobs.set(id, bytes);
  }
  return blobs;
}

/** The id of what each name (`COMMIT:PATH`, of our own making) stands for; null: that is not there. */
export async function idsOf(git: Git, names: readonly string[]): Promise<Map<string, string | null>> {
  const wanted = [...new Set(names)];
  if (wanted.length === 0) return new Map();
  const answers = (await git.raw(["cat-file", "--batch-check"], wanted.map((name) => `${name}\n`).join(""))).split(
    "\n",
  );
  return new Map(wanted.map((name, at) => [name, /^([0-9a-f]{40,64}) \w+ \d+$/.exec(answers[at] ?? "")?.[1] ?? null]));
}

/** Bytes of each blob by id, without reading it; absent ids and other objects are left out. */
export async function blobSizes(git: Git, ids: Iterable<string>): Promise<Map<string, number>> {
  const wanted = [...new Set(ids)];
  const sizes = new Map<string, number>();
  if (wanted.length === 0) return sizes;
  const input = wanted.map((id) => `${id}\n`).join("");
  for (const line of (await git.raw(["cat-file", "--batch-check"], input)).split("\n")) {
    const [id = "", type, size] = line.split(" ");
    if (type === "blob") sizes.set(id, Number(size));
  }
  return sizes;
}

/**
 * Files of a commit (a full id) by path, as they are stored; what is not there, or no file (a symlink, a submodule), is
 * left out. Asking
 * for `COMMIT:PATH` one by one would walk through a directory of n files n times.
 */
export async function catFiles(git: Git, commit: string, paths: Iterable<string>): Promise<Map<string, Buffer>> {
  const wanted = new Set(paths);
  const entries = (await tree(git, commit, "", [])).filter(({ path, mode }) => wanted.has(path) && FILE.test(mode));
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

const FILE = /^100/;

/** Answers in the order asked; null for a missing object or one that is no blob. */
async function catBatch(git: Git, names: readonly string[]): Promise<(Buffer | null)[]> {
  if (names.length === 0) return [];
  const output = await git.rawBytes(["cat-file", "--batch"], names.map((name) => `${name}\n`).join(""));
  return parseBatch(output);
}

/** `ID SP TYPE SP SIZE LF CONTENTS LF`, or `NAME SP missing LF` (git-cat-file(1), "BATCH OUTPUT"). */
function parseBatch(output: Buffer): (Buffer | null)[] {
  const answers: (Buffer | null)[] = [];
  let at = 0;
  while (at < output.length) {
    const end = output.indexOf(10, at);
    const header = output.toString("latin1", at, end);
    at = end + 1;
    const match = /^[0-9a-f]{40,64} (\w+) (\d+)$/.exec(header);
    if (!match) {
      answers.push(null);
      continue;
    }
    const size = Number(match[2]);
    answers.push(match[1] === "blob" ? output.subarray(at, at + size) : null);
    at += size + 1;
  }
  return answers;
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

/** Objects of any type by id through one `git cat-file --batch`; absent ones are left out. */
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
