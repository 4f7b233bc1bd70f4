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
import type { Git } from "../system/git.ts";

const ATTRIBUTES = ["filter", "text", "eol", "working-tree-encoding", "ident"] as const;

/** Keys that may come at any time. */
const PROBES = [pathOf.key("x"), `${DIR.private}/a/b/x.pem`, `${DIR.private}/x.p12`, CA_KEY, pathOf.keyBySerial("5F")];

/** At the end of the file they win over whatever stands before. */
export const RULES = `${ADD_ATTRIBUTE_RULES} && git add .gitattributes`;

const FILTER = /^git-crypt(?:-[A-Za-z0-9_-]+)?$/;

/** Whether it is git-crypt's own, of whatever key. */
export function isVaultFilter(filter: string): boolean {
  return FILTER.test(filter);
}

/** One rule that does not protect: what path, and why. */
export interface Unprotected {
  readonly path: string;
  readonly why: string;
}

/** Where git reads .gitattributes. */
type Source = "index" | "working tree";

/** What git says of keys: the first that no rule protects, and the filter of each. */
export interface KeyRules {
  readonly wrong: Unprotected | null;
  /** By path: `git-crypt`, `git-crypt-NAME`, or none of ours. */
  readonly filters: ReadonlyMap<string, string>;
}

/**
 * git's own answer for keys that are not there yet, and for those that are: whatever makes it (any rule, any nested
 * file, .git/info/attributes, an overlong line that git passes over).
 */
export async function keyRules(git: Git, source: Source, paths: readonly string[]): Promise<KeyRules> {
  const answers = await ask(git, source, [...PROBES, ...paths]);
  const filters = new Map(answers.map(({ path, values: [filter = ""] }) => [path, filter]));
  return { wrong: firstWrong(answers, (_, values) => wrongValue(values)), filters };
}

/** The first of them that no rule protects, or of keys that are not there yet. */
export async function unprotected(git: Git, source: Source, paths: readonly string[]): Promise<Unprotected | null> {
  return (await keyRules(git, source, paths)).wrong;
}

/** What people and reconcile write, and a plan reads out of git as it is. */
const DATA_PROBES = [
  REGISTRY_FILE,
  ...Object.values<Place>(LAYOUT).flatMap(({ at, each }) => (isPrivate(at) ? [] : [each === null ? at : `${at}/x`])),
];

/**
 * The first data file of which a checkout would hold other bytes than git has: then reconcile, which reads the working
 * tree, would carry out something else than the plan, which reads git. Line ends of clients.yaml are as YAML likes.
 * `there`: files below pki/, beside those that may come.
 */
export async function converted(git: Git, source: Source, there: readonly string[] = []): Promise<Unprotected | null> {
  const answers = await ask(git, source, [...DATA_PROBES, ...there]);
  return firstWrong(answers, (path, [filter = "", text = "", eol = "", encoding = "", ident = ""]) => {
    if (filter !== "unspecified" && filter !== "unset") return `filter is ${filter}`;
    if (!isOff(encoding)) return `working-tree-encoding is ${encoding}`;
    if (!isOff(ident)) return "ident is set";
    if (path === REGISTRY_FILE || text === "unset") return null;
    return isOff(text) && isOff(eol) ? null : "line ends are converted";
  });
}

/** Values in the order of ATTRIBUTES. */
interface Answer {
  readonly path: string;
  readonly values: readonly string[];
}

/** In the order of the paths. */
async function ask(git: Git, source: Source, paths: readonly string[]): Promise<Answer[]> {
  const where = source === "index" ? ["--cached"] : [];
  const asked = paths.map((path) => `${path}\0`).join("");
  const fields = (await git.raw(["check-attr", "--stdin", "-z", ...where, ...ATTRIBUTES], asked)).split("\0");
  const answers: Answer[] = [];
  for (let at = 0; at + 3 * ATTRIBUTES.length <= fields.length; at += 3 * ATTRIBUTES.length) {
    const values = ATTRIBUTES.map((_, index) => fields[at + 3 * index + 2] ?? "");
    answers.push({ path: fields[at] ?? "", values });
  }
  return answers;
}

function firstWrong(
  answers: readonly Answer[],
  wrong: (path: string, values: readonly string[]) => string | null,
): Unprotected | null {
  for (const { path, values } of answers) {
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

function wrongValue([filter = "", text = "", eol = "", encoding = "", ident = ""]: readonly string[]): string | null {
  if (!FILTER.test(filter)) return filter === "unspecified" ? "no filter is set" : `filter is ${filter}`;
  // With text=auto git leaves alone what holds a NUL, and ciphertext begins with one.
  if (!isOff(text) && text !== "auto") return `text is ${text}, which destroys ciphertext`;
  if (!isOff(eol) && text !== "unset" && text !== "auto") return `eol is ${eol}, which destroys ciphertext`;
  if (!isOff(encoding)) return `working-tree-encoding is ${encoding}, which destroys ciphertext`;
  return isOff(ident) ? null : "ident is set, which may change ciphertext";
}
