import { parentPort, workerData } from "node:worker_threads";
import { contextOf, type WorkerInput } from "./read.ts";
import { checkRegistry } from "./registry.ts";

const input: WorkerInput = workerData;
parentPort?.postMessage(checkRegistry(input.bytes, contextOf(input)));
