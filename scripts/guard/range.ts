import { ALLOW_FILE } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import type { Instant } from "../model/time.ts";
import { now as clock } from "../system/clock.ts";
import { type Git, openGit } from "../system/git.ts";
import { isShallow } from "../system/head.ts";
import { blobsBelow, catFile, MissingObject, objectSizes } from "../system/objects.ts";
import { refuseExploding } from "../system/trees.ts";
import { NOTHING_ALLOWED } from "./allow.ts";
import { readObjects } from "./blobs.ts";
import { attributesOfCommits, leftVaultAt, sealedAt } from "./commit-attributes.ts";
import { changesOf, reachable, rewrite, rootsOf } from "./commits.ts";
import type { GuardFinding, Item } from "./finding.ts";
import { foreignInCommit } from "./foreign.ts";
import { allowed, judgeAll, sorted } from "./index.ts";
import { Judge } from "./judge.ts";
import { isProtected, openSecrets, type Secrets } from "./protected.ts";

const ZEROS = /^0+$/;

/** What git would also let decide what history is: replaced objects and grafts. Neither is pushed with it. */
export const NO_GRAFTS = { GIT_GRAFT_FILE: "/dev/null" };

export interface RangeOptions {
  /** Commits that this remote's branches have are not new. */
  readonly remote?: string | null;
  /** In its place: what these revisions (as for git rev-list) reach is not new. */
  readonly known?: readonly string[];
  /** The commit whose pki/guard-allow.yaml counts; null: the range's own beginning. */
  readonly policy?: string | null;
  readonly now?: Instant;
}

/**
 * Looks at everything that OLD..NEW would bring: each commit against each of its parents, objects that no diff shows,
 * messages, tags, notes, names, attributes as each commit has them; foreign code as the newest has it. OLD may be all zeros (everything that NEW reaches
 * is new), NEW too (a branch is deleted: nothing is). Works in a bare repository, in quarantine too. Throws when it
 * cannot decide, as in a clone too shallow.
 */
export async function guardRange(
  root: string,
  range: string,
  { remote = null, known, policy = null, now = clock() }: RangeOptions = {},
): Promise<GuardFinding[]> {
  const git = openGit(root, NO_GRAFTS);
  const [oldName = "", newName = "", ...more] = range.split("..");
  if (more.length > 0 || !range.includes("..") || newName.startsWith(".")) {
    throw new UserError(`"${range}" is not a range`, "write OLD..NEW, such as origin/main..HEAD");
  }
  if (ZEROS.test(newName)) return [];
  const tip = await resolve(git, newName);
  const base = ZEROS.test(oldName) ? null : await resolve(git, oldName);
  const old = known ?? (remote === null ? [] : [`--remotes=${remote}`]);
  return guardObjects(git, tip, base, { known: old, policy, now });
}

async function resolve(git: Git, name: string): Promise<string> {
  // An empty name would be HEAD to git: a variable that CI has not set must not make an empty range.
  const refused = name === "" || name.startsWith("-");
  const id = refused ? "" : ((await git.ask(["rev-parse", "--verify", "--quiet", name])) ?? "");
  const there = id !== "" && (await objectSizes(git, [id.trim()])).size === 1;
  if (!there) throw new UserError(`git does not have "${name}"`, "run: git fetch --unshallow, or git fetch");
  return id.trim();
}

interface Boundary {
  readonly known: readonly string[];
  readonly policy: string | null;
  readonly now: Instant;
}

async function guardObjects(git: Git, tip: string, base: string | null, { known, policy: at, now }: Boundary) {
  const not = [...(base === null ? [] : [base]), ...known];
  const objects = await reachable(git, [tip, ...(not.length === 0 ? [] : ["--not", ...not])]);
  const sizes = await objectSizes(git, objects.keys());
  for (const id of objects.keys()) if (!sizes.has(id)) throw new MissingObject(id);
  const ofType = (type: string) => [...objects.keys()].filter((id) => sizes.get(id)?.type === type);
  const commits = ofType("commit");
  await refuseShallow(git, commits);
  await refuseExploding(git, ofType("tree"));

  const changes = await changesOf(git, commits);
  const before = base ?? (await boundary(git, tip, known));
  const policy = await policyAt(git, at ?? before, now);
  const newest = await git.resolve(tip);
  const secrets = await secretsAt(git, newest);
  const judge = new Judge({ secrets, allow: policy.allow, published: true, now });
  const seen = new Set(changes.map(({ id }) => id));
  const rest = ofType("blob").filter((id) => !seen.has(id));
  await judgeAll(git, judge, [...changes, ...rest.map((id) => unnamed(id, objects.get(id) ?? ""))]);
  await judgeTexts(git, judge, [...commits, ...ofType("tag"), ...(await tagsOf(git, objects))]);
  await judgeAll(git, judge, await notesOf(git, objects));
  const attributes = await attributesOfCommits(git, commits, tip, changes);
  const foreign = newest === null ? [] : await foreignInCommit(git, newest, before);
  const left = await leftVaultAt(git, newest, judge.ciphertext);
  return sorted([...policy.findings, ...attributes, ...foreign, ...left, ...judge.findings]);
}

