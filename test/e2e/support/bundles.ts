import { execFileSync, spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { environment, type Ran, type Repository, runCommand, type Variables } from "./repository.ts";

/** Shells that a bundle's scripts must run under. */
export const SHELLS = { dash: ["dash"], "busybox sh": ["busybox", "sh"] } as const;

/** `npm run bundle -- ARGS`, writing beside the repository unless `--out` says otherwise. */
export function bundle(repository: Repository, argv: readonly string[], extra: Variables = {}): Promise<Ran> {
  const out = argv.includes("--out") ? [] : ["--out", outbox(repository)];
  return runCommand("bundle", ["--root", repository.root, ...argv, ...out], extra);
}

/** Where bundles of a test lie. */
export function outbox(repository: Repository, file = ""): string {
  const directory = repository.beside("out");
  mkdirSync(directory, { recursive: true });
  return join(directory, file);
}

/** Makes a bundle and unpacks it into a new directory; returns the directory that has the client's name. */
export async function unpacked(repository: Repository, name: string, ...argv: readonly string[]): Promise<string> {
  const { code, stderr } = await bundle(repository, [name, ...argv]);
  if (code !== 0) throw new Error(stderr);
  const directory = repository.beside(`unpacked-${name}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(directory);
  execFileSync("tar", ["xmf", outbox(repository, `${name}.tar`), "-C", directory]);
  return join(directory, name);
}

export interface Installed {
  readonly code: number | null;
  /** What it did, a line each; errors too. */
  readonly said: string;
}

/** Runs a bundle's install.sh, or another of its scripts, with a shell. */
export function sh(shell: readonly string[], script: string, ...argv: readonly string[]): Installed {
  return shWith({}, shell, script, ...argv);
}

/** The same with more environment variables. */
export function shWith(
  extra: Variables,
  shell: readonly string[],
  script: string,
  ...argv: readonly string[]
): Installed {
  const [program = "", ...words] = shell;
  const { status, stdout, stderr, error } = spawnSync(program, [...words, script, ...argv], {
    encoding: "utf8",
    env: environment(extra),
  });
  if (error) throw error;
  return { code: status, said: stdout + stderr };
}

/** `mode owner path`, and what is inside, of every file below a directory. */
export function tree(
  directory: string,
): Map<string, { readonly mode: string; readonly uid: number; readonly text: string }> {
  const found = new Map<string, { mode: string; uid: number; text: string }>();
  for (const entry of readdirSync(directory, { recursive: true, encoding: "utf8" }).sort()) {
    const stat = lstatSync(join(directory, entry));
    const text = stat.isFile() ? readFileSync(join(directory, entry), "latin1") : "";
    found.set(entry, { mode: (stat.mode & 0o7777).toString(8), uid: stat.uid, text });
  }
  return found;
}
