import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Shell, Options as ZxOptions } from "zx";
import { shellWord } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** There when it was stopped, because it took longer than it may. */
  readonly timedOut?: true;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** Seconds until it is stopped; without, it may take as long as it takes. */
  readonly timeout?: number;
}

/** Packages that bring a program, where the names differ. */
const PACKAGES: Readonly<Record<string, string>> = {
  certtool: "gnutls-bin",
  "ssh-keygen": "openssh-client",
  ssh: "openssh-client",
};

/**
 * Where a program is, searching PATH and the places that a user's PATH often leaves out; null when nowhere. An
 * absolute path is itself.
 */
export function findProgram(name: string): string | null {
  if (isAbsolute(name)) return name;
  const places = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  for (const place of places.filter((entry) => entry !== "")) {
    const file = join(place, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here
    }
  }
  return null;
}

/** Where a program is. Throws UserError that says how to install it. */
export function requireProgram(name: string): string {
  const found = findProgram(name);
  if (found !== null) return found;
  throw new UserError(`${name} is not installed`, "run: sh scripts/setup.sh", `or install ${PACKAGES[name] ?? name}`);
}

/**
 * zx's `$`, on every system that we run on: zx itself wants bash, which Alpine and FreeBSD lack, its quoting is bash's
 * (`$'…'`, which to another shell is a dollar sign and an open end), and it takes all three from ZX_* of the environment.
 */
export async function zx(options: Partial<Omit<ZxOptions, "sync">>): Promise<Shell> {
  const { $ } = await import("zx");
  // The shell is only a way to the program: a signal reaches that, and no shell is left beside it.
  return $({ ...options, shell: "/bin/sh", prefix: "exec ", postfix: "", quote: shellWord });
}

/** Runs a program to its end, whatever its exit code. Its environment is ours without GATEHOUSE_*. */
export async function runProgram(
  name: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const file = requireProgram(name);
  const shell = await zx({
    quiet: true,
    nothrow: true,
    cwd: options.cwd ?? process.cwd(),
    env: childEnvironment({ LC_ALL: "C", ...options.env }),
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  const running = shell`${[file, ...args]}`;
  // A program that ends before it has read its input says why by itself; the broken pipe must not end us.
  running.stdin.on("error", () => {});
  let timedOut = false;
  const stop = () => {
    timedOut = true;
    running.child?.kill("SIGTERM");
  };
  const timer = options.timeout === undefined ? undefined : setTimeout(stop, options.timeout * 1000);
  const { exitCode, stdout, stderr } = await running;
  clearTimeout(timer);
  return { exitCode: exitCode ?? 1, stdout, stderr, ...(timedOut ? { timedOut } : {}) };
}

/**
 * The environment for a child process: ours without GATEHOUSE_*, which holds keys that no other program
 * (a hook, a pager, a credential helper) has any business with.
 */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !name.toUpperCase().startsWith("GATEHOUSE_")) kept[name] = value;
  }
  return { ...kept, ...extra };
}
