import type { DerivedFile } from "../model/derived.ts";
import * as paths from "../model/layout.ts";
import type { FileChange } from "../model/plan.ts";
import { UserError } from "../model/problem.ts";
import { type FileToWrite, removeDirectories, removeFiles, writeFiles } from "../system/files.ts";
import { readRegularFile } from "../system/read-file.ts";

/**
 * Writes the derived files that differ and removes the strays; pki/registry.yaml comes last, when all the rest is on
 * disk: it says that the registry has been carried out. Returns the paths touched.
 */
export async function writeDerived(
  root: string,
  changes: readonly FileChange[],
  wanted: readonly DerivedFile[],
): Promise<string[]> {
  const files = new Map(wanted.map((file) => [file.path, file]));
  const stray = changes.filter((one) => one.reason === "Stray").map((one) => one.path);
  const differing = changes.flatMap((one) => files.get(one.path) ?? []);
  const write = differing.map((file) => ({ path: file.path, data: bytesOf(root, file) }));
  await clear(root, new Set(write.map(({ path }) => path)), stray);
  const isLast = (file: FileToWrite) => file.path === paths.CARRIED_OUT;
  await writeFiles(
    root,
    write.filter((file) => !isLast(file)),
  );
  await removeFiles(root, stray);
  await writeFiles(root, write.filter(isLast));
  return [...write.map(({ path }) => path), ...stray];
}

/** Takes away directories that have a file's place, with the strays in them. */
async function clear(root: string, places: ReadonlySet<string>, strays: readonly string[]): Promise<void> {
  const inTheWay = strays.filter((path) => above(path).some((directory) => places.has(directory)));
  await removeFiles(root, inTheWay);
  const directories = inTheWay.flatMap((path) => {
    const inside = above(path);
    return inside.slice(0, inside.findLastIndex((directory) => places.has(directory)) + 1);
  });
  await removeDirectories(
    root,
    [...new Set(directories)].sort((a, b) => b.length - a.length),
  );
}

/** Directories in which a path lies, the nearest first. */
function above(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, at) => parts.slice(0, parts.length - 1 - at).join("/"));
}

function bytesOf(root: string, file: DerivedFile): string | Uint8Array {
  if ("text" in file) return file.text;
  const source = readRegularFile(root, file.copyOf);
  if (source === null)
    throw new UserError(
      `${file.copyOf} is gone since this run began`,
      "run the same command again: it says what to do",
    );
  return source;
}
