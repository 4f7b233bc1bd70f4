import { lstatSync, mkdirSync } from "node:fs";
import { join, posix } from "node:path";
import { isPrivate } from "../model/layout.ts";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { act, fsync } from "./operation.ts";

/** The directories of one batch: checked for symlinks, and made, once each. */
export class Directories {
  readonly root: string;
  readonly #known = new Set<string>(["."]);

  constructor(root: string) {
    this.root = root;
  }

  /** Whether it is there. Throws UserError when a symlink or a file stands in the way. */
  exists(directory: string): boolean {
    if (this.#known.has(directory)) return true;
    if (!this.exists(posix.dirname(directory))) return false;
    const found = lstatSync(join(this.root, directory), { throwIfNoEntry: false });
    if (!found) return false;
    if (!found.isDirectory()) {
      const kind = found.isSymbolicLink() ? "a symlink" : "a file";
      throw new UserError(
        `${directory} is ${kind} where a directory belongs`,
        `look where it came from, then: rm -- ${shellWord(directory)}`,
      );
    }
    this.#known.add(directory);
    return true;
  }

  make(directory: string): void {
    if (this.exists(directory)) return;
    const parent = posix.dirname(directory);
    this.make(parent);
    const mode = isPrivate(directory) ? 0o700 : 0o777;
    act("mkdir", directory, () => mkdirSync(join(this.root, directory), { mode }));
    this.flush([parent]);
    this.#known.add(directory);
  }

  flush(directories: Iterable<string>): void {
    for (const directory of new Set(directories)) act("flush", directory, () => fsync(join(this.root, directory)));
  }
}
