import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../model/problem.ts";
import { commonDirectory } from "../system/checkout.ts";
import { parseKeyFile, type VaultKey } from "../vault/key-file.ts";
import { environmentKey } from "../vault/key-source.ts";
import type { Secrets } from "./protected.ts";

/** git-crypt's keys in this repository, default and named, and the one in the environment. */
export function openSecrets(root: string, filters: ReadonlyMap<string, string>): Secrets {
  const directory = keyDirectory(root);
  const names = directory === null ? [] : readdirSync(directory);
  const own = names.flatMap((name) => readKey(join(directory ?? "", name)));
  const given = environmentKey(process.env);
  const keys = given === null ? own : [given, ...own];
  const drivers = new Set(keys.map(({ name }) => (name === null ? "git-crypt" : `git-crypt-${name}`)));
  return {
    unlocked: names.includes("default"),
    keys,
    isForeign: ({ path }) => {
      const filter = filters.get(path);
      return filter?.startsWith("git-crypt-") === true && !drivers.has(filter);
    },
  };
}

function keyDirectory(root: string): string | null {
  try {
    const directory = join(commonDirectory(root), "git-crypt", "keys");
    return existsSync(directory) ? directory : null;
  } catch (error) {
    // A bare repository has none.
    if (error instanceof UserError) return null;
    throw error;
  }
}

function readKey(file: string): VaultKey[] {
  try {
    return [parseKeyFile(readFileSync(file))];
  } catch (error) {
    if (error instanceof UserError || (error instanceof Error && "code" in error)) return [];
    throw error;
  }
}
