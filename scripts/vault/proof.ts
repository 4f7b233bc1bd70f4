import { CA_KEY, DIR } from "../model/layout.ts";
import type { Git } from "../system/git.ts";
import { catBlobs, listTree } from "../system/objects.ts";
import { DEFAULT_NAME, nameOf } from "./key-directory.ts";
import type { VaultKey } from "./key-file.ts";
import { filterKeys, protectedFiles } from "./protected-files.ts";
import { isSealed, opens } from "./seal.ts";

/** So many blobs are read at a time. */
const BATCH = 200;

/**
 * Whether a key is the one that sealed what HEAD (before the first commit: the index) holds for its name; null where
 * nothing is sealed there. The HMAC proves it; one file is enough, for what does not open beside it is a fault of its
 * own, and is named as such.
 */
export async function isKeyOf(git: Git, head: string | null, key: VaultKey): Promise<boolean | null> {
  let sealed = false;
  const ids = await sealedFor(git, head, nameOf(key));
  for (let at = 0; at < ids.length; at += BATCH) {
    const blobs = [...(await catBlobs(git, ids.slice(at, at + BATCH))).values()].filter(isSealed);
    sealed ||= blobs.length > 0;
    if (blobs.some((blob) => opens(key, blob))) return true;
  }
  return sealed ? false : null;
}

/** Blobs of the files that a key's name seals, the authority's own first: it is there as long as the authority. */
async function sealedFor(git: Git, head: string | null, keyName: string): Promise<string[]> {
  if (head === null) {
    const files = await protectedFiles(git, "include");
    return files.flatMap(({ blob, keyName: name }) => (blob === null || name !== keyName ? [] : [blob]));
  }
  const entries = (await listTree(git, head, "")).filter(({ mode }) => mode.startsWith("100"));
  const names = await filterKeys(
    git,
    entries.map(({ path }) => path),
  );
  const own = entries.filter(({ path }) => (names.get(path) ?? nameByPlace(path)) === keyName);
  return own.sort((a, b) => Number(b.path === CA_KEY) - Number(a.path === CA_KEY)).map(({ id }) => id);
}

/** Where attributes are not checked out. */
function nameByPlace(path: string): string | null {
  return path.startsWith(`${DIR.private}/`) ? DEFAULT_NAME : null;
}

/** So many branches are tried. */
const MOST_BRANCHES = 20;

/** A branch, tag or remote branch that this key opens, by its short name; null for none. */
export async function openedBranch(git: Git, key: VaultKey): Promise<string | null> {
  const format = "--format=%(objectname) %(refname:short)";
  const listing = await git.raw(["for-each-ref", "--sort=-committerdate", `--count=${MOST_BRANCHES}`, format]);
  for (const line of listing.split("\n").filter((one) => one !== "")) {
    const [id = "", name = ""] = line.split(" ");
    const commit = await git.resolve(id);
    if (commit !== null && (await isKeyOf(git, commit, key)) === true) return name;
  }
  return null;
}

/** The commit that sealed with another key what this one opens. */
export interface Rekey {
  readonly commit: string;
  readonly author: string;
  /** `2026-11-21`, as its author's clock had it. */
  readonly date: string;
}

/** So many commits that touched keys are looked through, and so many of their files. */
const MOST_COMMITS = 1000;
const MOST_BLOBS = 4000;

/** The last commit before which this key opened what git held; null where it never did, as far as is looked. */
export async function rekeyAfter(git: Git, head: string, key: VaultKey): Promise<Rekey | null> {
  for (const paths of [CA_KEY, DIR.private]) {
    const commit = await replacing(git, head, paths, key);
    if (commit === null) continue;
    const told = await git.raw(["show", "--no-patch", "--format=%an <%ae>%n%ad", "--date=short", commit]);
    const [author = "", date = ""] = told.trimEnd().split("\n");
    return { commit, author, date };
  }
  return null;
}

async function replacing(git: Git, head: string, path: string, key: VaultKey): Promise<string | null> {
  const commits = await git.raw(["rev-list", "--full-history", `--max-count=${MOST_COMMITS}`, head, "--", path]);
  if (commits === "") return null;
  const how = ["--stdin", "-r", "-m", "--root", "--no-renames", "--raw", "--no-abbrev", "--diff-filter=M", "--", path];
  const changes = parse(await git.raw(["diff-tree", ...how], commits)).slice(0, MOST_BLOBS / 2);
  for (let at = 0; at < changes.length; at += BATCH) {
    const some = changes.slice(at, at + BATCH);
    const blobs = await catBlobs(
      git,
      some.flatMap(({ before, after }) => [before, after]),
    );
    const opened = (id: string) => opens(key, blobs.get(id) ?? Buffer.alloc(0));
    const found = some.find(({ before, after }) => opened(before) && !opened(after));
    if (found) return found.commit;
  }
  return null;
}

interface Change {
  readonly commit: string;
  readonly before: string;
  readonly after: string;
}

/** Lines of diff-tree: a commit, then its changes. */
function parse(listing: string): Change[] {
  let commit = "";
  return listing.split("\n").flatMap((line) => {
    const [, before, after] = /^:100\d+ 100\d+ ([0-9a-f]+) ([0-9a-f]+) M\t/.exec(line) ?? [];
    if (before !== undefined && after !== undefined) return [{ commit, before, after }];
    commit = line.slice(0, 64).trim() || commit;
    return [];
  });
}
