import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DIR, REGISTRY_FILE } from "../../scripts/model/layout.ts";
import { UserError } from "../../scripts/model/problem.ts";
import { childEnvironment, requireProgram } from "../../scripts/system/programs.ts";
import { seal } from "../../scripts/vault/seal.ts";
import { openVault } from "../../scripts/vault/vault.ts";

/**
 * One commit of everything, keys sealed, by git fast-import: `git add` would start git-crypt once for each key,
 * minutes for 20,000 of them. Not what is measured here.
 */
export function commitAll(root: string): void {
  const { key } = openVault(root, {});
  if (key === null) throw new UserError("no git-crypt key was made");
  const parts: Buffer[] = [
    Buffer.from("commit refs/heads/main\ncommitter Bench <bench@example.com> 1795262400 +0000\n"),
  ];
  parts.push(data(Buffer.from("State\n")));
  for (const path of [".gitattributes", REGISTRY_FILE, ...below(root, "pki")]) {
    const bytes = readFileSync(join(root, path));
    parts.push(Buffer.from(`M 100644 inline ${path}\n`));
    parts.push(data(path.startsWith(`${DIR.private}/`) ? seal(key, bytes) : bytes));
  }
  git(root, ["fast-import", "--quiet"], Buffer.concat(parts));
  git(root, ["read-tree", "HEAD"]);
}

function data(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from("\n")]);
}

function below(root: string, directory: string): string[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    return entry.isDirectory() ? below(root, path) : [path];
  });
}

function git(root: string, args: readonly string[], input = Buffer.alloc(0)): void {
  execFileSync(requireProgram("git"), args, {
    cwd: root,
    input,
    env: childEnvironment(),
    stdio: ["pipe", "ignore", "inherit"],
  });
}
