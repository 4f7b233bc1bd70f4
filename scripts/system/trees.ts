import { UserError } from "../model/problem.ts";
import type { Git } from "./git.ts";
import { catObjects } from "./objects.ts";

/** Paths that new trees may stand for: the directories of a hundred thousand clients have a million. */
const MOST_PATHS = 4_000_000;
/** Places where directories that are known already may stand once more, as a rename or a copy leaves them. */
const MOST_COPIES = 1000;
/** Directories within one another. */
const DEEPEST = 200;

/** What a tree stands for: paths in it, and how often directories of older commits stand in it. */
interface Expanded {
  readonly paths: number;
  readonly copies: number;
  /** Directories within one another. */
  readonly levels: number;
}

/**
 * Refuses trees that stand for far more than they hold: ten directories, each with the next one ten times in it, are a
 * kilobyte, and ten thousand million paths to whatever lists them. `trees`: ids of those that are new, as
 * `git rev-list --objects` gives them. Reads each once. Throws UserError.
 */
export async function refuseExploding(git: Git, trees: readonly string[]): Promise<void> {
  const objects = await catObjects(git, trees);
  const inside = new Map<string, string[]>();
  for (const [id, { type, bytes }] of objects) if (type === "tree") inside.set(id, entriesOf(bytes, id.length / 2));
  const known = new Set<string>();
  const counted = new Map<string, Expanded>();
  for (const id of inside.keys()) {
    const { paths, copies, levels } = expand(id, inside, counted, known, 0);
    if (paths > MOST_PATHS || copies > MOST_COPIES + known.size || levels > DEEPEST) {
      throw new UserError(
        `tree ${id.slice(0, 12)} of this branch stands for millions of paths, the same directories again and again or hundreds deep`,
        `look at it one level at a time: git cat-file -p ${id.slice(0, 12)}`,
      );
    }
  }
}

function expand(
  id: string,
  inside: ReadonlyMap<string, readonly string[]>,
  counted: Map<string, Expanded>,
  known: Set<string>,
  depth: number,
): Expanded {
  const before = counted.get(id);
  if (before !== undefined) return before;
  if (depth > DEEPEST) return { paths: 0, copies: 0, levels: DEEPEST + 1 };
  let [paths, copies, levels] = [0, 0, 0];
  for (const entry of inside.get(id) ?? []) {
    if (entry === "") paths += 1;
    else if (inside.has(entry)) {
      const below = expand(entry, inside, counted, known, depth + 1);
      paths += below.paths;
      copies += below.copies;
      levels = Math.max(levels, below.levels);
    } else {
      known.add(entry);
      paths += 1;
      copies += 1;
    }
  }
  const expanded = { paths, copies, levels: levels + 1 };
  counted.set(id, expanded);
  return expanded;
}

const [SPACE, DIRECTORY] = [0x20, "40000"];

/** `MODE SP NAME NUL ID` of each entry: the id of a directory, empty for all else. */
function entriesOf(bytes: Buffer, size: number): string[] {
  const entries: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const name = bytes.indexOf(SPACE, at);
    const id = bytes.indexOf(0, name) + 1;
    if (name < 0 || id === 0) break;
    const isDirectory = bytes.toString("latin1", at, name) === DIRECTORY;
    entries.push(isDirectory ? bytes.toString("hex", id, id + size) : "");
    at = id + size;
  }
  return entries;
}
