import { parentPort, workerData } from "node:worker_threads";
import type { WorkerInput } from "./read.ts";
import { checkRegistry } from "./registry.ts";

const { bytes, now, requests, signing }: WorkerInput = workerData;
parentPort?.postMessage(
  checkRegistry(bytes, {
    now,
    hasRequest: (name) => requests.has(name),
    hasSigning: (file) => signing.has(file),
  }),
);
