import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { keyDirectory, keysIn, readIfThere } from "../vault/key-directory.ts";
import { parseKeyFile, type VaultKey } from "../vault/key-file.ts";
import { environmentKey } from "../vault/key-source.ts";
import { unlockCommand } from "../vault/way-in.ts";
import type { Secrets } from "./protected.ts";

/** git-crypt's keys in this repository, default and named, and the one in the environment. */
export function openSecrets(root: string, filters: ReadonlyMap<string, string>): Secrets {
  const common = commonDirectoryOf(root);
  const names = common === null ? [] : keysIn(common);
  const own = names.flatMap((name) => readKey(join(keyDirectory(common ?? ""), name)));
  const given = environmentKey(process.env);
  const keys = given === null ? own : [given, ...own];
  const drivers = new Set(keys.map(({ name }) => (name === null ? "git-crypt" : `git-crypt-${name}`)));
  return {
    unlock: names.includes("default") ? null : unlockCommand(root),
    keys,
    isForeign: ({ path }) => {
      const filter = filters.get(path);
      return filter?.startsWith("git-crypt-") === true && !drivers.has(filter);
    },
  };
}

function commonDirectoryOf(root: string): string | null {
  try {
    return commonDirectory(root);
  } catch (error) {
    // A bare repository has none.
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** What is no key opens nothing. Throws UserError where the file cannot be read. */
function readKey(file: string): VaultKey[] {
  const bytes = readIfThere(file);
  if (bytes === null) return [];
  try {
    return [parseKeyFile(bytes)];
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
