import { readFile, writeFile } from "node:fs/promises";
import { UserError } from "../model/problem.ts";
import { registrySchema } from "../read/registry/schema.ts";

/** The schema is Gatehouse's own, so it stands beside the scripts, whatever repository is acted on. */
const FILE = new URL("../clients.schema.json", import.meta.url);

/**
 * Brings scripts/clients.schema.json up to date; with `check` it throws UserError instead of writing. Returns what was
 * done, as a sentence.
 */
export async function updateSchema(check: boolean): Promise<string> {
  const schema = registrySchema();
  const current = await readFile(FILE, "utf8").catch(() => null);
  if (current === schema) return "scripts/clients.schema.json is up to date";
  if (check) throw new UserError("scripts/clients.schema.json is stale", "npm run schema");
  await writeFile(FILE, schema);
  return "wrote scripts/clients.schema.json";
}
