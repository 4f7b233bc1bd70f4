/**
 * Says on merged changes where main carried out something else than their comment had. For CI, after reconcile.
 *
 *   sh scripts/ci/run.sh carried FORGE
 *
 * CI_COMMENT_TOKEN may read pull requests and write comments. FORGE: github, forgejo, gitlab.
 * Which changes: those that the forge says the commits since the last reconcile came by. Exits 1 where the forge cannot be asked.
 */
import { ciOutput } from "../cli/output.ts";
import { Forge } from "./forges.ts";
import { job, onMain } from "./jobs.ts";
import { tell } from "./tell.ts";

await job(async () => {
  if (await onMain())
    await tell({ root: process.cwd(), forge: new Forge(process.argv[2] ?? "", process.env), say: ciOutput.out });
  else ciOutput.out("what is here is not on main: nothing was carried out, nothing to tell");
  return 0;
});
