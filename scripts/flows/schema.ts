import { readFile, writeFile } from "node:fs/promises";
import { UserError } from "../model/problem.ts";
import { reference } from "../read/registry/reference.ts";
import { registrySchema } from "../read/registry/schema.ts";

/** Gatehouse's own files, whatever repository is acted on. */
const FILES: readonly (readonly [path: string, make: () => string])[] = [
  ["scripts/clients.schema.json", registrySchema],
  ["docs/clients-yaml.md", reference],
];

/**
 * Brings the JSON schema of clients.yaml and its reference page up to date; with `check` it throws UserError instead of
 * writing. Returns what was done, a line each.
 */
export async function updateSchema(check: boolean): Promise<string> {
  const lines = await Promise.all(FILES.map(([path, make]) => update(path, make(), check)));
  return lines.join("\n");
}

async function update(path: string, text: string, check: boolean): Promise<string> {
  const file = new URL(`../../${path}`, import.meta.url);
  const current = await readFile(file, "utf8").catch(() => null);
  if (current === text) return `${path} is up to date`;
  if (check) throw new UserError(`${path} is stale`, "npm run schema");
  await writeFile(file, text);
  return `wrote ${path}`;
}
