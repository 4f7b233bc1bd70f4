import { tar } from "../clients/tar.ts";
import { type SshTarget, sshTarget } from "../model/ssh-target.ts";
import { type ProgramResult, runProgram } from "../system/programs.ts";
import { outcomeOf, parseAnswer } from "./answer.ts";
import { PATIENCE } from "./local.ts";
import { explainSsh } from "./ssh-trouble.ts";
import type { Transport } from "./transport.ts";

/**
 * Never asks, trusts no host key that is not known, gives the server nothing of ours to use, and notices within a
 * minute that the server is gone.
 */
const OPTIONS = [
  "BatchMode=yes",
  "StrictHostKeyChecking=yes",
  "ConnectTimeout=15",
  "ServerAliveInterval=15",
  "ServerAliveCountMax=4",
  "ClearAllForwardings=yes",
  "ForwardAgent=no",
  "RequestTTY=no",
];

/**
 * The arguments of ssh: a word that the forced command on the server understands, and nothing else of ours.
 * @param configuration a file for `ssh -F`, or null for the user's own
 */
export function sshArguments({ user, host, port }: SshTarget, word: string, configuration: string | null): string[] {
  return [
    ...(configuration === null ? [] : ["-F", configuration]),
    ...OPTIONS.flatMap((option) => ["-o", option]),
    ...(port === null ? [] : ["-p", String(port)]),
    ...(user === null ? [] : ["-l", user]),
    "--",
    host,
    word,
  ];
}

/** The server's `receive` gets a word and, for install and check, the release as a tar archive on standard input. */
export const sshTransport: Transport<"ssh"> = async ({ host }, task, { name }) => {
  const target = sshTarget(host);
  const configuration = process.env["GATEHOUSE_SSH_CONFIG"] ?? "";
  const args = sshArguments(target, task.word, configuration === "" ? null : configuration);
  const input = task.release === null ? "" : tar(task.release.files, task.release.time);
  const result: ProgramResult = await runProgram("ssh", args, { input, timeout: PATIENCE });
  const { stdout, stderr: narration } = result;
  const answer = parseAnswer(stdout);
  if (answer !== null) return { ...outcomeOf(name, task, answer), narration };
  const { state, message } = explainSsh(result, target, PATIENCE);
  return { name, release: null, state, message, narration };
};
