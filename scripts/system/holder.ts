import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Instant } from "../model/time.ts";
import { childEnvironment } from "./programs.ts";

/**
 * Who holds a lock. A process id alone is not enough: it is given out again, after a reboot at the latest, so
 * boot and start time stand beside it. `boot`, `space` (pid namespace) and `started` are opaque and may be empty.
 */
export interface Holder {
  readonly what: string;
  readonly pid: number;
  readonly since: Instant;
  readonly host: string;
  readonly boot: string;
  readonly space: string;
  readonly started: string;
}

export function self(what: string, since: Instant): Holder {
  const { pid } = process;
  return { what, pid, since, host: hostname(), boot: bootId(), space: pidSpace(), started: startTime(pid) ?? "" };
}

/** Whether the holder may still be at work; true where that cannot be told from here (another host or container). */
export function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true;
  if (holder.boot !== bootId()) return false;
  if (holder.space !== pidSpace()) return true;
  const started = startTime(holder.pid);
  // Where not even this process is to be seen, as without /proc, none can be told dead.
  return started === null ? startTime(process.pid) === null : started === holder.started;
}

function bootId(): string {
  if (process.platform === "linux") return text("/proc/sys/kernel/random/boot_id");
  // FreeBSD and macOS: `{ sec = 1795262400, usec = 0 } Sat Nov …`
  return /sec = (\d+)/.exec(ask("sysctl", ["-n", "kern.boottime"]))?.[1] ?? "";
}

/** Containers on one kernel count process ids separately. */
function pidSpace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** When the process was started, in the system's own notation; null when there is no such process. */
function startTime(pid: number): string | null {
  if (process.platform !== "linux") {
    const started = ask("ps", ["-o", "lstart=", "-p", String(pid)]);
    return started === "" ? null : started;
  }
  const stat = text(`/proc/${pid}/stat`);
  if (stat === "") return null;
  // Field 22 (proc(5)); the name in field 2 may hold spaces and parentheses, so count from its end. A zombie is dead.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? "");
}

function text(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}

function ask(program: string, args: readonly string[]): string {
  try {
    const env = childEnvironment({ LC_ALL: "C" });
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], env }).trim();
  } catch {
    return "";
  }
}
