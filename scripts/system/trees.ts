import { UserError } from "../model/problem.ts";
import type { Git } from "./git.ts";
import { catObjects, objectSizes } from "./objects.ts";

/** Paths that new trees may stand for: the directories of a hundred thousand clients have a million. */
const MOST_PATHS = 4_000_000;
/** Places where directories that are known already may stand once more, as a rename or a copy leaves them. */
const MOST_COPIES = 1000;
/** Directories within one another. */
const DEEPEST = 200;
/** Trees are read in batches of so many bytes: of a long history they are gigabytes. */
const BATCH = 32 * 1024 * 1024;

/** What a tree holds itself: how many files, and the directories in it by id. */
interface Held {
  readonly files: number;
  readonly directories: readonly string[];
}

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
  const inside = await read(git, trees);
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
  inside: ReadonlyMap<string, Held>,
  counted: Map<string, Expanded>,
  known: Set<string>,
  depth: number,
): Expanded {
  const before = counted.get(id);
  if (before !== undefined) return before;
  if (depth > DEEPEST) return { paths: 0, copies: 0, levels: DEEPEST + 1 };
  const { files, directories } = inside.get(id) ?? { files: 0, directories: [] };
  let [paths, copies, levels] = [files, 0, 0];
  for (const entry of directories) {
    if (inside.has(entry)) {
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

async function read(git: Git, ids: readonly string[]): Promise<Map<string, Held>> {
  const inside = new Map<string, Held>();
  let [batch, bytes]: [string[], number] = [[], 0];
  const flush = async () => {
    for (const [id, object] of await catObjects(git, batch)) inside.set(id, heldIn(object.bytes, id.length / 2));
    [batch, bytes] = [[], 0];
  };
  for (const [id, { type, size }] of await objectSizes(git, ids)) {
    if (type !== "tree") continue;
    if (bytes + size > BATCH) await flush();
    batch.push(id);
    bytes += size;
  }
  await flush();
  return inside;
}

/** The mode of a directory is 40000, and no other begins so. */
const FOUR = 0x34;

/** `MODE SP NAME NUL ID` of each entry. `size`: bytes of an id. */
function heldIn(bytes: Buffer, size: number): Held {
  const directories: string[] = [];
  let files = 0;
  for (let at = 0; at < bytes.length; ) {
    const id = bytes.indexOf(0, at) + 1;
    if (id === 0) break;
    if (bytes[at] === FOUR) directories.push(bytes.toString("hex", id, id + size));
    else files += 1;
    at = id + size;
  }
  return { files, directories };
}
