import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { DEFAULT_NAME } from "./key-directory.ts";
import { shelved } from "./key-store.ts";

/** The command that unlocks this clone, by what the repository has for it: the one place that says so. */
export function unlockCommand(root: string, keyName: string = DEFAULT_NAME): string {
  return isKept(root) || peopleWith(root, keyName) > 0 ? "npm run unlock" : WITH_FILE;
}

const WITH_FILE = "npm run unlock -- --key-file KEYFILE";

/** Every way into a locked clone, the nearest first, as hints. */
export function waysIn(root: string, keyName: string = DEFAULT_NAME): readonly string[] {
  const people = peopleWith(root, keyName);
  const copies = people === 1 ? "one copy" : `${people} copies`;
  return [
    ...(isKept(root) ? ["run: npm run unlock (with the key that lock put aside here)"] : []),
    ...(people > 0 ? [`with your GnuPG key: npm run unlock (.git-crypt holds ${copies} of git-crypt's key)`] : []),
    `with an exported key: ${WITH_FILE} (or git-crypt unlock KEYFILE)`,
    "for one command, without unlocking: set GATEHOUSE_KEY_FILE=KEYFILE",
  ];
}

/** lock keeps a key that nobody has saved. */
function isKept(root: string): boolean {
  try {
    return shelved(commonDirectory(root), "unsaved").size > 0;
  } catch (error) {
    // Not the top of a checkout, or a key that cannot be read: then it is no way in.
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** Copies of the key that `git-crypt add-gpg-user` made: `.git-crypt/keys/NAME/VERSION/FINGERPRINT.gpg`. */
function peopleWith(root: string, keyName: string): number {
  const directory = join(root, ".git-crypt", "keys", keyName);
  if (!existsSync(directory)) return 0;
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".gpg"));
  return new Set(names.map((name) => name.replace(/^.*\//, ""))).size;
}
