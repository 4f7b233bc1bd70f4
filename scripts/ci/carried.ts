/**
 * Says on merged changes where main carried out something else than their comment had. For CI, after reconcile.
 *
 *   node scripts/ci/carried.ts FORGE
 *
 * FORGE: github, forgejo, gitlab. Which changes: those that the forge says the commits since the last reconcile came
 * by. Exits 1 where the forge cannot be asked.
 */
import { renderFailure } from "../cli/failure.ts";
import { ciOutput } from "../cli/output.ts";
import { PLAIN } from "../views/style.ts";
import { Forge } from "./forges.ts";
import { tell } from "./tell.ts";

const { out, say } = ciOutput;

try {
  const forge = new Forge(process.argv[2] ?? "", process.env);
  await tell({ root: process.cwd(), forge, say: out });
} catch (error) {
  say(renderFailure(error, PLAIN));
  process.exitCode = 1;
}
