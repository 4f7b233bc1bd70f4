import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../model/problem.ts";

/**
 * The top of the git checkout around a directory, found without starting git (that would cost every command
 * some 10 ms). Throws UserError where there is none.
 */
export function findRoot(start: string): string {
  const first = resolve(start);
  for (let directory = first; ; directory = dirname(directory)) {
    if (existsSync(join(directory, ".git")) || isBare(directory)) return directory;
    if (dirname(directory) === directory) break;
  }
  throw new UserError(`${first} is not inside a git repository`, "cd into your clone, or name it with --root DIR");
}

/** A bare repository, where a server's hooks run; not the `.git` of a checkout. */
function isBare(directory: string): boolean {
  if (basename(directory) === ".git") return false;
  return ["HEAD", "objects", "refs"].every((name) => existsSync(join(directory, name)));
}

/**
 * git's own directory for this checkout (index, HEAD): `.git`, or what the `.git` file of a linked worktree or
 * submodule points to (gitrepository-layout(5)).
 */
export function gitDirectory(root: string): string {
  const entry = join(root, ".git");
  const found = statSync(entry, { throwIfNoEntry: false });
  if (!found) throw new UserError(`${root} is not the top of a git repository`, "name it with --root DIR");
  if (found.isDirectory()) return entry;
  const target = /^gitdir: (.+?)\r?\n*$/.exec(readFileSync(entry, "utf8"))?.[1];
  if (target === undefined) throw new UserError(`${entry} is not a file that git wrote`, "run: git worktree repair");
  return resolve(root, target);
}

/** The directory that all worktrees of the repository share (objects, refs, git-crypt's keys), as an absolute path. */
export function commonDirectory(root: string): string {
  const directory = resolve(gitDirectory(root));
  const pointer = join(directory, "commondir");
  return existsSync(pointer) ? resolve(directory, readFileSync(pointer, "utf8").trim()) : directory;
}
