import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { guardRange } from "../../scripts/guard/range.ts";
import { openGit } from "../../scripts/system/git.ts";
import { refuseExploding } from "../../scripts/system/trees.ts";
import { plainEnvironment, scratch } from "./scratch.ts";

const WHO = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@x", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@x" };

function repository() {
  const root = scratch();
  const run = (args: readonly string[], input = ""): string =>
    execFileSync("git", args, { cwd: root, env: plainEnvironment(WHO), input })
      .toString()
      .trim();
  run(["init", "--quiet", "--initial-branch=main"]);
  const tree = (...lines: readonly string[]) => run(["mktree"], `${lines.join("\n")}\n`);
  const blob = run(["hash-object", "-w", "--stdin"], "x\n");
  const file = (name: string) => `100644 blob ${blob}\t${name}`;
  const times = (count: number, id: string) =>
    Array.from({ length: count }, (_, index) => `040000 tree ${id}\td${index}`);
  const commit = (id: string, ...parents: readonly string[]) =>
    run(["commit-tree", "-m", "x", id, ...parents.flatMap((parent) => ["-p", parent])]);
  return { root, run, tree, file, times, commit };
}

describe("trees that stand for more than they hold", () => {
  it("are refused before anything lists them, by the guard too, in a commit that is not the newest as well", async () => {
    const { root, run, tree, file, times, commit } = repository();
    const base = commit(tree(file("a")));
    let id = tree(file("a"));
    for (let level = 0; level < 9; level += 1) id = tree(...times(10, id));
    const bad = commit(id, base);
    const good = commit(tree(file("a"), file("b")), bad);
    run(["update-ref", "refs/heads/main", good]);
    await expect(guardRange(root, `${base}..${good}`)).rejects.toThrow(/stands for millions of paths/);
  });

  it("are refused where the directory that stands there again and again is an older commit's", async () => {
    const { root, tree, file, times, commit } = repository();
    const large = tree(...Array.from({ length: 500 }, (_, index) => file(`f${index}`)));
    const base = commit(tree(`040000 tree ${large}\tpki`));
    const many = tree(...times(100, large));
    const head = commit(tree(...times(100, many)), base);
    const trees = [many, tree(...times(100, many))];
    await expect(refuseExploding(openGit(root), trees)).rejects.toThrow(/stands for millions of paths/);
    await expect(guardRange(root, `${base}..${head}`)).rejects.toThrow(/stands for millions of paths/);
  });

  it("are none where directories were renamed and copied a few times", async () => {
    const { root, tree, file, times, commit } = repository();
    const part = tree(file("a"), file("b"));
    const base = commit(tree(`040000 tree ${part}\tpki`));
    const head = commit(tree(...times(20, part), `040000 tree ${tree(...times(20, part))}\tmore`), base);
    await expect(refuseExploding(openGit(root), [])).resolves.toBeUndefined();
    const findings = await guardRange(root, `${base}..${head}`);
    expect(findings.map(({ code }) => code)).toEqual(["Attributes"]);
  });

  it("are refused however deep they lie", async () => {
    const { root, tree, file, times } = repository();
    const trees = [tree(file("a"))];
    for (let level = 0; level < 210; level += 1) trees.push(tree(...times(1, trees.at(-1) ?? "")));
    await expect(refuseExploding(openGit(root), trees)).rejects.toThrow(/stands for millions/);
  });
});
