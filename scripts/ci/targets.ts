/**
 * Names of the servers that CI ships to, with commas between: those of the registry as carried out that say how to get there.
 * `deploy: { to: local }`, the default, means the machine that runs deploy, which in CI is a runner and no server;
 * with CI_DEPLOY_LOCAL=yes it is one, and those are named too.
 */
import { renderFailure } from "../cli/failure.ts";
import { ciOutput } from "../cli/output.ts";
import { loadWorkingTree } from "../flows/load.ts";
import { PLAIN } from "../render/style.ts";
import { now } from "../system/clock.ts";

const { out, say } = ciOutput;

try {
  const { state } = await loadWorkingTree(process.cwd(), now());
  const servers = [...(state.carriedOut?.registry.servers ?? [])];
  const local = process.env["CI_DEPLOY_LOCAL"] === "yes";
  const chosen = servers.filter(([, { deploy }]) => local || deploy.to !== "local");
  out(chosen.map(([name]) => name).join(","));
} catch (error) {
  say(renderFailure(error, PLAIN));
  process.exitCode = 1;
}
