import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Runs a judge; a program that is missing fails the test. `output` is stdout and stderr. */
export function run(program: string, args: readonly string[], cwd: string): { code: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (error) throw error;
  return { code: status, output: stdout + stderr };
}

/** The same, for what must succeed. */
export function must(program: string, args: readonly string[], cwd: string): string {
  const { code, output } = run(program, args, cwd);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ${output}`);
  return output;
}

/** A directory with these files, gone when the test is over. */
export function directory(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const made = mkdtempSync(join(tmpdir(), "x509-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(made, name), content);
  return made;
}
