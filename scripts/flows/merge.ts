import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OBJECT_ID } from "../model/content.ts";
import { REGISTRY_FILE } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import { type Git, openGit } from "../system/git.ts";

/** What main would hold if a commit were merged into it as it is now. */
export interface Merged {
  /** The tree that git makes of both; of a merge that cannot be made, the base's own. */
  readonly tree: string;
  /** Paths that git cannot merge, sorted. */
  readonly conflicts: readonly string[];
  /** The two have no commit in common here. */
  readonly unrelated: boolean;
}

/**
 * Merges two commits (full ids) without a checkout: nothing of the branch is run, and nothing but objects that no ref
 * reaches is written. It is git that chooses among several merge bases, as it will when the merge is made. Throws
 * UserError where git cannot be asked.
 */
export async function mergeInMemory(git: Git, base: string, head: string): Promise<Merged> {
  const common = await git.ask(["merge-base", base, head]);
  if (common === null) return { tree: base, conflicts: [], unrelated: true };
  const { code, stdout } = await mergeTree(git, base, head);
  const [tree = "", ...paths] = stdout.split("\0").filter((field) => field !== "");
  if (!OBJECT_ID.test(tree)) throw new UserError("git did not say what the merge would be", TOO_OLD);
  return code === 0
    ? { tree, conflicts: [], unrelated: false }
    : { tree: base, conflicts: [...new Set(paths)].sort(), unrelated: false };
}

const TOO_OLD = "git 2.38 or later is needed to look at a merge: git --version";

/** Exit code 1 is a conflict; 129 is git's "unknown option". */
async function mergeTree(git: Git, base: string, head: string) {
  const asked = ["merge-tree", "--write-tree", "--name-only", "-z", "--no-messages", base, head];
  const answer = await git.answer(asked, [0, 1, 129]);
  if (answer.code === 129) throw new UserError("this git cannot merge in memory", TOO_OLD);
  return answer;
}

/**
 * The working tree as a commit on top of HEAD that no ref reaches: what git tracks, and new files where a change may
 * bring some. The index stays as it is.
 */
export async function commitOfWorkingTree(git: Git): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-index-"));
  try {
    const index = (await git.raw(["rev-parse", "--path-format=absolute", "--git-path", "index"])).trimEnd();
    const ours = join(directory, "index");
    if (existsSync(index)) copyFileSync(index, ours);
    const aside = openGit(git.root, { ...NOBODY, GIT_INDEX_FILE: ours });
    await aside.raw(["add", "--update", "--", "."]);
    const places = [REGISTRY_FILE, "pki"].filter((path) => existsSync(join(git.root, path)));
    if (places.length > 0) await aside.raw(["add", "--all", "--", ...places]);
    const tree = (await aside.raw(["write-tree"])).trim();
    return (await aside.raw(["commit-tree", "-p", "HEAD", "-m", "The working tree", tree])).trim();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Names and dates that git asks for, the same in every run. */
const NOBODY = {
  GIT_AUTHOR_NAME: "Gatehouse",
  GIT_AUTHOR_EMAIL: "gatehouse@localhost",
  GIT_AUTHOR_DATE: "1970-01-01T00:00:00Z",
  GIT_COMMITTER_NAME: "Gatehouse",
  GIT_COMMITTER_EMAIL: "gatehouse@localhost",
  GIT_COMMITTER_DATE: "1970-01-01T00:00:00Z",
};

/** One path that two trees do not have alike. */
export interface Differing {
  readonly path: string;
  /** `100644`, `100755`, `120000`, `160000`; null where the second tree does not have it. */
  readonly mode: string | null;
  /** The first tree does not have it. */
  readonly added: boolean;
}

const NONE = "000000";

/** What a second tree or commit has that the first has not, or has otherwise; sorted by path. */
export async function differences(git: Git, from: string, to: string): Promise<Differing[]> {
  const fields = (await git.raw(["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-ext-diff", from, to])).split(
    "\0",
  );
  const found: Differing[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, was, mode] = /^:(\d{6}) (\d{6}) /.exec(fields[at] ?? "") ?? [];
    if (mode === undefined) throw new UserError("git did not say what the merge changes", "git --version");
    found.push({ path: fields[at + 1] ?? "", mode: mode === NONE ? null : mode, added: was === NONE });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
