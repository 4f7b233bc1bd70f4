import { readFile, writeFile } from "node:fs/promises";
import { runCommand } from "./cli/run.ts";
import { UserError } from "./model/problem.ts";
import { registrySchema } from "./read/registry/schema.ts";

/** The schema is Gatehouse's own, so it stands beside this script, whatever repository is acted on. */
const FILE = new URL("./clients.schema.json", import.meta.url);

const flags = {
  check: { type: "boolean", description: "write nothing; exit 1 when the file is not what would be written" },
} as const;

await runCommand(
  { name: "schema", summary: "scripts/clients.schema.json, from the definitions in scripts/read/registry/", flags, secrets: "none" },
  async ({ flags: { check }, say }) => {
    const schema = registrySchema();
    const current = await readFile(FILE, "utf8").catch(() => null);
    if (current === schema) return say("scripts/clients.schema.json is up to date");
    if (check) throw new UserError("scripts/clients.schema.json is stale", "npm run schema");
    await writeFile(FILE, schema);
    say("wrote scripts/clients.schema.json");
  },
);
