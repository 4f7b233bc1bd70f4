import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * A directory that is gone after the test. Open to everybody: a server started by root gives up root, and
 * then reads as `nobody` or `www-data`.
 */
export class Scratch implements Disposable {
  readonly path: string;

  /** `found`: a directory that is there already, in place of a new one of that name. */
  constructor(name: string, found?: string) {
    this.path = found ?? realpathSync(mkdtempSync(join(tmpdir(), `gatehouse-${name}-`)));
    chmodSync(this.path, 0o755);
  }

  /** Absolute path of something inside. */
  at(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  /** Writes a file and the directories above it; returns its path. */
  write(path: string, text: string): string {
    const target = this.at(path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    return target;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
