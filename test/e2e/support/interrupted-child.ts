/** ROOT NOW DIRECTORY: reconciles ROOT, and copies it to DIRECTORY/N/work before the Nth file operation. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { observeOperations } from "../../../scripts/system/fault.ts";
import { reconcileHere } from "./in-process.ts";

const [root = "", now = "", directory = ""] = process.argv.slice(2);
const options = { recursive: true, verbatimSymlinks: true, preserveTimestamps: true } as const;
let count = 0;
observeOperations(() => {
  count += 1;
  cpSync(root, join(directory, String(count), "work"), options);
});
await reconcileHere({ root }, now);
