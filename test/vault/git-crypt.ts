import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** What git says when it is run and may fail. */
export function attempt(root: string, ...args: readonly string[]): { status: number | null; said: string } {
  const { status, stderr } = spawnSync("git", args, { cwd: root, env: plainEnvironment(), encoding: "utf8" });
  return { status, said: stderr };
}

/** Writes a protected file and commits it. */
export function commitFile(root: string, path: string, data: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), data);
  run(root, "git", "add", "--", path);
  run(root, "git", "commit", "--quiet", "-m", path);
}
