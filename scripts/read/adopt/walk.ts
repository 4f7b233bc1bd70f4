import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { printable } from "../../model/printable.ts";
import { UserError } from "../../model/problem.ts";

export interface FoundFile {
  /** From the top of the directory, with `/`. */
  readonly path: string;
  readonly bytes: number;
}

/** A CA with a hundred thousand certificates keeps each three times. */
const MOST_FILES = 500_000;
const DEEPEST = 12;

/**
 * Every regular file below a directory, in the order of their names. Nothing is followed that leads elsewhere:
 * OpenSSL's links by hash name what is there anyhow. Throws UserError where there is no end of it.
 */
export function walk(top: string): FoundFile[] {
  const found: FoundFile[] = [];
  const visit = (path: string, depth: number) => {
    if (depth > DEEPEST) throw new UserError(`${printable(path)} is more than ${DEEPEST} directories deep`, NEARER);
    const entries = readdirSync(join(top, path), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory() && entry.name !== ".git") visit(below, depth + 1);
      else if (entry.isFile()) found.push({ path: below, bytes: lstatSync(join(top, below)).size });
      if (found.length > MOST_FILES) throw new UserError(`there are more than ${MOST_FILES} files`, NEARER);
    }
  };
  visit("", 0);
  return found;
}

const NEARER = "name the CA's own directory, the one with index.txt";
