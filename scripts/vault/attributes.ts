import { join } from "node:path";
import { DEFAULT_NAME, keyOfDriver, readIfThere } from "./key-directory.ts";

/**
 * Names of the keys other than the default one that the top .gitattributes asks for. Read here, without git: writing
 * a key must not cost a process each, and named keys are rare.
 */
export function namedDrivers(root: string): string[] {
  const found = rules(root).map(({ driver }) => driver);
  return [...new Set(found.filter((driver) => driver !== "git-crypt"))];
}

/** Says which key seals a path, by the last rule of the top .gitattributes that fits it. */
export function keyNames(root: string): (path: string) => string {
  const all = rules(root);
  return (path) => {
    const rule = all.findLast(({ pattern }) => fits(pattern, path));
    return (rule && keyOfDriver(rule.driver)) ?? DEFAULT_NAME;
  };
}

interface Rule {
  readonly pattern: string;
  readonly driver: string;
}

/** Lines that set one of git-crypt's drivers, in their order. */
function rules(root: string): Rule[] {
  const text = readIfThere(join(root, ".gitattributes"))?.toString("utf8") ?? "";
  if (!text.includes("filter=git-crypt-")) return [];
  return text.split(/\r?\n/).flatMap((line): Rule[] => {
    const driver = /^[^#\s].*\sfilter=(git-crypt(?:-[A-Za-z0-9_-]+)?)(?:\s|$)/.exec(line)?.[1];
    const pattern = /^\S+/.exec(line)?.[0];
    return driver === undefined || pattern === undefined ? [] : [{ pattern, driver }];
  });
}

/** gitattributes(5): `*` and `?` within one directory, `**` across; a pattern without a slash fits in any. */
function fits(pattern: string, path: string): boolean {
  const anchored = pattern.includes("/") ? pattern.replace(/^\//, "") : `**/${pattern}`;
  const source = anchored.replace(/\*\*\/|\*\*|[*?]|[^*?]+/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, "s").test(path);
}
