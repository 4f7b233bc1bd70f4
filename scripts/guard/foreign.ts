import { isForeignCode } from "../model/code.ts";
import { shellWord } from "../model/printable.ts";
import type { Git } from "../system/git.ts";
import { treePaths } from "../system/objects.ts";
import { block, type GuardFinding, type Item } from "./finding.ts";

const TAKE_OUT = "rm -r -q -f --cached";

/**
 * Foreign code among paths, each tree of installed packages as one finding. `known`: package.json files that the base
 * has. `commit`: where they were found; null in the index.
 */
export function foreignFindings(
  paths: Iterable<string>,
  known: ReadonlySet<string>,
  commit: string | null,
): GuardFinding[] {
  const tops = new Set<string>();
  for (const path of paths) if (isForeignCode(path, known)) tops.add(topOf(path));
  return [...tops].map((path) => {
    const taken = takeOut(path);
    const remove = commit === null ? taken : `${taken} && git commit -m 'Take out foreign code'`;
    const item: Item = { mode: "", id: "", path, commit, remove };
    return block(item, "ForeignCode", why(path));
  });
}

/** Foreign code in a commit's tree. `base`: the commit that it would be merged into; null for none. */
export async function foreignInCommit(git: Git, commit: string, base: string | null): Promise<GuardFinding[]> {
  const paths = await treePaths(git, commit);
  const known = base !== null && paths.some((path) => isForeignCode(path)) ? await treePaths(git, base) : [];
  return foreignFindings(paths, new Set(known), commit);
}

/** The directory of packages, or the file itself. */
function topOf(path: string): string {
  const parts = path.split("/");
  const at = parts.findIndex((part) => isForeignCode(part));
  return at < 0 ? path : parts.slice(0, at + 1).join("/");
}

function why(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (name === "npm-shrinkwrap.json") return "npm would take it in place of package-lock.json, which was reviewed";
  if (name === "package.json") return "a package of its own, by which Node and npm would go; the base does not have it";
  return "installed packages: Node and npm would run them in place of what package-lock.json names, and nobody reads them";
}

/** A name that cannot be shown as it is cannot be typed either: git's own patterns stand for what acts or is no text. */
function takeOut(path: string): string {
  if (/[\p{C}\ufffd]/u.test(path)) {
    const pattern = path.replace(/[*?[\\]/g, "\\$&").replace(/[\p{C}\ufffd]+/gu, "*");
    const here = pattern.startsWith(":") ? `./${pattern}` : pattern;
    return `git ${TAKE_OUT} --ignore-unmatch -- ${shellWord(here)} ${shellWord(`${here}/*`)}`;
  }
  const literal = /[*?[\\:]/.test(path) ? "--literal-pathspecs " : "";
  return `git ${literal}${TAKE_OUT} -- ${shellWord(path)}`;
}
