import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UserError } from "../model/problem.ts";
import { reference } from "../read/registry/reference.ts";
import { registrySchema } from "../read/registry/schema.ts";
import { ifThere } from "../system/if-there.ts";
import { replaceFile } from "../system/replace.ts";

/** Gatehouse's own files, whatever repository is acted on. */
const FILES: readonly (readonly [path: string, make: () => string])[] = [
  ["scripts/clients.schema.json", registrySchema],
  ["docs/clients-yaml.md", reference],
];

/**
 * Brings the JSON schema of clients.yaml and its reference page up to date; with `check` it throws UserError instead of
 * writing. Returns what was done, a line each.
 */
export function updateSchema(check: boolean): string {
  return FILES.map(([path, make]) => update(path, make(), check)).join("\n");
}

function update(path: string, text: string, check: boolean): string {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  if (ifThere(file, () => readFileSync(file, "utf8")) === text) return `${path} is up to date`;
  if (check) throw new UserError(`${path} is stale`, "npm run schema");
  replaceFile(file, text);
  return `wrote ${path}`;
}
