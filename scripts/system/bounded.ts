import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { childEnvironment } from "./programs.ts";

/** What somebody else's program may take of us. */
export interface Bounds {
  readonly seconds: number;
  /** Of its standard output. */
  readonly bytes: number;
  /** Ends it before. */
  readonly signal?: AbortSignal;
}

export type Outcome =
  | { readonly how: "ended"; readonly code: number | null; readonly stdout: Buffer; readonly stderr: string }
  | { readonly how: "not started"; readonly why: string }
  | { readonly how: "too slow" | "too much" | "stopped" };

/** Kept of its standard error, in bytes: the rest is read and forgotten. */
const MOST_STDERR = 4096;

/**
 * Runs a program on bytes, whatever it does: one that says too much or takes too long is ended, and not waited for.
 * Its environment is ours without GATEHOUSE_*, its terminal ours: it may ask a person for its own secret there.
 */
export function runBounded(file: string, args: readonly string[], input: Buffer, bounds: Bounds): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env: childEnvironment(), stdio: ["pipe", "pipe", "pipe"] });
    const settle = (outcome: Outcome) => {
      clearTimeout(timer);
      bounds.signal?.removeEventListener("abort", stopped);
      if (outcome.how !== "ended") end(child);
      resolve(outcome);
    };
    const stopped = () => settle({ how: "stopped" });
    const timer = setTimeout(() => settle({ how: "too slow" }), bounds.seconds * 1000);
    const stdout = collect(child.stdout, bounds.bytes, () => settle({ how: "too much" }));
    const stderr = collect(child.stderr, MOST_STDERR, () => {});
    child.once("error", (error: NodeJS.ErrnoException) => settle({ how: "not started", why: error.code ?? "unknown" }));
    child.once("close", (code) =>
      settle({ how: "ended", code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString("utf8") }),
    );
    // One that ends before it has read everything says why by itself.
    child.stdin.on("error", () => {}).end(input);
    if (bounds.signal?.aborted === true) stopped();
    bounds.signal?.addEventListener("abort", stopped);
  });
}

/** What a stream says, up to so many bytes; `full` is called at the first one beyond. */
function collect(stream: Readable, most: number, full: () => void): Buffer[] {
  const parts: Buffer[] = [];
  let size = 0;
  stream.on("data", (part: Buffer) => {
    if (size < most) parts.push(part.subarray(0, most - size));
    size += part.length;
    if (size > most) full();
  });
  return parts;
}

/** Its own children may hold its ends open, and would keep us waiting. */
function end(child: ChildProcessByStdio<Writable, Readable, Readable>): void {
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  child.kill("SIGTERM");
  setTimeout(() => child.kill("SIGKILL"), 2000).unref();
  child.unref();
}
