import { REGISTRY_FILE } from "./layout.ts";

/** How names look to a file system that tells no case, as macOS's and Windows' do not; ſ is an s there, the Kelvin sign a k. */
function folded(path: string): string {
  return path.toUpperCase().toLowerCase();
}

/** Whether a path lies under pki/, also on a file system that tells no case. */
export function isUnderPki(path: string): boolean {
  return folded(path).startsWith("pki/") || folded(path) === "pki";
}

/**
 * Everything is code but clients.yaml, pki/ and Markdown (DESIGN 4): some machine runs it, or is set up by it. A list of
 * what runs would have to be right about every tool that anybody's CI uses; the list of data is short and ours.
 */
export function isCode(path: string): boolean {
  return path !== REGISTRY_FILE && !isUnderPki(path) && !folded(path).endsWith(".md");
}

/** Another spelling of a path of ours: where case is not told, a checkout puts the one over the other. */
export function isDisguised(path: string): boolean {
  if (path === REGISTRY_FILE || path.startsWith("pki/")) return false;
  return folded(path) === REGISTRY_FILE || isUnderPki(path);
}

/** The one package of ours inside another: Node itself, for machines whose own is too old. */
const OWN_PACKAGE = "scripts/node/package.json";

/**
 * What no reviewer can read and npm or set-up would take for its own: installed packages at any level, a lock file that
 * npm prefers to ours, and packages of their own. `known`: nested package.json files that the base has. scripts/foreign.sh
 * says the same for what runs before there is a Node.
 */
export function isForeignCode(path: string, known: ReadonlySet<string> = new Set()): boolean {
  const parts = folded(path).split("/");
  const name = parts.at(-1);
  if (parts.includes("node_modules") || name === "npm-shrinkwrap.json") return true;
  return name === "package.json" && parts.length > 1 && path !== OWN_PACKAGE && !known.has(path);
}
