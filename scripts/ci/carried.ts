/**
 * Says on merged changes where main carried out something else than their comment had. For CI, after reconcile.
 *
 *   node scripts/ci/carried.ts FORGE [--log URL]
 *
 * FORGE: github, forgejo, gitlab. Which changes: those that the forge says the commits since the last reconcile came
 * by. Exits 1 where the forge cannot be asked.
 */
import { parseArgs } from "node:util";
import { renderFailure } from "../cli/failure.ts";
import { PLAIN } from "../render/style.ts";
import { Forge } from "./forges.ts";
import { tell } from "./tell.ts";

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { log: { type: "string" } } });
  const forge = new Forge(positionals[0] ?? "", process.env);
  await tell({ root: process.cwd(), forge, log: values.log ?? null, say: console.log });
} catch (error) {
  process.stderr.write(renderFailure(error, PLAIN));
  process.exitCode = 1;
}
