import { Worker } from "node:worker_threads";
import { REGISTRY_FILE } from "../../model/layout.ts";
import type { Instant } from "../../model/time.ts";
import { checkTree } from "./check.ts";
import { decode } from "./decode.ts";
import { checkRegistry, type RegistryContext, type RegistryResult } from "./registry.ts";
import { Report } from "./report.ts";
import { readSimple } from "./simple.ts";

/** RegistryContext with sets, which can go to another thread. */
export interface RegistrySets {
  readonly now: Instant;
  /** Names that have pki/reqs/NAME.req. */
  readonly requests: ReadonlySet<string>;
  /** What may be meant for a request that is not there: see RegistryContext. */
  readonly strays?: ReadonlyMap<string, string> | undefined;
  /** Files there are, named as in the registry: `pki/signing/FILE`. */
  readonly signing: ReadonlySet<string>;
  /** What is wrong with such a file, by `TYPE FILE`. */
  readonly unfit?: ReadonlyMap<string, string>;
}

/** Below this, the complete parser is done before a thread would have started (some 40 ms). */
const SMALL_BYTES = 16 * 1024;
/** From the call on; what goes before and after it in a command must fit into 3 s too. */
const TIME_LIMIT_MS = 2_200;
/**
 * Of processor time, all threads together: on a busy machine time goes by in which nothing was read, and a file that is
 * read in a second elsewhere must not be refused there. A thread that only hangs ends later.
 */
const WORK_LIMIT_MS = 2_000;
const HANGS_MS = 60_000;
const LOOK_EVERY_MS = 100;
const HEAP_LIMIT_MB = 320;

export type WorkerInput = RegistrySets & { readonly bytes: Uint8Array };

/**
 * checkRegistry for a file that may be hostile: at most 3 s and 700 MB. Plainly written files are read at once;
 * what needs the complete YAML parser goes to a thread that can be stopped, and the caller reads on meanwhile.
 */
export async function readRegistry(bytes: Uint8Array, sets: RegistrySets): Promise<RegistryResult> {
  const context = contextOf(sets);
  if (bytes.length <= SMALL_BYTES) return checkRegistry(bytes, context);
  const started = performance.now();
  const report = new Report();
  const { text, places } = decode(bytes, report);
  const tree = text === null ? null : readSimple(text);
  if (text !== null && tree === null)
    return inThread({ ...sets, bytes }, TIME_LIMIT_MS - (performance.now() - started));
  return tree === null ? { ok: false, problems: report.problems(places) } : checkTree(tree, report, places, context);
}

export function contextOf({ now, requests, strays, signing, unfit = new Map() }: RegistrySets): RegistryContext {
  return {
    now,
    hasRequest: (name) => requests.has(name),
    strays,
    hasSigning: (file) => signing.has(file),
    signingProblem: (file, type) => unfit.get(`${type} ${file}`) ?? null,
  };
}

/** Calls `stop` once both limits are passed, until the function that it returns is called. */
function watch(milliseconds: number, stop: () => void): () => void {
  const [started, before] = [performance.now(), process.cpuUsage()];
  const timer = setInterval(() => {
    const passed = performance.now() - started;
    const { user, system } = process.cpuUsage(before);
    if (passed >= HANGS_MS || (passed >= milliseconds && (user + system) / 1000 >= WORK_LIMIT_MS)) stop();
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

function inThread(input: WorkerInput, milliseconds: number): Promise<RegistryResult> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: input,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
  });
  return new Promise((resolve, reject) => {
    const settle = (result: RegistryResult) => {
      end();
      resolve(result);
      void worker.terminate();
    };
    const end = watch(milliseconds, () => settle(tooExpensive("takes too long to read")));
    worker.once("message", settle);
    worker.once("error", (error: Error & { readonly code?: string }) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") return settle(tooExpensive("takes too much memory to read"));
      end();
      reject(error);
    });
  });
}

function tooExpensive(how: string): RegistryResult {
  const message = `the file ${how}`;
  const hint = "write it without aliases and deep nesting, one line a client";
  return { ok: false, problems: [{ file: REGISTRY_FILE, line: 1, column: 1, message, hint }] };
}
