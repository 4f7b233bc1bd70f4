/**
 * Names of the servers that CI ships to, with commas between: those of the registry as carried out that say how to get
 * there, on standard error why each of the others is left out. `deploy: { to: local }` means the machine that runs
 * deploy, which in CI is a runner and no server; with CI_DEPLOY_LOCAL=yes it is one, and those are named too that
 * clients.yaml says this of itself. Where it says nothing, that is the default, and meant for a person at a server.
 */
import { renderFailure } from "../cli/failure.ts";
import { ciOutput } from "../cli/output.ts";
import { loadWorkingTree } from "../flows/load.ts";
import { printable } from "../model/printable.ts";
import { saysHow } from "../model/registry.ts";
import { now } from "../system/clock.ts";
import { leftOut } from "../views/deploy-text.ts";
import { PLAIN } from "../views/style.ts";

const { out, say } = ciOutput;

try {
  const { state } = await loadWorkingTree(process.cwd(), now());
  const servers = [...(state.carriedOut?.registry.servers ?? [])];
  const local = process.env["CI_DEPLOY_LOCAL"] === "yes";
  const chosen = servers.filter(([, { deploy }]) => saysHow(deploy) && (local || deploy.to !== "local"));
  for (const [name, { deploy }] of servers) {
    if (!saysHow(deploy)) say(printable(leftOut(name)));
    else if (deploy.to === "local" && !local)
      say(printable(`${name}: not deployed: it is local, and this is a runner. If it is not: CI_DEPLOY_LOCAL=yes`));
  }
  out(chosen.map(([name]) => name).join(","));
} catch (error) {
  say(renderFailure(error, PLAIN));
  process.exitCode = 1;
}
