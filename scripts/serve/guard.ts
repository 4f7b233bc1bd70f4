import { type ChildProcess, spawn } from "node:child_process";
import { childEnvironment } from "../system/programs.ts";

/** Takes a process and a directory away when we are killed; `end` when that is no longer to be feared. */
export interface Guard {
  end(): Promise<void>;
}

/** POSIX sh. The pipe on its standard input ends when the process at its other end does, even by SIGKILL. */
const SCRIPT = 'cat >/dev/null; kill -s TERM "$1" 2>/dev/null; rm -rf -- "$2"';

/** In a process group of its own, so that Ctrl-C and a closed terminal do not reach it; its `cat` is in the group too. */
export function startGuard(pid: number, directory: string): Guard {
  const child = spawn("/bin/sh", ["-c", SCRIPT, "gatehouse-serve", String(pid), directory], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    cwd: "/",
    env: childEnvironment(),
  });
  const gone = new Promise<void>((done) => {
    child.once("exit", () => done());
    child.once("error", () => done());
  });
  return {
    end: async () => {
      killGroup(child);
      await gone;
    },
  };
}

/** SIGKILL to everybody in the process group that a detached child leads, and to nobody else. */
export function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left.
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type StopSignal = (typeof SIGNALS)[number];

/**
 * Ctrl-C, a polite kill, a terminal that was closed: the first of them. From here to `dispose` none of them ends the
 * process: Ctrl-C under npm may come twice, and the second must not cut the tidying short.
 */
export function awaitSignal(): { readonly received: Promise<StopSignal>; dispose(): void } {
  let resolve: (signal: StopSignal) => void = () => {};
  const received = new Promise<StopSignal>((done) => {
    resolve = done;
  });
  for (const signal of SIGNALS) process.on(signal, resolve);
  return {
    received,
    dispose: () => {
      for (const signal of SIGNALS) process.off(signal, resolve);
    },
  };
}
