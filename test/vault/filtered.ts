import { readFileSync } from "node:fs";
import { join } from "node:path";
import { installFilter } from "../../scripts/vault/install.ts";
import { run } from "../system/scratch.ts";
import { cloneLocked, commitFile, unlockedRepository } from "./git-crypt.ts";

export const KEY = "pki/private/x.key";
export const SECRET = "-----BEGIN PRIVATE KEY-----\nnot really\n-----END PRIVATE KEY-----\n";

/** Unlocked, with our filter and one key committed. */
export async function open1() {
  const made = unlockedRepository();
  await installFilter(made.root);
  commitFile(made.root, KEY, SECRET);
  return made;
}

export async function lockedClone(root: string): Promise<string> {
  const clone = cloneLocked(root);
  await installFilter(clone);
  return clone;
}

export const tree = (root: string, path = KEY) => readFileSync(join(root, path));
export const status = (root: string) => run(root, "git", "status", "--porcelain");
