import { readFileSync } from "node:fs";
import { readRegistry } from "../../../scripts/read/registry.ts";

/**
 * Reads the file named on the command line as clients.yaml, and prints what that cost the whole process. Processor
 * time of all its threads: unlike the time on the wall, it says much the same on a busy machine.
 */
const bytes = readFileSync(process.argv[2] ?? "");
const none = new Set<string>();
const start = process.cpuUsage();
const result = await readRegistry(bytes, { now: 1_795_000_000, requests: none, signing: none });
const { user, system } = process.cpuUsage(start);
const seconds = (user + system) / 1e6;
const megabytes = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ seconds, megabytes, problems: result.problems?.length ?? 0 }));
