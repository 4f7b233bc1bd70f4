import { formatCarriedOut } from "../model/canonical.ts";
import * as paths from "../model/layout.ts";
import { formatInstant } from "../model/time.ts";
import { readRegularFile } from "../system/read-file.ts";
import { isSealed } from "../vault/seal.ts";
import { unlockCommand } from "../vault/way-in.ts";
import type { ServeTrial, ServeView } from "../views/serve-text.ts";
import { type Job, nginxServers } from "./job.ts";
import { chooseTrials, clientsToTry, type Trial } from "./trials.ts";

/** What to show. `ca`: what curl is to trust, null for what it trusts anyway. */
export function viewOf(job: Job, ca: string | null): ServeView {
  const { root, now, state, registry, name, server, repositories, ports } = job;
  const trials = chooseTrials(registry, repositories, clientsToTry(registry, state, now), now);
  return {
    server: name,
    host: server.names[0] ?? name,
    port: ports.tls,
    plainPort: ports.plain,
    root,
    ca,
    repositories: repositories,
    trials: trials.map((trial) => viewOfTrial(trial, job)),
    proxied: ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].some((variable) => process.env[variable]),
    notes: notesOf(job, trials),
  };
}

/** The key of a client that keeps its own is anybody's guess: a file of its name, as the notes say. */
function viewOfTrial(trial: Trial, { state, repositories }: Job): ServeTrial {
  const { client, repository, status } = trial;
  const headOnly = status === 200 && repositories.some(({ name, sampled }) => name === repository && !sampled);
  if (client === null) return { ...trial, credentials: null, headOnly };
  const key = state.files.has(paths.path.key(client)) ? paths.path.key(client) : `${client}.key`;
  return { ...trial, credentials: { certificate: paths.path.issued(client), key }, headOnly };
}

function notesOf(job: Job, trials: readonly Trial[]): string[] {
  const shown = new Set(trials.map(({ status }) => status));
  const others = nginxServers(job.registry).filter((other) => other !== job.name);
  return [
    ...certificateNote(job),
    ...stateNotes(job),
    ...keyNotes(job, trials),
    ...(shown.has(200) ? [] : ["No client is let in to any file here: there is no such line below."]),
    ...(shown.has(403) ? [] : ["Every client reaches every repository here: no line below shows one refused."]),
    ...(others.length === 0 ? [] : [`Other servers: npm run serve -- --server ${others.join(" | ")}`]),
  ];
}

function certificateNote({ material }: Job): string[] {
  if (material.kind === "throwaway") return [`The server's certificate is a throwaway: ${material.because}.`];
  return material.kind === "opened" ? ["The server's key was opened into memory, and is on no disk."] : [];
}

function stateNotes({ asked, state: { carriedOut, crl }, now }: Job): string[] {
  const last = carriedOut === null ? "" : formatCarriedOut(carriedOut);
  const same = asked !== null && carriedOut !== null && formatCarriedOut({ ...carriedOut, registry: asked }) === last;
  const ended = crl !== null && crl.nextUpdate <= now ? formatInstant(crl.nextUpdate) : null;
  return [
    ...(same ? [] : ["clients.yaml is not what was carried out last, and that is what is served: see npm run plan."]),
    ...(ended === null ? [] : [`The CRL ended at ${ended}: nginx refuses every client until npm run reconcile.`]),
  ];
}

function keyNotes({ root }: Job, trials: readonly Trial[]): string[] {
  const clients = [...new Set(trials.flatMap(({ client }) => client ?? []))];
  const keys = new Map(clients.map((client) => [client, readRegularFile(root, paths.path.key(client))]));
  const sealed = [...keys.values()].some((key) => key !== null && isSealed(key));
  return [
    ...(sealed
      ? [`Keys are ciphertext in this clone: the lines with --key need this first: ${unlockCommand(root)}`]
      : []),
    ...clients
      .filter((client) => keys.get(client) === null)
      .map(
        (client) =>
          `${client} keeps its own key: put its file in the place of ${client}.key, or name the device that has it.`,
      ),
  ];
}
