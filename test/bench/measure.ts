import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../../scripts/system/programs.ts";

/** One run of a program. Seconds; bytes become MB (10^6). */
export interface Measured {
  readonly seconds: number;
  readonly cpu: number | null;
  readonly peak: number | null;
  readonly stdout: string;
}

const SCRIPTS = fileURLToPath(new URL("../../scripts/", import.meta.url));
/** As package.json says: compiled once, in the run that does not count. */
const COMPILED = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));
const PEAK = fileURLToPath(new URL("./peak.ts", import.meta.url));

/** Times one of our scripts, as npm run would start it. Throws with its words when it exits with anything but 0. */
export function runScript(name: string, ...args: readonly string[]): Promise<Measured> {
  return runModule(`${SCRIPTS}${name}.ts`, ...args);
}

/** The same for any file of TypeScript. */
export function runModule(file: string, ...args: readonly string[]): Promise<Measured> {
  return run(process.execPath, ["--import", PEAK, file, ...args]);
}

/** Times any other program, of which only the time is known. */
export function runPeer(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return run(program, args, environment);
}

async function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  const start = performance.now();
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: childEnvironment({ LC_ALL: "C", NO_COLOR: "1", NODE_COMPILE_CACHE: COMPILED, ...environment }),
  });
  const ended = new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  const [stdout, stderr, report, code] = await Promise.all([
    text(readable(child.stdout)),
    text(readable(child.stderr)),
    text(readable(child.stdio[3])),
    ended,
  ]);
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${[program, ...args].join(" ")} exits ${code}: ${(stdout + stderr).slice(0, 2000)}`);
  return { seconds, stdout, ...parseReport(report) };
}

function readable(stream: unknown): Readable {
  if (stream instanceof Readable) return stream;
  throw new Error("a pipe without a reading end");
}

function parseReport(report: string): { readonly cpu: number | null; readonly peak: number | null } {
  if (report === "") return { cpu: null, peak: null };
  const parsed: unknown = JSON.parse(report);
  const field = (name: string): number => {
    const value = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, name) : null;
    return typeof value === "number" ? value : Number.NaN;
  };
  return { cpu: field("cpu"), peak: field("peak") / 1e6 };
}

/** The middle one by time, after one run that warms the caches and does not count. */
export async function middleOf(runs: number, measure: () => Promise<Measured>): Promise<Measured> {
  await measure();
  const all: Measured[] = [];
  for (let count = 0; count < runs; count += 1) all.push(await measure());
  return median(all, ({ seconds }) => seconds);
}

/** The middle one, or the greater of the two in the middle. */
export function median<T>(items: readonly T[], by: (item: T) => number): T {
  const middle = items.toSorted((a, b) => by(a) - by(b))[Math.floor(items.length / 2)];
  if (middle === undefined) throw new Error("no median of nothing");
  return middle;
}
