import type { Git } from "../system/git.ts";
import { catObjects, MissingObject, objectSizes } from "../system/objects.ts";

/** Objects are read in batches of about this many bytes, so that a large commit needs little memory. */
const BATCH = 32 * 1024 * 1024;
/** What is larger is not read: a finding. */
const LARGEST = 128 * 1024 * 1024;

/** An object: `bytes` null where it is larger than LARGEST. */
export interface Read {
  readonly id: string;
  readonly type: string;
  readonly bytes: Buffer | null;
}

/**
 * Objects in any order, each once. Throws UserError for one that git does not have: what cannot be read cannot be
 * decided. `known`: their sizes, where the caller has them already.
 */
export async function* readObjects(
  git: Git,
  ids: Iterable<string>,
  known?: ReadonlyMap<string, { type: string; size: number }>,
): AsyncGenerator<Read> {
  const wanted = [...new Set(ids)];
  const sizes = known ?? (await objectSizes(git, wanted));
  let batch: string[] = [];
  let total = 0;
  for (const id of wanted) {
    const found = sizes.get(id);
    if (found === undefined) throw new MissingObject(id);
    if (found.size > LARGEST) yield { id, type: found.type, bytes: null };
    else {
      if (batch.length > 0 && total + found.size > BATCH) {
        yield* readBatch(git, batch);
        batch = [];
        total = 0;
      }
      batch.push(id);
      total += found.size;
    }
  }
  yield* readBatch(git, batch);
}

async function* readBatch(git: Git, ids: readonly string[]): AsyncGenerator<Read> {
  const objects = await catObjects(git, ids);
  for (const id of ids) {
    const object = objects.get(id);
    if (object === undefined) throw new MissingObject(id);
    yield { id, ...object };
  }
}
