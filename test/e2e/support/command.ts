import { vi } from "vitest";
import type { Host } from "../../../scripts/cli/run.ts";
import { type Command, environment, type Ran, scriptOf } from "./repository.ts";

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

/**
 * `npm run COMMAND -- ARGV` without a process of its own: a tenth of its time. The same file, flags, output and exit
 * code. Where the process itself is what is tested (signals, other variables, two at once), see runProgram.
 */
export async function runHere(command: Command, argv: readonly string[]): Promise<Ran> {
  const run = await load(command);
  const said = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof said) => ({
    write: (text: string) => {
      said[name] += text;
    },
  });
  const streams = { stdin: {}, stdout: stream("stdout"), stderr: stream("stderr") };
  const code = await run({ argv, env: environment(), directory: process.cwd(), ...streams });
  return { code, signal: null, ...said };
}