/** Only what the newest commit holds must open with the key of today: a new git-crypt key leaves history as it was. */
async function secretsAt(git: Git, tip: string | null): Promise<Secrets> {
  const secrets = openSecrets(git.root, new Map());
  if (secrets.keys.length === 0 || tip === null) return secrets;
  const sealed = await sealedAt(git, tip);
  const filters = new Map([...sealed].map(([path, { filter }]) => [path, filter]));
  const { isForeign } = openSecrets(git.root, filters);
  return { ...secrets, isForeign: (item) => sealed.get(item.path)?.id !== item.id || isForeign(item) };
}

/** A blob that no commit's diff shows: a tag's, or one hidden in a tree. */
function unnamed(id: string, name: string): Item {
  const path = name === "" || isProtected(name) ? `(object ${id.slice(0, 12)})` : name;
  return { mode: "", id, path, commit: null, remove: `git for-each-ref --points-at ${id}` };
}

export async function judgeTexts(git: Git, judge: Judge, ids: readonly string[]): Promise<void> {
  const sizes = await objectSizes(git, ids);
  const roots = await rootsOf(
    git,
    ids.filter((id) => sizes.get(id)?.type === "commit"),
  );
  for await (const { id, type, bytes } of readObjects(git, ids, sizes)) {
    const short = id.slice(0, 12);
    const commit = type === "commit" ? id : null;
    const remove = commit === null ? "git tag --list, then git tag --delete NAME" : rewrite(id, roots);
    if (bytes !== null)
      await judge.text({ mode: "", id, path: `(message of ${type} ${short})`, commit, remove }, bytes);
  }
}

/** A clone that hides part of the range cannot vouch for it. */
async function refuseShallow(git: Git, commits: readonly string[]): Promise<void> {
  if (!(await isShallow(git))) return;
  const { readFile } = await import("node:fs/promises");
  const file = (await git.raw(["rev-parse", "--path-format=absolute", "--git-path", "shallow"])).trimEnd();
  const edges = new Set((await readFile(file, "utf8")).split("\n"));
  if (!commits.some((id) => edges.has(id))) return;
  throw new UserError("this clone is shallow, and hides part of the range", "run: git fetch --unshallow");
}

/** The exceptions as the base has them: a change cannot excuse itself. */
async function policyAt(git: Git, base: string | null, now: Instant) {
  const commit = base === null ? null : await git.resolve(base);
  const bytes = commit === null ? null : await catFile(git, commit, ALLOW_FILE);
  if (bytes === null) return { allow: NOTHING_ALLOWED, findings: [] };
  return allowed(bytes, now, { mode: "", id: "", path: ALLOW_FILE, commit, remove: `\${EDITOR:-vi} ${ALLOW_FILE}` });
}

/** Where a new branch leaves what the remote has. */
async function boundary(git: Git, tip: string, known: readonly string[]): Promise<string | null> {
  if (known.length === 0) return null;
  const listing = await git.raw(["rev-list", "--boundary", tip, "--not", ...known]);
  return /^-([0-9a-f]+)$/m.exec(listing)?.[1] ?? null;
}

/** Annotated tags on what is new: they go with it. */
async function tagsOf(git: Git, objects: ReadonlyMap<string, string>): Promise<string[]> {
  const listing = await git.raw(["for-each-ref", "--format=%(objectname) %(objecttype) %(*objectname)", "refs/tags"]);
  return listing.split("\n").flatMap((line) => {
    const [id = "", type, target = ""] = line.split(" ");
    return type === "tag" && objects.has(target) && !objects.has(id) ? [id] : [];
  });
}

/** Notes on what is new. */
async function notesOf(git: Git, objects: ReadonlyMap<string, string>): Promise<Item[]> {
  const refs = (await git.raw(["for-each-ref", "--format=%(refname)", "refs/notes"]))
    .split("\n")
    .filter((ref) => ref !== "");
  const items: Item[] = [];
  for (const ref of refs) {
    for (const [path, id] of await blobsBelow(git, ref, [])) {
      const noted = path.replaceAll("/", "");
      if (!objects.has(noted)) continue;
      const remove = `git notes --ref=${ref} remove ${noted}`;
      items.push({ mode: "", id, path: `(note on ${noted.slice(0, 12)})`, commit: noted, remove });
    }
  }
  return items;
}
