import type { Git } from "./git.ts";

/** Where git reads .gitattributes. */
export type AttributeSource = "index" | "working tree";

/** Values of the attributes that were asked for, in their order: text, `set`, `unset` or `unspecified`. */
export type AttributeValues = readonly string[];

/**
 * git's own answer at each path, there or not, in the order of the paths: whatever makes it (any rule, any nested file,
 * .git/info/attributes, an overlong line that git passes over). Answers are `PATH NUL NAME NUL VALUE NUL`, each name for
 * each path (git-check-attr(1)).
 */
export async function checkAttributes(
  git: Git,
  source: AttributeSource,
  names: readonly string[],
  paths: readonly string[],
): Promise<ReadonlyMap<string, AttributeValues>> {
  if (paths.length === 0) return new Map();
  const where = source === "index" ? ["--cached"] : [];
  const asked = paths.map((path) => `${path}\0`).join("");
  const fields = (await git.raw(["check-attr", "--stdin", "-z", ...where, ...names], asked)).split("\0");
  const width = 3 * names.length;
  if (fields.length !== paths.length * width + 1) throw new Error("git check-attr has not answered for each path");
  return new Map(
    paths.map((path, row) => [path, names.map((_, index) => fields[row * width + 3 * index + 2] ?? "")] as const),
  );
}
