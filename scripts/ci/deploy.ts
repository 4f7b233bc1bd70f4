/**
 * Ships what is on main to every server that says how to get there: sh scripts/ci/run.sh deploy
 *
 * GATEHOUSE_KEY        git-crypt's key, base64, for the servers' keys
 * CI_SSH_KEY           the deploy key, for servers with `deploy: { to: ssh }`
 * CI_SSH_KNOWN_HOSTS   their host keys, as in a known_hosts file; others are refused
 * CI_DEPLOY_LOCAL=yes  this runner is itself a server for which clients.yaml says `deploy: { to: local }`
 * CI_BOT_*, CI_SIGNING_KEY, CI_PUSH_*: see bot.ts; for servers with `deploy: { to: pull }`
 */
import { join } from "node:path";
import { ciOutput } from "../cli/output.ts";
import { UserError } from "../model/problem.ts";
import { asBot, codeOf, job, listening, onMain, secretFile, take, withDirectory } from "./jobs.ts";

await job(($) =>
  withDirectory(async (directory) => {
    asBot(directory);
    const [key, hosts] = [take("CI_SSH_KEY"), take("CI_SSH_KNOWN_HOSTS")];
    if (!(await onMain())) throw new UserError("what is here is not on main: nothing is deployed");
    if (key !== undefined) process.env["GATEHOUSE_SSH_CONFIG"] = sshConfig(directory, key, hosts ?? "");
    const found = await listening($)`node scripts/ci/targets.ts`;
    if (codeOf(found) !== 0) return 1;
    const servers = found.stdout.trim();
    if (servers !== "") return codeOf(await $`npm run -s deploy -- --only ${servers}`);
    ciOutput.out("No server says how to get there (deploy in clients.yaml): nothing to ship.");
    return 0;
  }),
);

/** For this deploy and nothing else: ~/.ssh is neither read nor written. */
function sshConfig(directory: string, key: string, hosts: string): string {
  secretFile(directory, "key", key);
  secretFile(directory, "known_hosts", hosts);
  const lines = [
    "IdentitiesOnly yes",
    `IdentityFile ${join(directory, "key")}`,
    `UserKnownHostsFile ${join(directory, "known_hosts")}`,
    "GlobalKnownHostsFile none",
  ];
  return secretFile(directory, "ssh_config", lines.join("\n"));
}
