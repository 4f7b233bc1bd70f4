import { isOfOtherVersion } from "../model/canonical.ts";
import { DIR } from "../model/layout.ts";
import { type Registry, SOFTWARE } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { derivedFiles } from "../plan/files.ts";
import { SERVER_KINDS } from "../servers/all-kinds.ts";

/** Whether it is a server's file, and says the same as long as nobody changes the registry. */
function isSteady(path: string): boolean {
  return SOFTWARE.some((software) => {
    const directory = `${DIR[software]}/`;
    return path.startsWith(directory) && !SERVER_KINDS[software].followsTime.test(path.slice(directory.length));
  });
}

/** The commit's files. */
interface Files {
  readonly paths: readonly string[];
  readonly read: (path: string) => Buffer | null;
}

/**
 * Servers' files that are not what registry and state call for: edited by hand, or left by a merge. Whoever runs a
 * newer version of the scripts sees other differences, so then nothing is said.
 */
export function driftedFiles(
  registry: Registry,
  state: State,
  now: Instant,
  version: string,
  { paths, read }: Files,
): ReadonlySet<string> {
  const drifted = new Set<string>();
  // With facts in doubt reconcile keeps derived files as they are.
  const { carriedOut, doubts } = state;
  if (carriedOut === null || isOfOtherVersion(carriedOut, version) || doubts.length > 0) return drifted;
  const wanted = new Map(
    derivedFiles(registry, state, now, version).flatMap((file) => ("text" in file ? [[file.path, file.text]] : [])),
  );
  for (const path of paths) {
    if (!isSteady(path)) continue;
    if (wanted.get(path) !== read(path)?.toString("utf8")) drifted.add(path);
  }
  return drifted;
}
