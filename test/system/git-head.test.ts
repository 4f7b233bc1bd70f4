import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commonDirectory, findRoot } from "../../scripts/system/checkout.ts";
import { openGit } from "../../scripts/system/git.ts";
import { headOf, newestCommit } from "../../scripts/system/head.ts";
import { commit, repository, run, scratch } from "./scratch.ts";

describe("a question to git", () => {
  test("has a yes, a no, or no answer", async () => {
    const root = repository();
    const git = openGit(root);
    expect(await git.ask(["config", "--get", "core.bare"])).toBe("false\n");
    expect(await git.ask(["config", "--get", "no.such"])).toBeNull();
    await expect(git.succeeds(["cat-file", "-e", "no-such"])).rejects.toThrow("git: fatal");
    expect(await headOf(git)).toEqual({ kind: "unborn", branch: "refs/heads/main", others: false });
    expect(await newestCommit(git)).toBeNull();
    commit(root, { a: "a" });
    expect(await headOf(git)).toMatchObject({ kind: "commit", id: await git.resolve("main") });
    writeFileSync(join(root, ".git/refs/heads/main"), "");
    await expect(git.resolve("other")).rejects.toThrow("refs/heads/main");
    await expect(headOf(git)).rejects.toThrow("refs/heads/main");
  });
});

describe("HEAD", () => {
  const MAIN = "refs/heads/main";
  const SEEN = ["refs/remotes/origin/a/b", "refs/remotes/origin/main"];
  const ref = (root: string, name: string) => run(root, "git", "update-ref", name, "HEAD");
  const withoutOrigin = (root: string) => {
    for (const name of SEEN) run(root, "git", "update-ref", "-d", name);
  };

  test.each<[what: string, change: (root: string) => void, branch: string | null, atOrigin: readonly string[]]>([
    ["on a branch", () => {}, MAIN, SEEN],
    ["on none", (root) => run(root, "git", "checkout", "--quiet", "--detach"), null, SEEN],
    ["beside a tag of the branch's name", (root) => ref(root, "refs/tags/main"), MAIN, SEEN],
    // git then tells nothing of the branch, and is asked one by one: nothing of origin is told, and nothing denied.
    ["beside a tag of its own name", (root) => ref(root, "refs/tags/HEAD"), MAIN, []],
    ["beside a branch of its own name", (root) => ref(root, "refs/heads/HEAD"), MAIN, []],
    ["without an origin", withoutOrigin, MAIN, []],
    [
      "beside a damaged ref of origin's",
      (root) => writeFileSync(join(root, ".git/refs/remotes/origin/main"), ""),
      MAIN,
      SEEN.slice(0, 1),
    ],
    ["beside a file of what it is asked for", (root) => writeFileSync(join(root, "HEAD^{commit}"), ""), MAIN, SEEN],
  ])("is told with its surroundings %s", async (_, change, branch, atOrigin) => {
    const root = repository();
    commit(root, { a: "a" });
    for (const name of SEEN) ref(root, name);
    change(root);
    const id = run(root, "git", "rev-parse", "refs/heads/main").trim();
    const head = await headOf(openGit(root));
    expect(head).toEqual({ kind: "commit", id, branch, atOrigin: new Set(atOrigin), shallow: false });
  });

  test("is told to be that of a shallow clone", async () => {
    const root = repository();
    commit(root, { a: "a" });
    commit(root, { a: "b" });
    const clone = join(scratch(), "clone");
    run(root, "git", "clone", "--quiet", "--depth=1", `file://${root}`, clone);
    expect(await headOf(openGit(clone))).toMatchObject({ shallow: true, branch: MAIN });
  });

  test("is unborn beside a file that has the name of the question", async () => {
    const root = repository();
    writeFileSync(join(root, "HEAD^{commit}"), "");
    expect(await headOf(openGit(root))).toEqual({ kind: "unborn", branch: MAIN, others: false });
  });
});

describe("where the repository is", () => {
  test("is found from any directory in it, as git finds it", async () => {
    const root = repository();
    mkdirSync(join(root, "a/b"), { recursive: true });
    expect(findRoot(join(root, "a/b"))).toBe(root);
    expect(await openGit(root).topLevel()).toBe(root);
  });

  test("a directory outside of any is a sentence", () => {
    expect(() => findRoot(scratch())).toThrow("is not inside a git repository");
  });

  test("a linked worktree shares the main checkout's common directory, as git says", async () => {
    const root = repository();
    commit(root, { a: "a" });
    const linked = join(scratch(), "linked");
    run(root, "git", "worktree", "add", "--quiet", linked);
    expect(findRoot(linked)).toBe(linked);
    expect(commonDirectory(linked)).toBe(realpathSync(join(root, ".git")));
    expect(await openGit(linked).commonDir()).toBe(commonDirectory(linked));
    expect(commonDirectory(root)).toBe(join(root, ".git"));
  });
});
