import { CA_CERTIFICATE, CRL_FILE } from "../model/layout.ts";
import type { Git } from "../system/git.ts";
import { catFew } from "../system/objects.ts";

/** Files that must be as they were committed, or newer. */
const COMPARED = [CA_CERTIFICATE, CRL_FILE] as const;

/** A file as it is stored in what was committed before; null where that has none. */
export type Committed = (path: (typeof COMPARED)[number]) => Promise<Buffer | null>;

/** Reads them together, when the first is asked for. `head`: a full id; null before the first commit. */
export function committedIn(git: Git, head: string | null): Committed {
  let files: Promise<Map<string, Buffer>> | undefined;
  return async (path) => {
    if (head === null) return null;
    files ??= catFew(git, head, COMPARED);
    return (await files).get(path) ?? null;
  };
}
