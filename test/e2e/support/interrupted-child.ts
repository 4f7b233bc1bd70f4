/** ROOT NOW DIRECTORY: reconciles ROOT, and copies it to DIRECTORY/N/work before the Nth file operation. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { reconcile } from "../../../scripts/flows/reconcile.ts";
import { parseInstant } from "../../../scripts/model/time.ts";
import { observeOperations } from "../../../scripts/system/operation.ts";

const [root = "", now = "", directory = ""] = process.argv.slice(2);
const copying = { recursive: true, verbatimSymlinks: true, preserveTimestamps: true } as const;
let count = 0;
observeOperations(() => {
  count += 1;
  cpSync(root, join(directory, String(count), "work"), copying);
});
const quiet = { show: () => {}, progress: () => ({ tick: () => {}, done: () => {} }) };
const options = { root, now: parseInstant(now) ?? 0, checkClock: false, allowLosses: null, digest: null };
await reconcile({ ...options, ...quiet });
