import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../model/problem.ts";
import { childEnvironment, requireProgram } from "../system/programs.ts";
import type { Directory } from "./directory.ts";
import { killGroup, startGuard } from "./guard.ts";

export interface RunningNginx {
  /** Resolves when it listens; rejects like `failed`. */
  readonly ready: Promise<void>;
  /** Rejects with a UserError in nginx's words when it ends although nobody stopped it. */
  readonly failed: Promise<never>;
  /** Ends it and waits until it is gone; downloads are cut short. */
  stop(): Promise<void>;
}

/** Milliseconds. */
const START = 15_000;
const STOP = 5_000;

const MOST_WORDS = 16_384;

/**
 * Starts nginx with this configuration (an absolute path). A guard beside it ends it and removes the directory if we
 * are killed.
 */
export function startNginx(directory: Directory, conf: string): RunningNginx {
  const child = launch(directory, conf);
  const guard = child.pid === undefined ? null : startGuard(child.pid, directory.path);
  const killAll = () => killGroup(child);
  process.once("exit", killAll);
  const words = collect(child.stderr);
  let over = false;
  const gone = new Promise<void>((done) => {
    child.once("close", () => done());
    child.once("error", () => done());
  });
  const failed = gone.then((): Promise<never> => {
    if (over) return new Promise(() => {});
    over = true;
    // Workers outlive a master that was killed.
    killAll();
    throw explain(`${words()}\n${logged(directory)}`, directory.path);
  });
  // Whoever waits for it hears of it; nobody need.
  failed.catch(() => {});
  const stop = async () => {
    over = true;
    child.kill("SIGTERM");
    const late = setTimeout(killAll, STOP);
    await gone;
    clearTimeout(late);
    process.off("exit", killAll);
    await guard?.end();
  };
  return { ready: Promise.race([failed, listening(directory, () => over)]), failed, stop };
}

/** In the foreground, and in a process group of its own: Ctrl-C at the terminal is for us, and we end it in order. */
function launch({ prefix }: Directory, conf: string): ChildProcessByStdio<null, null, Readable> {
  const args = ["-e", "stderr", "-p", `${prefix}/`, "-c", conf, "-g", "daemon off;"];
  return spawn(requireProgram("nginx"), args, {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
    env: childEnvironment({ LC_ALL: "C" }),
  });
}

function collect(stderr: Readable): () => string {
  let words = "";
  stderr.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString("utf8")).slice(0, MOST_WORDS);
  });
  return () => words;
}

/** nginx writes its pid file once it listens. Waits no longer than nginx is there. */
async function listening({ prefix }: Directory, over: () => boolean): Promise<void> {
  const file = join(prefix, "nginx.pid");
  const end = performance.now() + START;
  while (performance.now() < end) {
    if (over()) return new Promise(() => {});
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0) return;
    await sleep(20);
  }
  const seconds = START / 1000;
  throw new UserError(
    `nginx does not listen after ${seconds} seconds`,
    "see what keeps this machine busy, then try again",
  );
}

/** What nginx wrote to its log before it ended. */
function logged({ prefix }: Directory): string {
  try {
    return readFileSync(join(prefix, "error.log"), "utf8");
  } catch {
    return "";
  }
}

/** nginx's own words, without their wrapping and without the name of a directory that is gone by now. */
export function explain(words: string, directory: string): UserError {
  const lines = words.split("\n").flatMap((line) => {
    const text = /\[(?:emerg|alert|crit)\] (?:\d+#\d+: )?(.*)$/.exec(line)?.[1];
    return text === undefined ? [] : [text.replaceAll(`${directory}/`, "")];
  });
  const last = words.trim().split("\n").at(-1)?.slice(0, 500) || "it ended without a word";
  const what = lines.length === 0 ? [last] : [...new Set(lines)].slice(0, 5);
  return new UserError(
    `nginx does not run: ${what.join("\n")}`,
    "if pki/ is at fault: npm run check",
    "for another port: npm run serve -- --port N",
  );
}
