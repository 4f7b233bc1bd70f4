import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../model/problem.ts";
import { childEnvironment } from "../system/environment.ts";
import { requireProgram } from "../system/programs.ts";
import type { Directory } from "./directory.ts";

export interface RunningNginx {
  /** Rejects with a UserError in nginx's words when it ends although nobody stopped it. */
  readonly failed: Promise<never>;
  /** Resolves when it listens; rejects like `failed`. */
  readonly ready: Promise<void>;
  /** Ends it and waits until it is gone, downloads cut short. */
  stop(): Promise<void>;
}

/** Milliseconds. */
const START = 15_000;
const STOP = 5_000;
const MOST_WORDS = 16_384;

/**
 * Starts nginx in the foreground, in a process group of its own: Ctrl-C at the terminal is for us, and we end it in
 * order. A guard beside it ends it and removes the directory if we are killed.
 */
export function startNginx(directory: Directory, conf: string): RunningNginx {
  const args = ["-e", "stderr", "-p", `${directory.prefix}/`, "-c", conf, "-g", "daemon off;"];
  const child = spawn(requireProgram("nginx"), args, {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
    env: childEnvironment({ LC_ALL: "C" }),
  });
  const killGroup = () => signal(-(child.pid ?? 0), "SIGKILL");
  process.once("exit", killGroup);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(0, MOST_WORDS);
  });
  const guard = startGuard(child, directory.path);
  let stopping = false;
  const gone = new Promise<void>((done) => {
    child.once("close", () => done());
    child.once("error", () => done());
  });
  const failed = gone.then((): Promise<never> => {
    if (stopping) return new Promise(() => {});
    // Workers outlive a master that was killed.
    killGroup();
    throw explain(`${said}\n${logged(directory)}`, directory.path);
  });
  failed.catch(() => {});
  const stop = async () => {
    stopping = true;
    signal(child.pid ?? 0, "SIGTERM");
    const late = setTimeout(killGroup, STOP);
    await gone;
    clearTimeout(late);
    process.off("exit", killGroup);
    await end(guard);
  };
  return { failed, ready: Promise.race([failed, listening(directory)]), stop };
}

/** POSIX sh. The pipe on its standard input ends when the process at its other end does, even by SIGKILL. */
const GUARD = 'cat >/dev/null; kill -s TERM "$1" 2>/dev/null; rm -rf -- "$2"';

function startGuard({ pid }: ChildProcess, directory: string): ChildProcess | null {
  if (pid === undefined) return null;
  const env = childEnvironment();
  const options = { stdio: ["pipe", "ignore", "ignore"], detached: true, cwd: "/", env } as const;
  const guard = spawn("/bin/sh", ["-c", GUARD, "gatehouse-serve", String(pid), directory], options);
  guard.once("error", () => {});
  return guard;
}

/** Its `cat` is in its group too. */
async function end(guard: ChildProcess | null): Promise<void> {
  if (guard?.pid === undefined || guard.exitCode !== null || guard.signalCode !== null) return;
  const gone = new Promise<void>((done) => guard.once("exit", () => done()));
  signal(-guard.pid, "SIGKILL");
  await gone;
}

function signal(pid: number, name: NodeJS.Signals): void {
  if (pid === 0) return;
  try {
    process.kill(pid, name);
  } catch {
    // Nobody is left to be told.
  }
}

/** nginx writes its pid file once it listens. */
async function listening({ prefix }: Directory): Promise<void> {
  const file = join(prefix, "nginx.pid");
  const end = performance.now() + START;
  while (performance.now() < end) {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0) return;
    await sleep(20);
  }
  throw new UserError(
    `nginx does not listen after ${START / 1000} seconds`,
    "see what keeps this machine busy, then try again",
  );
}

/** What nginx wrote to its log before it ended. */
function logged({ prefix }: Directory): string {
  const file = join(prefix, "error.log");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** nginx's own words, without their wrapping and without the name of a directory that is gone by now. */
export function explain(words: string, directory: string): UserError {
  const lines = words.split("\n").flatMap((line) => {
    const match = /\[(emerg|alert|crit)\] (?:\d+#\d+: )?(.*)$/.exec(line);
    return match?.[2] === undefined ? [] : [match[2].replaceAll(`${directory}/`, "")];
  });
  const what = [...new Set(lines)].slice(0, 5);
  if (what.length === 0) what.push(words.trim().split("\n").at(-1)?.slice(0, 500) || "it ended without a word");
  return new UserError(
    `nginx does not run: ${what.join("\n")}`,
    "if pki/ is at fault: npm run check; for another port: npm run serve -- --port N",
  );
}
