import { writeSync } from "node:fs";
import { resolve } from "node:path";
import type { Instant } from "../model/time.ts";
import { findRoot } from "../system/checkout.ts";
import { now } from "../system/clock.ts";
import type { Style } from "../views/style.ts";
import { renderFailure } from "./failure.ts";
import { forLog, lines, type Output, styleFor } from "./output.ts";
import { parseArguments } from "./parse.ts";
import { type Progress, type ProgressLine, progressLine } from "./progress.ts";
import { type CommandSpec, type Flags, type FlagTable, renderUsage } from "./spec.ts";
import { type Environment, refuseSwallowed } from "./swallowed.ts";

/** What a command is given: its flags, and its only ways to the person who called it. */
interface Context<T extends FlagTable = FlagTable> {
  readonly flags: Flags<T>;
  readonly positionals: readonly string[];
  readonly json: boolean;
  /** Absolute path of the repository to act on. */
  readonly root: string;
  readonly now: Instant;
  /** True for a simulation with --now: the clock checks are off. */
  readonly nowGiven: boolean;
  /** The result, on stdout; a final line feed is added where it is missing. */
  out(text: string): void;
  /** What is going on, on stderr; likewise. */
  say(text: string): void;
  /** A line that the forge's runner is to obey, as it is. Everything else is written so that it obeys nothing. */
  obey(line: string, on: "stdout" | "stderr"): void;
  readonly style: { readonly out: Style; readonly err: Style };
  /** Columns to lay stdout out for: the terminal's, 80 where there is none. */
  readonly width: number;
  /** stdout is a terminal: long lists may be cut short. */
  readonly terminal: boolean;
  /** A person can be asked: stdin and stderr are terminals. */
  readonly interactive: boolean;
  progress(label: string, total?: number): Progress;
}

/** Returns the exit code; nothing is 0. */
// biome-ignore lint/suspicious/noConfusingVoidType: a command that only does its work returns nothing.
export type Main<T extends FlagTable> = (context: Context<T>) => Promise<number | void>;

/** The process around a command; tests bring their own. */
export interface Host {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly directory: string;
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
}

/**
 * Runs a command and sets the process's exit code: what `main` returns (nothing: 0), or 1 when it throws.
 * The only thing that a file scripts/NAME.ts does.
 */
export async function runCommand<const T extends FlagTable>(spec: CommandSpec<T>, main: Main<T>): Promise<void> {
  // A reader that goes away (`| head`) is no failure, and no reason to stop halfway through the work.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreBrokenPipe);
  if (spec.stopsItself !== true) process.on("SIGINT", () => process.exit(130));
  // Node's own words for it would have a message's lines as they are.
  process.on("uncaughtException", (error) => {
    forLog(process.stderr, process.env).write(renderFailure(error, styleFor(process.stderr, process.env)));
    process.exit(1);
  });
  const { env, stdin, stdout, stderr } = process;
  const host = { argv: process.argv.slice(2), env, directory: process.cwd(), stdin, stdout, stderr };
  process.exitCode = await execute(spec, main, host);
}

/** The same in a given surrounding; returns the exit code and never throws. */
export async function execute<const T extends FlagTable>(
  spec: CommandSpec<T>,
  main: Main<T>,
  host: Host,
): Promise<number> {
  const { env } = host;
  const stdout = forLog(host.stdout, env);
  const stderr = forLog(host.stderr, env);
  const line = progressLine(stderr);
  try {
    refuseSwallowed(spec, host.env, host.argv);
    const { flags, common, positionals } = parseArguments(spec, host.argv);
    if (common.help) {
      stdout.write(renderUsage(spec));
      return 0;
    }
    const root = common.root === null ? findRoot(host.directory) : resolve(host.directory, common.root);
    const time = { now: common.now ?? now(), nowGiven: common.now !== null };
    const obey = (text: string, on: "stdout" | "stderr") => lines(host[on])(text);
    const speech = voice({ ...host, stdout, stderr }, line);
    const code = await main({ flags, positionals, json: common.json, root, ...time, ...speech, obey });
    return typeof code === "number" ? code : 0;
  } catch (error) {
    line.clear();
    stderr.write(renderFailure(error, styleFor(stderr, env)));
    return 1;
  }
}

function voice(host: Host, line: ProgressLine) {
  const { stdin, stdout, stderr, env } = host;
  const writer = (stream: Output) => (text: string) => {
    line.clear();
    lines(stream)(text);
  };
  return {
    out: writer(stdout),
    say: writer(stderr),
    style: { out: styleFor(stdout, env), err: styleFor(stderr, env) },
    width: stdout.isTTY === true ? Math.max(40, stdout.columns || 80) : 80,
    terminal: stdout.isTTY === true,
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    progress: line.start,
  };
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  writeSync(process.stderr.fd, `gatehouse: the output cannot be written: ${error.code ?? error.message}\n`);
  process.exit(1);
}
