import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty directory that is gone after the test. */
export function scratch(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "gatehouse test ")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The environment of a person at a terminal: nothing of the hook or CI job that may have started the tests. */
export function plainEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
    value === undefined || /^(?:GIT|GATEHOUSE|HUSKY|npm|FORGEJO|CI(?:_|$))/i.test(name) ? [] : [[name, value]],
  );
  const identity = { name: "Test", email: "test@example.com" };
  return {
    ...Object.fromEntries(kept),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: identity.name,
    GIT_AUTHOR_EMAIL: identity.email,
    GIT_COMMITTER_NAME: identity.name,
    GIT_COMMITTER_EMAIL: identity.email,
    ...extra,
  };
}

/** Runs a program in a directory; its standard output. Throws with its standard error when it fails. */
export function run(directory: string, program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, {
    cwd: directory,
    env: plainEnvironment(),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** A fresh repository with branch main. */
export function repository(directory = scratch()): string {
  run(directory, "git", "init", "--quiet", "--initial-branch=main");
  return directory;
}

/** A commit of all that is there, with these files written before. */
export function commit(root: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, data] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), data);
  }
  run(root, "git", "add", "--all");
  run(root, "git", "commit", "--quiet", "-m", "files");
}
