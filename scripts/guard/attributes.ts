import {
  ADD_ATTRIBUTE_RULES,
  CA_KEY,
  DIR,
  isPrivate,
  LAYOUT,
  type Place,
  path as pathOf,
  REGISTRY_FILE,
} from "../model/layout.ts";
import { type AttributeSource, type AttributeValues, checkAttributes } from "../system/attributes.ts";
import type { Git } from "../system/git.ts";
import { keyOfDriver } from "../vault/key-directory.ts";

const ATTRIBUTES = ["filter", "text", "eol", "working-tree-encoding", "ident"] as const;

/** Keys that may come at any time. */
const PROBES = [pathOf.key("x"), `${DIR.private}/a/b/x.pem`, `${DIR.private}/x.p12`, CA_KEY, pathOf.keyBySerial("5F")];

/** At the end of the file they win over whatever stands before. */
export const RULES = `${ADD_ATTRIBUTE_RULES} && git add .gitattributes`;

/** One rule that does not protect: what path, and why. */
export interface Unprotected {
  readonly path: string;
  readonly why: string;
}

/** What git says of keys: the first that no rule protects, and the filter of each. */
export interface KeyRules {
  readonly wrong: Unprotected | null;
  /** By path: `git-crypt`, `git-crypt-NAME`, or none of ours. */
  readonly filters: ReadonlyMap<string, string>;
}

/** git's own answer for keys that are not there yet, and for those that are. */
export async function keyRules(git: Git, source: AttributeSource, paths: readonly string[]): Promise<KeyRules> {
  const answers = await checkAttributes(git, source, ATTRIBUTES, [...PROBES, ...paths]);
  const filters = new Map([...answers].map(([path, [filter = ""]]) => [path, filter]));
  return { wrong: firstWrong(answers, notProtected), filters };
}

/** The first of them that no rule protects, or of keys that are not there yet. */
export async function unprotected(
  git: Git,
  source: AttributeSource,
  paths: readonly string[],
): Promise<Unprotected | null> {
  return (await keyRules(git, source, paths)).wrong;
}

/** What people and reconcile write, and a plan reads out of git as it is. What is for people to read need not be. */
const DATA_PROBES = [
  REGISTRY_FILE,
  ...Object.values<Place>(LAYOUT).flatMap(({ at, each, nature }) =>
    isPrivate(at) || nature === "about" ? [] : [each === null ? at : `${at}/x`],
  ),
];

/**
 * The first data file of which a checkout would hold other bytes than git has: then reconcile, which reads the working
 * tree, would carry out something else than the plan, which reads git. Line ends of clients.yaml are as YAML likes.
 * `there`: files below pki/, beside those that may come.
 */
export async function converted(
  git: Git,
  source: AttributeSource,
  there: readonly string[],
): Promise<Unprotected | null> {
  return firstWrong(await checkAttributes(git, source, ATTRIBUTES, [...DATA_PROBES, ...there]), wouldConvert);
}

/** The first key of these, or of those that may come, that no rule protects; else the first data file, as above. */
export async function wrongRule(
  git: Git,
  source: AttributeSource,
  keys: readonly string[],
): Promise<Unprotected | null> {
  const kept = new Set([...PROBES, ...keys]);
  const answers = [...(await checkAttributes(git, source, ATTRIBUTES, [...kept, ...DATA_PROBES]))];
  const of = (wanted: boolean) => answers.filter(([path]) => kept.has(path) === wanted);
  return firstWrong(of(true), notProtected) ?? firstWrong(of(false), wouldConvert);
}

function firstWrong(
  answers: Iterable<readonly [path: string, AttributeValues]>,
  wrong: (path: string, values: AttributeValues) => string | null,
): Unprotected | null {
  for (const [path, values] of answers) {
    const why = wrong(path, values);
    if (why !== null) return { path, why };
  }
  return null;
}

function isOff(value: string): boolean {
  return value === "unset" || value === "unspecified";
}

/** Which filter each path has by the index: `git-crypt`, `git-crypt-NAME`, or none of ours. */
export async function filterOf(git: Git, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return (await keyRules(git, "index", paths)).filters;
}

/** Why ciphertext would not survive under these values (of ATTRIBUTES), or would not be made. */
function notProtected(_: string, [filter = "", text = "", eol = "", encoding = "", ident = ""]: AttributeValues) {
  if (keyOfDriver(filter) === null) return filter === "unspecified" ? "no filter is set" : `filter is ${filter}`;
  // With text=auto git leaves alone what holds a NUL, and ciphertext begins with one.
  if (!isOff(text) && text !== "auto") return `text is ${text}, which destroys ciphertext`;
  if (!isOff(eol) && text !== "unset" && text !== "auto") return `eol is ${eol}, which destroys ciphertext`;
  if (!isOff(encoding)) return `working-tree-encoding is ${encoding}, which destroys ciphertext`;
  return isOff(ident) ? null : "ident is set, which may change ciphertext";
}

/** Why a checkout would have other bytes than git. */
function wouldConvert(path: string, [filter = "", text = "", eol = "", encoding = "", ident = ""]: AttributeValues) {
  if (filter !== "unspecified" && filter !== "unset") return `filter is ${filter}`;
  if (!isOff(encoding)) return `working-tree-encoding is ${encoding}`;
  if (!isOff(ident)) return "ident is set";
  if (path === REGISTRY_FILE || text === "unset") return null;
  return isOff(text) && isOff(eol) ? null : "line ends are converted";
}
