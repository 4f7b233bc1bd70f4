import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatKeyFile, type VaultKey } from "../../../scripts/vault/key-file.ts";
import { plainEnvironment } from "../../system/scratch.ts";

export interface Entry {
  readonly mode: string;
  readonly path: string;
  /** A blob's bytes; null for a submodule. */
  readonly bytes: Buffer | null;
}

export const entry = (path: string, bytes: Buffer | string): Entry => {
  return { mode: "100644", path, bytes: Buffer.from(bytes) };
};
export const symlink = (path: string, target: string): Entry => ({ mode: "120000", path, bytes: Buffer.from(target) });
export const gitlink = (path: string): Entry => ({ mode: "160000", path, bytes: null });

/** A repository into whose index bytes go as they are: no filter, no working tree. */
export class Stage {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "gatehouse stage ")));

  constructor(...options: readonly string[]) {
    this.git("init", "--quiet", "--initial-branch=main", ...options);
  }

  git(...args: readonly string[]): string {
    return this.run(args).toString();
  }

  run(args: readonly string[], input: string | Buffer = "", env: Readonly<Record<string, string>> = {}): Buffer {
    const stdio = ["pipe", "pipe", "pipe"] as const;
    return execFileSync("git", args, { cwd: this.root, env: plainEnvironment(env), input, stdio: [...stdio] });
  }

  /** The id that git gives to these bytes as a blob. */
  idOf(bytes: Buffer | string): string {
    const data = Buffer.from(bytes);
    return createHash("sha1").update(`blob ${data.length}\0`).update(data).digest("hex");
  }

  /** All of them with one process each for blobs and index. */
  add(entries: readonly Entry[]): void {
    const marks: Buffer[] = [];
    for (const { bytes } of entries) {
      if (bytes !== null) marks.push(Buffer.from(`blob\ndata ${bytes.length}\n`), bytes, Buffer.from("\n"));
    }
    if (marks.length > 0) this.run(["fast-import", "--quiet", "--force"], Buffer.concat(marks));
    const lines = entries.map(({ mode, path, bytes }) => {
      return `${mode} ${bytes === null ? "1".repeat(40) : this.idOf(bytes)}\t${path}\0`;
    });
    this.run(["update-index", "--add", "-z", "--index-info"], lines.join(""));
  }

  clear(): void {
    this.git("read-tree", "--empty");
    this.git("add", "--force", "--all", "--", ".");
  }

  commit(message: string): string {
    this.git("commit", "--quiet", "--allow-empty", "--message", message);
    return this.git("rev-parse", "HEAD").trim();
  }

  provideKey(directory: string, key: VaultKey | null): void {
    rmSync(directory, { recursive: true, force: true });
    if (key === null) return;
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "default"), formatKeyFile(key));
  }

  info(attributes: string | null): void {
    const file = join(this.root, ".git/info/attributes");
    if (attributes === null) rmSync(file, { force: true });
    else writeFileSync(file, attributes);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
