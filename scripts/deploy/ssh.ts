import { tar } from "../clients/tar.ts";
import { type SshTarget, sshTarget } from "../model/registry.ts";
import type { Outcome } from "../model/release.ts";
import { type ProgramResult, runProgram } from "../system/programs.ts";
import { outcomeOf, parseAnswer } from "./answer.ts";
import { PATIENCE } from "./local.ts";
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

type Trouble = Pick<Outcome, "state" | "message">;

/** ssh's own words, and what a person does about them. First hit wins. */
const KNOWN: readonly { readonly said: RegExp; readonly means: (place: string, scan: string) => string }[] = [
  {
    said: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for \S+ has changed/i,
    means: (place, scan) =>
      `${place} shows another host key than the known one: somebody may stand in between. If the server was set up anew, compare with its console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then replace the line in known_hosts: ${scan}`,
  },
  {
    said: /Host key verification failed|No \S+ host key is known/i,
    means: (place, scan) =>
      `the host key of ${place} is not known here; compare what ${scan} prints with the server's console, then add it to known_hosts`,
  },
  {
    said: /Permission denied|Too many authentication failures/i,
    means: (place) =>
      `${place} does not take our key; its line in authorized_keys there is: restrict,command="…/receive" KEY (docs/deploy.md)`,
  },
  {
    said: /Bad configuration option|Can't open user config file|terminating, \d+ bad/i,
    means: () => "ssh cannot read its configuration; look at it, and at GATEHOUSE_SSH_CONFIG",
  },
];

/** Seconds of network trouble that ssh tells of itself. */
const NETWORK =
  /Could not resolve hostname|Connection (?:refused|timed out|closed|reset)|No route to host|Network is unreachable|Operation timed out|not responding|Broken pipe|kex_exchange_identification|banner exchange/i;

const SSH_ITSELF = 255;

/** Why there was no answer of `receive`. */
export function explainSsh(result: ProgramResult, target: SshTarget, patience: number): Trouble {
  const { exitCode, stdout, stderr, timedOut } = result;
  const place = target.port === null ? target.host : `${target.host}:${target.port}`;
  if (timedOut) {
    return {
      state: "unreachable",
      message: `${place} did not answer within ${patience} seconds; what it serves is not known`,
    };
  }
  if (exitCode === SSH_ITSELF) {
    const scan = `ssh-keyscan ${target.port === null ? "" : `-p ${target.port} `}${target.host}`;
    const known = KNOWN.find(({ said }) => said.test(stderr));
    if (known) return { state: "unreachable", message: known.means(place, scan) };
    if (NETWORK.test(stderr)) return { state: "unreachable", message: lastLine(stderr) };
  }
  const said = lastLine(stdout) || lastLine(stderr) || "nothing";
  return {
    state: "failed",
    message: `what answers at ${place} is not gatehouse's receive (it says: ${said.slice(0, 120)}); its line in authorized_keys there is: restrict,command="…/receive" KEY`,
  };
}

function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1)?.trim() ?? "";
}
