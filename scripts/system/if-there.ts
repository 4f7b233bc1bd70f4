import { UserError } from "../model/problem.ts";

/** What reading gives; null where nothing is there, which is not the same as what may not be read. */
export function ifThere<T>(path: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new UserError(
      `cannot read ${path}: ${String(code)}`,
      "become the owner of the clone, then run the same command again",
    );
  }
}
