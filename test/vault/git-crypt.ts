import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseKeyFile, type VaultKey } from "../../scripts/vault/key-file.ts";
import { plainEnvironment, repository, run, scratch } from "../system/scratch.ts";

/** A repository with this one's own .gitattributes, as the real git-crypt sets it up, and the exported key. */
export function unlockedRepository(): { root: string; key: VaultKey; keyFile: string } {
  const root = repository();
  run(root, "git-crypt", "init");
  copyFileSync(new URL("../../.gitattributes", import.meta.url), join(root, ".gitattributes"));
  run(root, "git", "add", ".gitattributes");
  run(root, "git", "commit", "--quiet", "-m", "attributes");
  const keyFile = join(scratch(), "exported.key");
  run(root, "git-crypt", "export-key", keyFile);
  return { root, key: parseKeyFile(readFileSync(keyFile)), keyFile };
}

/** A fresh clone, in which nobody has unlocked anything. */
export function cloneLocked(root: string): string {
  const clone = join(scratch(), "clone");
  run(root, "git", "clone", "--quiet", "--no-local", root, clone);
  return clone;
}

/** The bytes that git stores for a path of HEAD. */
export function committed(root: string, path: string): Buffer {
  const env = plainEnvironment();
  return execFileSync("git", ["cat-file", "blob", `HEAD:${path}`], { cwd: root, env, maxBuffer: 2 ** 24 });
}
