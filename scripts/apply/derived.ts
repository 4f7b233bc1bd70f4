import type { DerivedFile } from "../model/derived.ts";
import * as paths from "../model/paths.ts";
import type { FileChange } from "../model/plan.ts";
import { UserError } from "../model/problem.ts";
import { type FileToWrite, removeFiles, writeFiles } from "../system/files.ts";
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
  const isLast = (file: FileToWrite) => file.path === paths.CARRIED_OUT;
  await writeFiles(
    root,
    write.filter((file) => !isLast(file)),
  );
  await removeFiles(root, stray);
  await writeFiles(root, write.filter(isLast));
  return [...write.map(({ path }) => path), ...stray];
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
