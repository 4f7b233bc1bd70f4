import { vi } from "vitest";
import type { Host } from "../../../scripts/cli/run.ts";
import { type Command, environment, type Ran, scriptOf, type Variables } from "./repository.ts";

type Run = (host: Host) => Promise<number>;

/** Commands by name, once they were loaded. */
const loaded = new Map<string, Run>();

/**
 * A command's file ends with runCommand, which gives it this process and its exit code. In its place it is kept here.
 * To be said before each load: at the end of a test file all of these are forgotten, but not what was loaded.
 */
function keepWhatRuns(): void {
  vi.doMock(import("../../../scripts/cli/run.ts"), async (original) => {
    const real = await original();
    return {
      ...real,
      runCommand: async (spec, main) => {
        loaded.set(spec.name, (host) => real.execute(spec, main, host));
      },
    };
  });
}

async function load(command: Command): Promise<Run> {
  if (!loaded.has(command)) {
    keepWhatRuns();
    await import(scriptOf(command));
  }
  const run = loaded.get(command);
  if (run === undefined) throw new Error(`scripts/${command}.ts runs no command of that name`);
  return run;
}

/** Of the runs at this moment: those that share this process's variables, and the end of the last one that changed them. */
const sharing = new Set<Promise<unknown>>();
let changed: Promise<unknown> = Promise.resolve();

/** With these variables in this process; nothing else runs here meanwhile. */
async function withVariables<T>(extra: Variables, work: () => Promise<T>): Promise<T> {
  const turn = changed;
  const { promise, resolve } = Promise.withResolvers<void>();
  changed = promise;
  await turn;
  await Promise.allSettled(sharing);
  const before = Object.keys(extra).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, extra);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    resolve();
  }
}

/** Beside others, but not beside one that has variables of its own. */
async function beside<T>(work: () => Promise<T>): Promise<T> {
  for (let seen = null as unknown; seen !== changed; ) {
    seen = changed;
    await seen;
  }
  const run = work();
  sharing.add(run);
  try {
    return await run;
  } finally {
    sharing.delete(run);
  }
}

/**
 * `npm run COMMAND -- ARGV` without a process of its own: a tenth of its time. The same file, flags, output and exit
 * code. Where the process itself is what is tested (signals, two at once), see runProgram.
 */
export async function runHere(command: Command, argv: readonly string[], extra: Variables = {}): Promise<Ran> {
  const run = () => execute(command, argv, environment(extra));
  return Object.keys(extra).length === 0 ? beside(run) : withVariables(extra, run);
}

async function execute(command: Command, argv: readonly string[], env: Variables): Promise<Ran> {
  const run = await load(command);
  const said = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof said) => ({
    write: (text: string) => {
      said[name] += text;
    },
  });
  const streams = { stdin: {}, stdout: stream("stdout"), stderr: stream("stderr") };
  const code = await run({ argv, env, directory: process.cwd(), ...streams });
  return { code, signal: null, ...said };
}
