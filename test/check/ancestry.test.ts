import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ancestryOf } from "../../scripts/check/history.ts";
import { firstParents } from "../../scripts/system/first-parents.ts";
import { openGit } from "../../scripts/system/git.ts";
import { repository, run } from "../system/scratch.ts";

/* main: a - b - m - c - d, where m merges the branch x - y, which left at a. */
const at: Record<string, string> = {};
let root = "";
beforeAll(() => {
  root = repository(mkdtempSync(join(tmpdir(), "gatehouse-ancestry-")));
  const tree = run(root, "git", "hash-object", "-t", "tree", "-w", "--stdin").trim();
  const make = (name: string, ...parents: string[]) => {
    const after = parents.flatMap((parent) => ["-p", at[parent] ?? ""]);
    at[name] = run(root, "git", "commit-tree", tree, "-m", name, ...after).trim();
  };
  make("a");
  make("b", "a");
  make("x", "a");
  make("y", "x");
  make("m", "b", "y");
  make("c", "m");
  make("d", "c");
  run(root, "git", "update-ref", "refs/heads/main", at["d"] ?? "");
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const named = (ids: readonly string[]) =>
  ids.map((id) => Object.entries(at).find(([, known]) => known === id)?.[0] ?? id);

describe("of a commit's ancestry", () => {
  test.each([
    ["no other", null, "abcdmxy"],
    ["one on the line after the last merge", "m", "cd"],
    ["the commit itself", "d", ""],
    ["one on the line before a merge", "b", "cdmxy"],
    ["one on a branch that was merged", "y", "bcdm"],
    ["one that is not here", "1".repeat(40), "abcdmxy"],
  ])("is new since %s", async (_, since, fresh) => {
    const head = at["d"] ?? "";
    const git = openGit(root);
    const found = await ancestryOf(git, head, since === null ? null : (at[since] ?? since));
    expect(named(found.fresh).sort().join("")).toBe(fresh);
    expect(found.line).toEqual(await firstParents(git, head));
    expect(named(found.line.map(({ id }) => id)).join("")).toBe("abmcd");
  });

  test("all is new since one that does not lead there, as after history was rewritten", async () => {
    const found = await ancestryOf(openGit(root), at["y"] ?? "", at["b"] ?? "");
    expect(named(found.fresh).sort().join("")).toBe("axy");
  });

  test("nothing is taken for new where git cannot read a commit", async () => {
    await expect(ancestryOf(openGit(root), "2".repeat(40), null)).rejects.toThrow("git: fatal: ");
  });
});
