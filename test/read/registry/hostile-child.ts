import { readFileSync } from "node:fs";
import { readRegistry } from "../../../scripts/read/registry.ts";

/** Reads the file named on the command line as clients.yaml, and prints what that cost the whole process. */
const bytes = readFileSync(process.argv[2] ?? "");
const none = new Set<string>();
const start = performance.now();
const result = await readRegistry(bytes, { now: 1_795_000_000, requests: none, signing: none });
const milliseconds = performance.now() - start;
const megabytes = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ milliseconds, megabytes, problems: result.problems?.length ?? 0 }));
